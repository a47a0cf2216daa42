"""A read model rebuilt by the command line, while the whole of Reel runs and is asked."""

import json
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from runtime.cli import app
from runtime.rebuilding import jobs
from runtime.settings import settings
from tests.http.film import LEADER, PURCHASE_ORDER, Film, good
from tests.http.instance import Instance, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.long]

FIRST, SECOND, THIRD = (f"budget_status_v2{one}" for one in ("", "_r2", "_r3"))

Reel = Callable[..., Result]


@pytest.fixture
def reel(instance: Instance) -> Iterator[Reel]:
    """The command line on the servers of the running instance; what it has made is taken down."""
    mine = {
        "REEL_HOME": str(instance.settings.home),
        "REEL_DATABASE_URL": str(instance.settings.database_url),
        "REEL_KAFKA": str(instance.settings.kafka),
        "REEL_TOPIC_PREFIX": instance.settings.topic_prefix,
        "COLUMNS": "250",
    }
    before = dict(os.environ)
    os.environ |= mine
    settings.cache_clear()

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    yield run
    instance.sql("UPDATE views.live SET schema = %s WHERE projection = 'budget_status'", FIRST)
    for schema in (SECOND, THIRD):
        instance.sql("DELETE FROM views.version WHERE schema = %s", schema)
    for schema in (SECOND, THIRD):
        wait_for("letting go", lambda one=schema: one not in _fed(instance))
        instance.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    os.environ.clear()
    os.environ |= before
    settings.cache_clear()
    wait_for("readiness", lambda: httpx.get(f"{instance.url}/readyz").is_success)


def _fed(instance: Instance) -> set[str]:
    return {consumer.name for consumer in instance.process._consumers}


def done(result: Result, exit_code: int = 0) -> Any:
    assert result.exit_code == exit_code, result.output + str(result.exception)
    return json.loads(result.stdout)


class Ledger:
    """A film that commits a dollar at a time, and what its cost report says of it."""

    def __init__(self, film: Film) -> None:
        self.film = film
        self.orders = 0

    def commit(self) -> str:
        """One more order; answers the token to read it with."""
        self.orders += 1
        order = PURCHASE_ORDER | {"commitment": f"PO-{self.orders}", "amount": "1.00"}
        answer = good(self.film.give("line-producer", "budget/raise-commitment", order))
        return str(answer.json()["token"])

    def check(self, token: str) -> None:
        """The report holds every order."""
        answer = self.film.ask(LEADER, "budget-status", after=token)
        assert Decimal(answer["total"]["committed"]) == self.orders


def states(reel: Reel) -> dict[str, str]:
    found = done(reel("views", "--json"))
    return {one["schema"]: one["state"] for one in found if one["projection"] == "budget_status"}


def test_a_read_model_is_rebuilt_turned_to_turned_back_and_taken_down_while_it_is_asked(
    instance: Instance, reel: Reel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "EVENTS_WORTH_A_JOB", 1)
    ledger = Ledger(instance.film())
    for _ in range(5):
        token = ledger.commit()
    ledger.check(token)

    rebuilt = done(reel("rebuild", "budget_status", "--jobs", "2", "--json"))
    assert (rebuilt["schema"], rebuilt["before"], rebuilt["flipped"]) == (SECOND, FIRST, True)
    assert rebuilt["compared"]["productions"] > 0
    assert (rebuilt["compared"]["count"], rebuilt["compared"]["left_out"]) == (0, [])
    ledger.check(token)
    wait_for("following", lambda: SECOND in _fed(instance))
    ledger.check(ledger.commit())
    assert states(reel) == {FIRST: "kept", SECOND: "live"}

    assert done(reel("flip", "budget_status", FIRST, "--json"))["before"] == SECOND
    ledger.check(ledger.commit())
    assert done(reel("retire", SECOND, "--json")) == {"retired": SECOND}
    assert states(reel) == {FIRST: "live", SECOND: "retired"}
    assert SECOND not in _fed(instance)
    assert not instance.sql(f"SELECT FROM pg_namespace WHERE nspname = '{SECOND}'")
    ledger.check(ledger.commit())


def test_readers_stay_where_they_are_when_rows_differ_until_somebody_says_otherwise(
    instance: Instance, reel: Reel
) -> None:
    ledger = Ledger(instance.film())
    ledger.check(ledger.commit())
    where = f"FROM {FIRST}.account WHERE production = '{ledger.film.production}'"
    ((account,),) = instance.sql(f"SELECT account {where}")
    instance.sql(
        f"UPDATE {where.replace('FROM ', '', 1).replace('WHERE', 'SET committed = 7 WHERE')}"
    )
    printed = reel("rebuild", "budget_status", "--jobs", "1")
    assert printed.exit_code == 1
    said = " ".join(printed.stderr.split())
    assert f"{SECOND} is filled and fed; readers are where they were" in said
    assert f"reel flip budget_status {SECOND}" in said
    assert "committed 7" in said and "Decimal" not in said and SECOND in said
    assert states(reel)[SECOND] == "building"
    assert SECOND in reel("views").stdout

    again = done(reel("rebuild", "budget_status", "--no-flip", "--json"))
    assert (again["schema"], again["flipped"]) == (SECOND, False), "it goes on with the same one"
    (difference,) = again["compared"]["differences"]
    assert (difference["table"], difference["key"]) == ("account", account)
    assert "committed 7" in difference["found"]
    assert done(reel("rebuild", "budget_status", "--flip", "--json"))["flipped"] is True
    ledger.check(ledger.commit())


@pytest.mark.parametrize(
    ("words", "exit_code", "cure"),
    [
        (("rebuild", "box_office"), 2, "there is no projection 'box_office'; there are budget_s"),
        (("flip", "budget_status", "timeline_v2"), 2, "budget_status has no version 'timeline_v2'"),
        (("retire", FIRST), 1, f"{FIRST} is what readers read: `reel flip budget_status"),
        (("retire", "budget_status_v9"), 2, "there is no version 'budget_status_v9': `reel views`"),
        (("rewind", "box_office"), 2, "there is no consumer 'box_office'"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_cure(
    reel: Reel, words: tuple[str, ...], exit_code: int, cure: str
) -> None:
    result = reel(*words)
    assert (result.exit_code, cure in " ".join(result.stderr.split())) == (exit_code, True), (
        result.stderr
    )
