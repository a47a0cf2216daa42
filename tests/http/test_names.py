"""Who did it, by name, over HTTP: beside every id, for the whole team, and erased with the person."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from events.names import HOUSE
from events.personal import ERASED
from tests.http.film import BUDGET_CSV, LEADER, PURCHASE_ORDER, Film, good
from tests.http.instance import OFFICER, Instance

pytestmark = pytest.mark.integration

COST = "2302/committed"
READERS = (LEADER, "director", "auditor")


@dataclass
class Story:
    """A film on which somebody new commits money, and what he is called."""

    film: Film
    name: str
    person: str

    def trail(self, who: str = LEADER, log: str = "budget") -> Iterator[dict[str, Any]]:
        facts = self.film.pages(who, f"{log}/trail", "events", "after")
        return (one for one in facts if one["actor"] == self.person)

    def explained(self, who: str = LEADER, **at: str) -> dict[str, Any]:
        (fact,) = self.film.ask(who, "explain/budget-status", figure=COST, **at)["facts"]
        assert isinstance(fact, dict) and fact["actor"] == self.person
        return fact

    def changed(self, who: str = LEADER) -> dict[str, Any]:
        before = self.film.trail("budget")[-2]["recorded_at"]
        (fact,) = self.film.ask(who, "diff/budget-status", **{"from": before})["facts"]
        assert isinstance(fact, dict) and fact["actor"] == self.person
        return fact

    def waiting(self, who: str = LEADER) -> set[str]:
        """The labels of what waits for him, in the list and explained alone."""
        figure = f"person/{self.person}/waiting"
        rows = self.film.pages(who, "figures/inbox", "rows", "cursor")
        alone = self.film.ask(who, "explain/inbox", figure=figure)["figure"]
        return {alone["label"], *(one["label"] for one in rows if one["name"] == figure)}


@pytest.fixture(scope="module")
def story(instance: Instance) -> Story:
    film = instance.film()
    good(film.upload("line-producer", "budget", BUDGET_CSV))
    name = f"Ingrid Halvorsen {uuid.uuid4()}"
    person = film.person(name)
    body = {"person": person, "role": "line-producer", "name": name}
    token = good(film.give(LEADER, "approval/appoint-person", body)).json()["token"]
    film.until_heard(token)
    order = good(film.give(name, "budget/raise-commitment", PURCHASE_ORDER)).json()
    film.ask(LEADER, "budget-status", after=order["token"])
    step = {"at_least": "0", "roles": ["line-producer"]}
    rules = {"subject_kind": "script", "rules": [step]}
    token = good(film.give(LEADER, "approval/set-approval-rules", rules)).json()["token"]
    film.until_heard(token)
    subject = {"kind": "script", "name": "white", "version": 1, "content_hash": "a" * 64}
    asked = {"request": str(uuid.uuid4()), "subject": subject}
    token = good(film.give("director", "approval/request-approval", asked)).json()["token"]
    film.ask(LEADER, "inbox", after=token)
    return Story(film, name, person)


@pytest.mark.parametrize("who", READERS)
def test_the_whole_team_reads_by_name_who_did_it(story: Story, who: str) -> None:
    (entry,) = story.trail(who)
    assert (entry["type"], entry["actor_name"]) == ("budget.CommitmentRaised", story.name)
    assert story.explained(who)["actor_name"] == story.name
    assert story.changed(who)["actor_name"] == story.name
    assert story.waiting(who) == {f"What waits for {story.name}"}


def test_who_was_appointed_without_a_name_has_none(story: Story) -> None:
    others = [one for one in story.film.trail("budget") if one["actor"] != story.person]
    assert others and {one["actor_name"] for one in others} == {None}


def test_a_name_is_told_as_of_a_moment_that_knew_it(story: Story) -> None:
    at = story.explained()["recorded_at"]
    assert story.explained(as_of=at)["actor_name"] == story.name


def test_an_erased_name_is_erased_here_as_well(story: Story, instance: Instance) -> None:
    body = {"person": story.person, "ground": "consent-withdrawn"}
    path = f"/v1/productions/{HOUSE}/approval/erase-person"
    good(instance.as_(OFFICER).post(path, json=body))
    (entry,) = story.trail()
    told = (entry, story.explained(), story.changed())
    assert {one["actor_name"] for one in told} == {ERASED}
    assert story.waiting() == {f"What waits for {ERASED} {story.person}"}
