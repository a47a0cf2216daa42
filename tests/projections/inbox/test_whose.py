"""For whom something waits: by the day, in whose place, who is still asked and what is not said."""

from datetime import UTC, datetime
from typing import Any

import pytest

from events import approval, budget, contract
from events.event import Event
from projections.inbox.explained import explained
from projections.inbox.screens import show_inbox
from projections.inbox.view import VIEW
from runtime.explaining.figures import Asker
from tests.projections.histories import HASH, KEEPER, REFUSED, at, drafted, terms, told
from tests.projections.inbox.test_view import (
    ACCEPTED,
    CLEARED,
    MET,
    OFFERED,
    SUBMITTED,
    asked,
    inbox,
    people,
)
from tests.projections.inbox.test_view import ASKED as REQUEST

pytestmark = pytest.mark.unit

ALONE = {"roles": ["executive-producer"]}


def given(by: str, step: int = 1) -> approval.ApprovalGiven:
    return approval.ApprovalGiven(request=REQUEST, by=by, step=step)


def appointed(person: str, role: str, **days: str) -> approval.PersonAppointed:
    return approval.PersonAppointed(person=person, role=role, **days)


def delegated(delegate: str, delegator: str = "rosalind") -> approval.AuthorityDelegated:
    return approval.AuthorityDelegated(
        delegator=delegator, delegate=delegate, starts="2026-09-02", ends="2026-09-04"
    )


DAYS = [("01", False), ("02", True), ("03", True), ("04", True), ("05", False)]


@pytest.mark.parametrize(("day", "is_there"), DAYS)
def test_an_appointment_holds_from_its_first_day_through_its_last(day: str, is_there: bool) -> None:
    selma = appointed("selma", "financier", starts="2026-09-02", ends="2026-09-04")
    (item,) = inbox(approval=[selma, asked({"roles": ["financier"]})], on=f"2026-09-{day}")
    assert (("selma", None) in people(item)) == is_there
    assert ("callum", None) in people(item)


@pytest.mark.parametrize(("day", "is_there"), DAYS)
def test_a_delegate_stands_in_from_the_first_day_through_the_last(day: str, is_there: bool) -> None:
    (item,) = inbox(approval=[delegated("matteo"), asked(ALONE)], on=f"2026-09-{day}")
    assert (("matteo", "rosalind") in people(item)) == is_there


def test_delegates_come_by_name_each_for_the_first_of_those_he_stands_in_for() -> None:
    second = appointed("bruno", "executive-producer")
    facts = [second, delegated("piers"), delegated("matteo"), delegated("matteo", "bruno")]
    (item,) = inbox(approval=[*facts, asked(ALONE)])
    assert people(item) == [
        ("bruno", None),
        ("rosalind", None),
        ("matteo", "bruno"),
        ("piers", "rosalind"),
    ]


def test_every_voice_of_a_step_counts_until_there_are_enough() -> None:
    three = {"roles": ["producer", "financier", "director", "auditor"], "needed": 3}
    (item,) = inbox(approval=[asked(three), given("tobias"), given("callum")])
    assert item["why"] == "1 more must agree"
    assert people(item) == [("matteo", None), ("piers", None)]


def test_where_fewer_may_decide_than_must_the_item_says_how_many_do() -> None:
    (item,) = inbox(approval=[asked({"roles": ["producer"], "needed": 2})])
    assert item["why"] == (
        "2 more must agree, and only 1 may: appoint a producer, or let one delegate"
    )


def test_who_has_given_his_view_is_asked_no_more_and_the_others_still_are() -> None:
    rule = {"roles": ["producer"], "consult": ["director", "auditor"]}
    view = approval.ConsultationGiven(request=REQUEST, by="matteo", view="yes")
    consult, approve = sorted(
        inbox(approval=[asked(rule), view]), key=lambda item: item["kind"], reverse=True
    )
    assert (consult["kind"], people(consult)) == ("consult", [("piers", None)])
    assert (approve["kind"], people(approve)) == ("approve", [("tobias", None)])


@pytest.mark.parametrize(
    ("kind", "name", "blocked"),
    [
        ("schedule", "blue", "the lock of schedule version 1"),
        ("contract", KEEPER, f"the execution of {KEEPER}"),
        ("overage", "OV-9", "overage 1"),
        ("script", "the white pages", "script the white pages version 1"),
    ],
)
def test_what_a_request_holds_up_is_said_of_any_subject(kind: str, name: str, blocked: str) -> None:
    """Also of a deal or an overage that nothing more was heard of."""
    (item,) = inbox(approval=[asked(ALONE, kind, name)])
    assert item["blocks"] == blocked


def test_an_offer_names_the_party_as_the_deal_does() -> None:
    sealed = "sealed:1:noor-haddad:bm9vcg"
    draft = drafted().model_copy(update={"name": sealed})
    (item,) = inbox(contract=[draft, OFFERED])
    assert item["for_party"] == {"person": "noor-haddad", "name": sealed}


def test_who_stands_in_and_in_whose_place_are_named_and_shown_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    team = [
        appointed("rosalind", "executive-producer", name="sealed:1:rosalind:cm9z"),
        appointed("matteo", "director", name="sealed:1:matteo:bWF0"),
    ]
    (item,) = inbox(approval=[*team, delegated("matteo"), asked(ALONE)], on="2026-09-03")
    by_id = {one["person"]: one for one in item["for_people"]}
    assert by_id["matteo"]["in_place_of"] == "rosalind"
    assert by_id["matteo"]["in_place_of_name"] == by_id["rosalind"]["name"] == team[0].name
    assert by_id["rosalind"]["in_place_of_name"] is None
    names = {team[0].name: "Rosalind Achterberg", team[1].name: "Matteo Rusk"}
    shown = {name: names.get(said, said) for name, said in by_id["matteo"].items()}
    show_inbox({"mine": False, "moment": None, "freshness": [], "rows": [
        item | {"for_people": [shown]}
    ]})  # fmt: skip
    printed = [line.split("│") for line in capsys.readouterr().out.splitlines()]
    whom = " ".join(" ".join(row[4] for row in printed if len(row) > 5).split())
    assert whom == "Matteo Rusk (for Rosalind Achterberg)"


DONE: dict[str, tuple[list[Event], list[tuple[str, dict[str, Any]]]]] = {
    "agreed": ([ACCEPTED], [("contract/submit-terms", {"contract": KEEPER})]),
    "cleared": ([ACCEPTED, SUBMITTED, CLEARED], [("budget/submit-budget", {})]),
    "met": (
        [ACCEPTED, SUBMITTED, CLEARED, MET],
        [("contract/execute-contract", {"contract": KEEPER})],
    ),
}


@pytest.mark.parametrize(("facts", "todo"), DONE.values(), ids=DONE.keys())
def test_an_item_says_which_command_takes_it_away(
    facts: list[Event], todo: list[tuple[str, dict[str, Any]]]
) -> None:
    (item,) = inbox(contract=[drafted(), OFFERED, *facts])
    assert [("/".join(one["path"].split("/")[-2:]), one["body"]) for one in item["todo"]] == todo
    assert [one["path"].endswith(one["command"]) for one in item["todo"]] == [True]


def test_what_has_no_last_day_is_never_overdue() -> None:
    received = contract.DeliverableReceived(
        contract=KEEPER, deliverable="looping", received_on="2026-09-02"
    )
    returned = budget.BudgetReturned(version=1, reason="too dear", by="rosalind")
    items = inbox(
        approval=[asked(ALONE)],
        budget=[returned],
        contract=[drafted(), OFFERED, ACCEPTED, received],
        on="2027-09-02",
    )
    assert sorted(item["kind"] for item in items) == ["approve", "judge", "mend", "submit"]
    assert {(item["due_on"], item["overdue"]) for item in items} == {(None, False)}


def test_each_plan_that_a_deal_waits_for_is_an_item_of_its_own() -> None:
    both = drafted(conditions=["budget-locked", "schedule-locked"])
    offered = OFFERED.model_copy(
        update={"terms": terms(conditions=["budget-locked", "schedule-locked"])}
    )
    items = inbox(contract=[both, offered, ACCEPTED, SUBMITTED, CLEARED])
    assert sorted(item["why"] for item in items) == [
        "it may be executed once the budget is locked",
        "it may be executed once the schedule is locked",
    ]


def test_a_refused_reaction_is_looked_at_for_fourteen_days_and_no_moment_longer() -> None:
    """It was refused at noon of the 1st, as the third fact of its log."""
    returned = budget.BudgetReturned(version=1, reason="too dear", by="rosalind")
    submitted = budget.BudgetSubmitted(version=2, content_hash=HASH, total="5", currency="USD")
    rooms: dict[str, list[Event]] = {"budget": [returned, submitted, REFUSED]}
    assert at(3) == datetime(2026, 9, 1, 12, tzinfo=UTC)
    assert [item["kind"] for item in inbox(**rooms, on="2026-09-14")] == ["look"]
    assert inbox(**rooms, on="2026-09-15") == []


def test_a_refused_reaction_is_explained_by_what_was_refused_and_why() -> None:
    rows = VIEW.fold(told("budget", REFUSED))
    figures = {one.name: one for one in explained(rows, Asker("USD", at(3), fees=True))}
    (since,) = [one for name, one in figures.items() if name.startswith("item/look/budget/")]
    (cells,) = since.cells
    assert (since.value, cells.columns) == (at(1).isoformat(), ("at", "command", "reason"))
    assert cells.key[0] == "budget"
