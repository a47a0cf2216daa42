"""An answer that does not come falls due by itself, and a test need not wait for the day."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from runtime import rooms
from runtime.cli.causation import with_causes
from runtime.cli.work import recorded
from services.approval.api import service
from services.approval.commands import RequestApproval
from tests.http.film import Film, good
from tests.http.instance import Instance, wait_for

pytestmark = pytest.mark.integration


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
    assert httpx.get(f"{instance.url}/readyz").status_code == 200
