"""Erasing a person over HTTP: by the house alone, once for each key, and through a crash."""

import uuid
from typing import Any

import pytest

import runtime.handling
from events.names import HOUSE
from events.personal import ERASED
from runtime.cli.chains import audit_line
from tests.http.film import LEADER, NAMES, Film, code, good
from tests.http.instance import OFFICER, Instance, wait_for

pytestmark = pytest.mark.integration

ON_THE_HOUSE = f"/v1/productions/{HOUSE}"


def erase(instance: Instance, person: str, who: str = OFFICER) -> Any:
    body = {"person": person, "ground": "consent-withdrawn"}
    return instance.as_(who).post(f"{ON_THE_HOUSE}/approval/erase-person", json=body)


def name_of(film: Film) -> Any:
    return film.trail("approval")[-1]["data"].get("name")


def appointed(film: Film, name: str, shown: str | None = None) -> str:
    """The id of the person of that name, who is appointed under it, or under another one."""
    body = {"person": film.person(name), "role": "director", "name": shown or name}
    good(film.give(LEADER, "approval/appoint-person", body))
    return str(body["person"])


def test_a_person_is_erased_on_every_production_and_once(instance: Instance) -> None:
    name = f"Ingrid {uuid.uuid4()}"
    one, other = instance.film(team=False), instance.film(team=False)
    for film in (one, other):
        person = appointed(film, name)
    before = one.trail("approval")
    [fact] = good(erase(instance, person)).json()["events"]
    assert fact["data"]["person"] == person and set(fact["data"]) == {"person", "ground", "key"}
    assert [name_of(one), name_of(other)] == [ERASED, ERASED]
    after = one.trail("approval")
    assert audit_line(after) == audit_line(before)
    assert [entry["payload"] for entry in after] == [entry["payload"] for entry in before]
    again = erase(instance, person)
    assert (again.status_code, again.json()["events"]) == (200, [])
    # Named again, he is known under a new key, and what was erased stays so.
    appointed(other, name, f"{name} Lindgren")
    assert (name_of(one), name_of(other)) == (ERASED, f"{name} Lindgren")
    [second] = good(erase(instance, person)).json()["events"]
    assert second["data"]["key"] != fact["data"]["key"] and name_of(other) == ERASED


def test_an_erasure_that_was_recorded_before_a_crash_is_done_when_it_is_heard(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = instance.film(team=False)
    person = appointed(film, f"Ingrid {uuid.uuid4()}")

    async def died(*_: Any) -> None:
        return None

    monkeypatch.setattr(runtime.handling, "carry_out", died)
    assert good(erase(instance, person)).json()["events"]
    wait_for("the erasure", lambda: name_of(film) == ERASED)
    assert instance.sql("SELECT 1 FROM vault.person_key WHERE person = %s", person) == []


def test_nobody_but_the_leaders_of_the_house_gets_into_it(instance: Instance) -> None:
    film = instance.film(team=False)
    person = appointed(film, f"Ingrid {uuid.uuid4()}")
    opening = {"title": "Ours", "kind": "feature", "currency": "USD", "time_zone": "UTC"}
    for name in (NAMES[LEADER], "Stranger"):
        opened = instance.as_(name).post(f"{ON_THE_HOUSE}/approval/open-production", json=opening)
        assert (opened.status_code, code(opened)) == (403, "house-is-no-production")
        refused = erase(instance, person, name)
        assert (refused.status_code, code(refused)) == (404, "no-such-production")
        assert instance.as_(name).get(f"{ON_THE_HOUSE}/approval/trail").status_code == 404
    body = {"person": person, "ground": "objection"}
    elsewhere = film.give(LEADER, "approval/erase-person", body)
    assert (elsewhere.status_code, code(elsewhere)) == (409, "erasure-is-of-the-house")
    assert name_of(film) != ERASED


def test_the_house_reads_who_was_erased_by_whom(instance: Instance) -> None:
    film = instance.film(team=False)
    person = appointed(film, f"Ingrid {uuid.uuid4()}")
    good(erase(instance, person))
    house = Film(instance.as_, instance.issuer.person, HOUSE)
    facts = house.trail("approval", OFFICER)
    assert facts[-1]["type"] == "approval.PersonErased"
    assert facts[-1]["data"]["person"] == person
    assert facts[-1]["actor"] == instance.issuer.person(OFFICER)
    assert "chain holds" in audit_line(facts)


def test_no_answer_may_be_stored(instance: Instance) -> None:
    film = instance.film(team=False)
    for path in (f"{film.home}/approval/trail", f"{film.home}/nowhere", "/livez"):
        assert film.client(LEADER).get(path).headers["cache-control"] == "no-store"
