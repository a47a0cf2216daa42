"""The cut: tested, recut, tested again, and locked."""

from typing import Any

from runtime.cli.demo import approvals
from runtime.cli.demo.stage import Stage, document


def play(stage: Stage) -> None:
    """Two versions of the cut, each approved to be shown and then screened."""
    for screening in document("approvals.json")["screenings"]:
        approvals.play(stage, screening["cut"])
        _screen(stage, screening)


def _screen(stage: Stage, shown: dict[str, Any]) -> None:
    name = shown["screening"]
    screening = stage.id("screening", name)
    held = {one: shown[one] for one in ("held_on", "place", "audience")}
    body = {"screening": screening, "cut": approvals.subject(shown["cut"]), **held}
    stage.give("producer", "approval/screen-cut", body, f"screen {name}")
    scores = {"screening": screening, "cards": shown["cards"]}
    stage.give("producer", "approval/record-scores", scores, f"score {name}")
    decided = {one: shown[one] for one in ("decision", "reason")}
    body = {"screening": screening, **decided}
    stage.give("executive-producer", "approval/decide-screening", body, f"decide {name}")
    fact = stage.await_fact("approval", "approval.ScoresRecorded", screening=screening)["data"]
    top, margin = (float(fact[one]) * 100 for one in ("top_two_box", "margin"))
    stage.told(
        f"{shown['place'].split(',')[1].strip()}: {top:.0f} of 100 cards in the top two boxes, "
        f"give or take {margin:.0f}. Decision: {shown['decision']}. {shown['reason']}"
    )
