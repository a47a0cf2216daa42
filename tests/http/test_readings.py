"""Who looked at contracts and pay is recorded, and told to auditors alone."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from events.approval import Role
from tests.http.film import LEADER, NAMES, Film, code, good
from tests.http.instance import Instance, wait_for

pytestmark = pytest.mark.integration

MARKED = {
    "contracts": "contracts",
    "obligations": "obligations",
    "timeline": "timeline",
    "inbox": "inbox",
    "contract/trail": "contract trail",
}
"""Queries of one production, and what their readings are called."""


@pytest.fixture
def film(instance: Instance) -> Film:
    return instance.film()


def readings(film: Film, **query: Any) -> list[dict[str, Any]]:
    """What the auditor is told, oldest first, without what he himself read of it."""
    rows = film.pages("auditor", "readings", "rows", "cursor", **query)
    return [row for row in reversed(rows) if row["what"] != "readings"]


def test_every_look_is_recorded_with_who_and_as_what_and_when(film: Film) -> None:
    before = datetime.now(UTC) - timedelta(minutes=5)
    known = {row["id"] for row in readings(film)}
    for path in MARKED:
        film.ask("financier", path)
    film.ask("financier", "budget-status")
    found = [row for row in readings(film) if row["id"] not in known]
    assert [row["what"] for row in found if row["status"] == 200] == list(MARKED.values())
    for row in found:
        assert (row["person"], row["subject"]) == (film.person(NAMES["financier"]), None)
        assert datetime.fromisoformat(row["at"]) > before
    assert {tuple(row["roles"]) for row in found if row["status"] == 200} == {("financier",)}


def test_a_reading_names_the_deal_and_the_request(film: Film) -> None:
    contract, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    answer = film.client("producer").get(
        f"{film.home}/contracts/{contract}", headers={"X-Correlation-Id": correlation}
    )
    assert code(answer) == "not-there"
    [row] = [row for row in readings(film) if row["subject"] == contract]
    assert (row["what"], row["status"], row["roles"]) == ("contract", 404, ["producer"])
    assert row["correlation"] == correlation


def test_a_refusal_is_recorded_too(film: Film) -> None:
    assert code(film.client("director").get(f"{film.home}/contract/trail")) == "role-missing"
    stranger = f"Stranger {uuid.uuid4()}"
    wait_for(
        "denial",
        lambda: film.client(stranger).get(f"{film.home}/contracts").status_code == 404,
    )
    found = [(row["person"], row["status"], row["roles"]) for row in readings(film)]
    assert (film.person(NAMES["director"]), 403, ["director"]) in found
    assert (film.person(stranger), 404, []) in found


def test_an_inbox_of_all_productions_is_a_look_at_each(instance: Instance) -> None:
    one, other = instance.film(), instance.film()
    known = {row["id"] for row in readings(one) + readings(other)}
    good(one.client("producer").get("/v1/inbox"))
    for film in (one, other):
        [row] = [row for row in readings(film) if row["id"] not in known]
        assert (row["what"], row["roles"], row["status"]) == ("inbox", ["producer"], 200)


def test_readings_are_told_to_auditors_alone_and_that_they_read_them_is_recorded(
    film: Film,
) -> None:
    for role in Role:
        answer = film.client(role).get(f"{film.home}/readings")
        if role is Role.AUDITOR:
            good(answer)
        else:
            assert (answer.status_code, code(answer)) == (403, "role-missing"), role
    rows = film.pages("auditor", "readings", "rows", "cursor")
    read = [row["roles"] for row in rows if row["what"] == "readings" and row["status"] == 403]
    assert sorted(read) == sorted([role] for role in Role if role is not Role.AUDITOR)
    assert any(row["what"] == "readings" and row["status"] == 200 for row in rows)


def test_readings_are_told_of_one_person_and_from_a_time_on_page_by_page(film: Film) -> None:
    for who in ("financier", "producer", "financier"):
        film.ask(who, "contracts")
    whole = readings(film)
    financier = film.person(NAMES["financier"])
    own = readings(film, person=financier)
    assert own == [row for row in whole if row["person"] == financier] and len(own) >= 2
    later = readings(film, since=own[-1]["at"])
    assert later == [row for row in whole if row["at"] >= own[-1]["at"]]
    assert readings(film, limit=1) == whole
    wrong = film.client("auditor").get(f"{film.home}/readings", params={"since": "2026-09-01"})
    assert wrong.status_code == 422


def test_nobody_is_told_anything_of_which_it_cannot_be_recorded_that_he_read_it(
    instance: Instance, film: Film
) -> None:
    good(film.client(LEADER).get(f"{film.home}/contracts"))
    instance.sql("ALTER TABLE access.read RENAME TO read_away")
    try:
        for who, path in ((LEADER, "contracts"), (LEADER, "contract/trail"), ("director", "inbox")):
            answer = film.client(who).get(f"{film.home}/{path}")
            assert (answer.status_code, code(answer)) == (503, "reading-not-recorded")
            assert answer.headers["retry-after"] == "1"
        refused = film.client("director").get(f"{film.home}/contract/trail")
        assert code(refused) == "reading-not-recorded"
        good(film.client(LEADER).get(f"{film.home}/budget-status"))
    finally:
        instance.sql("ALTER TABLE access.read_away RENAME TO read")
    good(film.client(LEADER).get(f"{film.home}/contracts"))


@pytest.mark.parametrize(
    "change",
    ["UPDATE access.read SET status = 200", "DELETE FROM access.read", "TRUNCATE access.read"],
)
def test_nobody_takes_a_reading_back(instance: Instance, film: Film, change: str) -> None:
    film.ask("financier", "contracts")
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        instance.sql(change)
