"""The end: what the film has come to, in money, in dates, in what still waits."""

from typing import Any

from runtime import rooms
from runtime.cli.asking import joined
from runtime.cli.chains import audit_line
from runtime.cli.client import wait_until
from runtime.cli.demo.stage import PATIENCE_SECONDS, Stage
from runtime.cli.demo.telling import screen


def play(stage: Stage) -> dict[str, Any]:
    """The answers, once every view has heard all."""
    stage.told("Asking where the money, the dates and the people stand, and checking the chains")
    return {
        "final_status": _asked(stage, "status", by="category"),
        "timeline": _asked(stage, "timeline", kind="milestone"),
        "inbox": _asked(stage, "inbox"),
        "audit": audit_line([one for log in rooms.services() for one in stage.facts(log)]),
    }


def _asked(stage: Stage, name: str, **query: str) -> dict[str, Any]:
    """What the executive producer sees on that screen."""
    shown, answer = screen(name), dict[str, Any]()
    path = shown.path.format(production=stage.production)

    def look() -> bool:
        answer.update(joined(stage.as_("executive-producer"), path, shown.pages, **query))
        return all(one["caught_up"] for one in answer["freshness"])

    wait_until(f"the whole {name}", look, PATIENCE_SECONDS)
    return answer
