"""A production that is parked for a read model, over HTTP and on the command line."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from runtime.cli import app, parked
from runtime.settings import settings
from runtime.view import Row, Rows
from tests.http.film import CAST, LEADER, LIGHTHOUSE_LINE, Film, good
from tests.http.instance import Instance, wait_for
from tests.http.test_problems import check

pytestmark = pytest.mark.integration

STATUS = "budget_status"
POISON = "Lantern oil, by the barrel"
BARREL = LIGHTHOUSE_LINE | {"line": "1401-77", "description": POISON}

Reel = Callable[..., Result]


@pytest.fixture
def reel(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reel]:
    """`reel` with the servers of this session."""
    monkeypatch.setenv("REEL_DATABASE_URL", str(instance.settings.database_url))
    monkeypatch.setenv("REEL_KAFKA", str(instance.settings.kafka))
    monkeypatch.setenv("REEL_TOPIC_PREFIX", instance.settings.topic_prefix)
    monkeypatch.setattr(parked, "NOBODY_TRIES_SECONDS", 5.0)
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, ["parked", *words])
    settings.cache_clear()


@contextmanager
def stumbling(instance: Instance, consumer: str = f"{STATUS}_v2") -> Iterator[None]:
    """A build whose fold of that read model cannot take one line of a budget."""
    (found,) = (one for one in instance.process._consumers if one.name == consumer)
    tables: Any = found._sink._tables  # type: ignore[attr-defined]
    view = tables.view

    def fold(rows: Rows, recorded: Any) -> Iterator[Row]:
        if POISON in recorded.payload:
            raise ArithmeticError("how much is in a barrel?")
        return view.evolve(rows, recorded)  # type: ignore[no-any-return]

    tables.view = replace(view, evolve=fold)
    try:
        yield
    finally:
        tables.view = view


@pytest.fixture
def barrel(instance: Instance) -> Iterator[Film]:
    """A film of its own whose cost report is parked; at the end it goes on."""
    film = instance.film()
    draft(film)
    with stumbling(instance):
        add(film, BARREL)
        wait_for("the parking", lambda: film.client(LEADER).get(url(film)).status_code == 503)
        yield film
    instance.sql("UPDATE budget_status_v2.parked SET asked_at = clock_timestamp()")
    wait_for("the retry", lambda: film.client(LEADER).get(url(film)).is_success)


def draft(film: Film) -> None:
    good(film.give("line-producer", "budget/draft-budget", {"categories": [CAST]}))


def add(film: Film, line: dict[str, str]) -> httpx.Response:
    return good(film.give("line-producer", "budget/add-line", {"line": line}))


def url(film: Film) -> str:
    return f"{film.home}/budget-status"


def test_its_cost_report_is_refused_with_the_reason_and_a_cure(
    barrel: Film, instance: Instance
) -> None:
    answer = barrel.client(LEADER).get(url(barrel))
    body = check(answer, 503, "parked")
    assert answer.headers["retry-after"] == "60"
    assert "could not fold the budget.LineAdded at budget" in body["detail"]
    assert "(the fold failed)" in body["detail"]
    assert "`reel parked retry`" in body["detail"]
    assert "barrel" not in answer.text, "it quotes nothing of a fact"
    for query in ("budget-lines", "hot-costs"):
        check(barrel.client(LEADER).get(f"{barrel.home}/{query}"), 503, "parked")
    ready = httpx.get(f"{instance.url}/readyz")
    assert ready.status_code == 200, "one production does not take the process away"
    assert ready.json() == {"status": "ready", "reasons": [], "parked": {"budget_status_v2": 1}}
    assert (
        'reel_parked_productions{consumer="budget_status_v2"} 1.0'
        in httpx.get(f"{instance.url}/metrics").text
    )


def test_who_waits_for_his_write_is_told_that_it_is_parked(barrel: Film) -> None:
    """Not that it has not arrived yet: it will not, however long he waits."""
    line = BARREL | {"line": "1401-78", "description": "Wicks"}
    token = add(barrel, line).json()["token"]
    check(barrel.client(LEADER).get(url(barrel), params={"after": token}), 503, "parked")


def test_strangers_learn_nothing_and_other_questions_are_answered(
    barrel: Film, instance: Instance
) -> None:
    nobody = instance.as_(f"Nobody {uuid.uuid4()}")
    wait_for("the refusal", lambda: nobody.get(url(barrel)).status_code == 404)
    assert barrel.ask(LEADER, "timeline")["freshness"]
    assert barrel.ask(LEADER, "budget/trail")["events"]


def test_the_doctor_finds_a_log_that_can_be_changed(instance: Instance, reel: Reel) -> None:
    def append_only() -> dict[str, object]:
        told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
        (found,) = [one for one in told if one["what"] == "append-only"]
        return dict(found)

    assert append_only()["ok"]
    instance.sql("ALTER TABLE budget.event DISABLE TRIGGER append_only")
    try:
        found = append_only()
    finally:
        instance.sql("ALTER TABLE budget.event ENABLE TRIGGER append_only")
    assert (found["ok"], found["said"]) == (False, "budget.event can be changed")
    assert "`reel audit verify`" in str(found["cure"])
    assert append_only()["ok"]


def test_the_slate_and_the_inbox_leave_it_out_and_name_it(barrel: Film, instance: Instance) -> None:
    other = instance.film()
    slate = good(other.client(LEADER).get("/v1/budget-status")).json()
    assert barrel.production not in [row["production"] for row in slate["rows"]]
    assert other.production in [row["production"] for row in slate["rows"]]
    (named,) = [one for one in slate["parked"] if one["production"] == barrel.production]
    assert (named["title"], named["log"]) == ("The Last Lighthouse", "budget")
    assert (named["type"], named["reason"]) == ("budget.LineAdded", "the fold failed")


def test_a_service_for_which_the_team_is_parked_takes_no_command_until_it_is_retried(
    instance: Instance, reel: Reel
) -> None:
    film = instance.film()
    last = film.trail("approval")[-1]
    instance.sql(
        """INSERT INTO budget_service.parked (log, partition, production, position, type, reason)
           VALUES ('approval', %s, %s, %s, %s, 'the fold failed: who is that?')""",
        last["partition"],
        film.production,
        last["position"],
        last["type"],
    )
    answer = film.client("line-producer").post(f"{film.home}/budget/draft-budget", json={})
    assert "(the fold failed)" in check(answer, 503, "parked")["detail"]
    assert answer.headers["retry-after"] == "60"
    check(film.client(LEADER).get(f"{film.home}/budget/trail"), 503, "parked")
    assert film.client(LEADER).get(f"{film.home}/schedule/trail").is_success
    nobody = instance.as_(f"Nobody {uuid.uuid4()}")
    wait_for("404", lambda: nobody.get(f"{film.home}/budget/trail").status_code == 404)

    done = reel("retry", "budget", film.production)
    assert done.exit_code == 0 and "is folded and goes on" in done.stdout, done.output
    draft(film)


def test_the_command_line_lists_it_and_retries_it_in_vain_and_then_with_success(
    instance: Instance, reel: Reel
) -> None:
    film = instance.film()
    draft(film)
    with stumbling(instance):
        add(film, BARREL)
        wait_for("the parking", lambda: film.client(LEADER).get(url(film)).status_code == 503)
        listed = json.loads(reel("list", STATUS, "--json").stdout)["parked"]
        (one,) = [one for one in listed if one["production"] == film.production]
        assert (one["consumer"], one["tries"], one["asked"]) == (f"{STATUS}_v2", 1, False)
        assert one["reason"].startswith("the fold failed: ArithmeticError")
        table = reel("list").stdout
        assert film.production in table and "`reel parked retry" in table

        doctor = CliRunner().invoke(app, ["doctor", "--json"])
        (found,) = [one for one in json.loads(doctor.stdout) if one["what"] == "parked productions"]
        assert doctor.exit_code == 3 and not found["ok"]
        assert f"1 for {STATUS}_v2: {film.production} at budget" in found["said"]
        assert "`reel parked retry`" in found["cure"]

        vain = reel("retry", STATUS, film.production)
        assert vain.exit_code == 1
        assert f"{film.production} of budget is still parked at" in vain.stdout
        assert [
            row for row in instance.sql("SELECT tries FROM budget_status_v2.parked") if row == (2,)
        ]
    done = reel("retry", STATUS, film.production.upper(), "--json")
    assert done.exit_code == 0, done.output
    (result,) = json.loads(done.stdout)["retried"]
    assert (result["production"], result["outcome"]) == (film.production, "folded")
    rows = film.ask(LEADER, "budget-lines")["rows"]
    assert POISON in [row["description"] for row in rows]


def test_the_command_line_says_what_is_wrong_with_a_question(reel: Reel) -> None:
    nothing = reel("retry", STATUS, str(uuid.uuid4()))
    assert nothing.exit_code == 0 and "is parked for budget_status." in nothing.stdout
    assert "Nothing is parked: every fact" in reel("list").stdout
    assert json.loads(reel("list", "--json").stdout) == {"parked": []}
    assert "there is no consumer 'gaffer'" in reel("list", "gaffer").stderr
    no_id = reel("retry", STATUS, "the-lighthouse")
    assert no_id.exit_code == 2 and "`reel parked list` shows" in no_id.stderr
