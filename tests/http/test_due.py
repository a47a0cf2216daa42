"""An answer that does not come falls due by itself, and a test need not wait for the day."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from runtime import rooms
from runtime.causation import with_causes
from runtime.cli import app
from runtime.cli.chains import recorded
from runtime.settings import settings
from services.approval.api import service
from services.approval.commands import RequestApproval
from tests.http.film import Film, good
from tests.http.instance import Instance, wait_for

pytestmark = pytest.mark.integration

Reel = Callable[..., Result]


def ask(film: Film, instance: Instance, days: int) -> None:
    """Asks for an approval until so many days from now."""
    ((last,),) = instance.sql(f"SELECT (now() AT TIME ZONE 'UTC')::date + {days}")
    body = {**service.examples[RequestApproval], "due_on": last.isoformat()}
    good(film.give("director", "approval/request-approval", body))


def waiting(film: Film, instance: Instance) -> int:
    """How many timers the production has."""
    ((count,),) = instance.sql(
        "SELECT count(*) FROM approval_service.timer WHERE production = %s", film.production
    )
    return int(count)


def ready(instance: Instance) -> Any:
    return httpx.get(f"{instance.url}/readyz").json()


def fell_due(film: Film) -> list[dict[str, Any]]:
    entries = with_causes(film.trail("approval"), rooms.services(), recorded)
    return [one for one in entries if one["type"] == "approval.ApprovalFellDue"]


def test_an_answer_falls_due_once_its_last_day_is_over(instance: Instance) -> None:
    film = instance.film()
    ask(film, instance, days=30)
    wait_for("the timer", lambda: waiting(film, instance) == 1)
    assert fell_due(film) == []
    with instance.later(timedelta(days=31)):
        (told,) = wait_for("the due date", lambda: fell_due(film))
    assert told["actor"] == "timer:approval"
    assert told["cause"]["type"] == "approval.ApprovalRequested"
    assert "was due at" in told["because"]
    wait_for("an end of waiting", lambda: waiting(film, instance) == 0)
    assert ready(instance)["reasons"] == []


@pytest.fixture
def reel(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reel]:
    """The command line beside the instance, on its database."""
    monkeypatch.setenv("REEL_DATABASE_URL", str(instance.settings.database_url))
    monkeypatch.setenv("REEL_HOME", str(instance.settings.home))
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, list(words))
    settings.cache_clear()


def test_the_command_line_shows_what_is_due_when(instance: Instance, reel: Reel) -> None:
    film = instance.film()
    ask(film, instance, days=400)
    wait_for("the timer", lambda: waiting(film, instance) == 1)
    for words in (["timers", "list"], ["timers", "list", "approval"]):
        told = json.loads(reel(*words, "--json").stdout)
        (timer,) = [one for one in told["timers"] if one["production"] == film.production]
        assert (timer["room"], timer["command"]) == ("approval", "FallDue")
        assert timer["due_at"].endswith("T00:00:00+00:00")
        assert told["halted"] == {}
    assert "FallDue" in reel("timers", "list").stdout
    nothing = reel("timers", "list", "budget")
    assert (nothing.exit_code, "nothing falls due in 'budget'" in nothing.stderr) == (2, True)


def test_halted_timers_are_told_until_an_operator_accepts_the_time(
    instance: Instance, reel: Reel
) -> None:
    instance.sql("UPDATE approval_service.clock SET seen_at = now() + interval '1 hour'")
    wait_for("the halt", lambda: ready(instance)["reasons"])
    (reason,) = ready(instance)["reasons"]
    assert reason.startswith("timers of approval: the database's clock went back")
    halted = json.loads(reel("timers", "list", "--json").stdout)["halted"]
    assert list(halted) == ["approval"]
    assert "reel timers resume approval" in " ".join(reel("timers", "list").stdout.split())
    assert 'reel_timers_halted{room="approval"} 1.0' in httpx.get(f"{instance.url}/metrics").text

    assert json.loads(reel("timers", "resume", "approval", "--json").stdout)["room"] == "approval"
    wait_for("the end of the halt", lambda: not ready(instance)["reasons"])
    assert json.loads(reel("timers", "list", "--json").stdout)["halted"] == {}
