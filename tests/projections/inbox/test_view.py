"""What waits for whom, and whatever is missing of the history."""

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import approval, budget, contract, schedule
from events.envelope import Recorded
from events.event import Event
from events.names import id_of
from projections.inbox.answers import Item
from projections.inbox.telling import place, waiting
from projections.inbox.view import VIEW
from runtime.reading.asked import Reading
from runtime.view import Rows
from tests.projections.histories import (
    BEGUN,
    HASH,
    HISTORIES,
    KEEPER,
    PRODUCTION,
    REFUSED,
    at,
    check_any_part,
    check_every_interleaving,
    drafted,
    executed,
    patiently,
    terms,
    told,
)

pytestmark = pytest.mark.unit

ABOUT = {PRODUCTION: {"title": "The Last Lighthouse", "currency": "USD"}}
ASKED = id_of("request", "budget 1")
TEAM = {
    "rosalind": "executive-producer",
    "tobias": "producer",
    "ingrid": "line-producer",
    "matteo": "director",
    "callum": "financier",
    "piers": "auditor",
}


def all_items(rows: Rows) -> list[Item]:
    """Everything that waits, for everybody; it has the form that is promised."""
    reading = Reading({PRODUCTION: rows}, ABOUT, BEGUN, {})
    return [
        Item.model_validate(item)
        for mine in (True, False)
        for item in waiting(reading, "rosalind", {PRODUCTION: frozenset(approval.Role)}, mine)
    ]


def inbox(
    *, person: str | None = None, on: str = "2026-09-02", **logs: list[Event]
) -> list[dict[str, Any]]:
    """What waits for a person, or for anybody, at noon of that day."""
    logs["approval"] = [*team(), *logs.get("approval", [])]
    facts = [fact for log, events in logs.items() for fact in told(log, *events)]
    noon = datetime.fromisoformat(f"{on}T12:00").replace(tzinfo=UTC)
    reading = Reading({PRODUCTION: VIEW.fold(facts)}, ABOUT, noon, {})
    asking = person or "rosalind"
    roles = {PRODUCTION: frozenset({approval.Role(TEAM[asking])} if asking in TEAM else ())}
    return sorted(waiting(reading, asking, roles, person is not None), key=place)


def team() -> list[Event]:
    return [approval.PersonAppointed(person=person, role=role) for person, role in TEAM.items()]


def asked(
    rule: dict[str, Any], kind: str = "budget", name: str = "budget", due_on: str | None = None
) -> approval.ApprovalRequested:
    return approval.ApprovalRequested(
        request=ASKED,
        subject=subject(kind, name),
        amount="1200000.00",
        requested_by="ingrid",
        rule=rule,
        due_on=due_on,
    )


def subject(kind: str = "budget", name: str = "budget") -> approval.Subject:
    return approval.Subject(kind=kind, name=name, version=1, content_hash=HASH)


def people(item: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["person"], one["in_place_of"]) for one in item["for_people"]]


def kinds(items: list[dict[str, Any]]) -> list[str]:
    return [item["kind"].value for item in items]


TWO_STEPS = {
    "roles": ["producer", "line-producer"],
    "then": [{"roles": ["executive-producer", "financier"], "needed": 2}],
}


@given(logs=HISTORIES, chance=st.randoms(use_true_random=False))
@patiently
def test_rows_are_equal_for_every_interleaving_of_the_logs(
    logs: dict[str, list[Recorded]], chance: random.Random
) -> None:
    check_every_interleaving(VIEW, logs, chance)


@given(logs=HISTORIES, chance=st.randoms(use_true_random=False))
@patiently
def test_something_is_told_of_any_part_of_a_history(
    logs: dict[str, list[Recorded]], chance: random.Random
) -> None:
    check_any_part(VIEW, logs, chance, all_items)


# --- approvals -------------------------------------------------------------------------------


def test_a_request_waits_for_the_roles_of_its_step_and_never_for_who_asked() -> None:
    (item,) = inbox(approval=[asked(TWO_STEPS)])
    assert item["for_roles"] == ["producer", "line-producer"]
    assert people(item) == [("tobias", None)]
    assert (item["since"], item["blocks"]) == (at(7), "the lock of budget version 1")
    assert item["asked_by"]["person"] == "ingrid"
    assert item["why"] == "1 more must agree in step 1 of 2"
    grant, refuse = item["todo"]
    assert grant["path"] == f"/v1/productions/{PRODUCTION}/approval/grant-approval"
    assert grant["body"] == {"request": ASKED}
    assert refuse["command"] == "refuse-approval"


def test_the_next_step_begins_when_the_one_before_is_agreed() -> None:
    given_ = approval.ApprovalGiven(request=ASKED, by="tobias", step=1)
    facts: list[Event] = [asked(TWO_STEPS), given_]
    (item,) = inbox(approval=facts)
    assert people(item) == [("callum", None), ("rosalind", None)]
    assert (item["since"], item["why"]) == (at(8), "2 more must agree in step 2 of 2")
    facts.append(approval.ApprovalGiven(request=ASKED, by="callum", step=2))
    (item,) = inbox(approval=facts)
    assert people(item) == [("rosalind", None)]
    assert (item["since"], item["why"]) == (at(8), "1 more must agree in step 2 of 2")


@pytest.mark.parametrize(
    "ending",
    [
        approval.ApprovalGranted(request=ASKED, subject=subject(), by="rosalind"),
        approval.ApprovalRefused(request=ASKED, subject=subject(), by="rosalind", reason="no"),
        approval.ApprovalVoided(request=ASKED, subject=subject(), reason="reopened"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_decided_waits_no_more(ending: Event) -> None:
    assert inbox(approval=[asked(TWO_STEPS), ending]) == []


def test_delegates_stand_beside_those_who_delegated_while_it_lasts() -> None:
    delegated = approval.AuthorityDelegated(
        delegator="rosalind",
        delegate="matteo",
        subject_kinds=["budget"],
        starts="2026-09-01",
        ends="2026-09-10",
    )
    alone = {"roles": ["executive-producer"]}
    during = inbox(approval=[delegated, asked(alone)])[0]
    assert people(during) == [("rosalind", None), ("matteo", "rosalind")]
    assert people(inbox(approval=[delegated, asked(alone)], on="2026-09-11")[0]) == [
        ("rosalind", None)
    ]
    of_another_kind = asked(alone, kind="script")
    assert people(inbox(approval=[delegated, of_another_kind])[0]) == [("rosalind", None)]
    ended = approval.DelegationEnded(
        delegator="rosalind", delegate="matteo", ends="2026-09-01", reason="back early"
    )
    assert people(inbox(approval=[delegated, ended, asked(alone)])[0]) == [("rosalind", None)]


def test_two_voices_that_count_once_are_not_both_waited_for() -> None:
    delegated = approval.AuthorityDelegated(
        delegator="rosalind", delegate="matteo", starts="2026-09-01", ends="2026-09-10"
    )
    both = {"roles": ["executive-producer", "financier"], "needed": 2}
    spoken = approval.ApprovalGiven(request=ASKED, by="matteo", given_for="rosalind")
    (item,) = inbox(approval=[delegated, asked(both), spoken])
    assert people(item) == [("callum", None)]


def test_where_too_few_may_decide_the_item_says_whom_to_appoint() -> None:
    (item,) = inbox(approval=[asked({"roles": ["completion-guarantor"]})])
    assert item["for_people"] == []
    assert item["why"].endswith(
        "nobody may today: appoint a completion-guarantor, or let one delegate"
    )


def test_a_request_is_overdue_by_its_last_day_whatever_a_timer_says() -> None:
    due = asked(TWO_STEPS, due_on="2026-09-05")
    assert not inbox(approval=[due], on="2026-09-05")[0]["overdue"]
    late = inbox(approval=[due], on="2026-09-06")[0]
    assert (late["overdue"], late["due_on"]) == (True, date(2026, 9, 5))
    fell = approval.ApprovalFellDue(request=ASKED, subject=subject(), due_on="2026-09-05")
    assert inbox(approval=[due, fell])[0]["overdue"]


def test_views_are_asked_until_they_are_given_and_those_told_are_told() -> None:
    rule = {"roles": ["producer"], "consult": ["director"], "notify": ["auditor"]}
    facts: list[Event] = [asked(rule)]
    assert sorted(kinds(inbox(approval=facts))) == ["approve", "consult", "notify"]
    assert kinds(inbox(approval=facts, person="matteo")) == ["consult"]
    assert kinds(inbox(approval=facts, person="piers")) == ["notify"]
    facts.append(approval.ConsultationGiven(request=ASKED, by="matteo", view="yes"))
    assert inbox(approval=facts, person="matteo") == []


def test_a_deal_s_approval_names_the_deal_and_hides_its_fee_from_who_is_not_told() -> None:
    rule = {"roles": ["producer"], "consult": ["director"]}
    facts: dict[str, list[Event]] = {
        "approval": [asked(rule, "contract", KEEPER)],
        "contract": [drafted()],
    }
    (told_to_him,) = inbox(**facts, person="tobias")
    assert told_to_him["subject"]["name"] == "Silas Marr, the keeper"
    assert told_to_him["blocks"] == "the execution of Silas Marr, the keeper"
    assert (told_to_him["amount"], told_to_him["currency"]) == ("1200000.00", "USD")
    (asked_of_him,) = inbox(**facts, person="matteo")
    assert (asked_of_him["amount"], asked_of_him["currency"]) == (None, None)


def test_an_overage_says_why_it_is_needed() -> None:
    forecast = budget.OverageForecast(
        overage="OV-1",
        number=1,
        cause="forecast",
        approved="5",
        efc="9",
        amount="4",
        accounts=[{"account": "1401", "total": "4"}],
        reason="the storm took two days",
        content_hash=HASH,
    )
    (item,) = inbox(approval=[asked({"roles": ["producer"]}, "overage", "OV-1")], budget=[forecast])
    assert item["blocks"] == "overage 1: the storm took two days"


# --- deals -----------------------------------------------------------------------------------

OFFERED = contract.OfferMade(
    contract=KEEPER, version=1, terms=terms(), content_hash=HASH, expires_at=at(48)
)
ACCEPTED = contract.OfferAccepted(
    contract=KEEPER,
    version=1,
    content_hash=HASH,
    accepted_by="party",
    accepted_on="2026-09-02",
)
SUBMITTED = contract.TermsSubmitted(
    contract=KEEPER,
    kind="cast",
    title="Silas Marr, the keeper",
    version=1,
    content_hash=HASH,
    amount="86000.00",
    currency="USD",
)
CLEARED = contract.TermsCleared(contract=KEEPER, version=1, content_hash=HASH, request=ASKED)
MET = contract.ConditionMet(contract=KEEPER, condition="budget-locked", cause=ASKED)


def test_an_offer_of_ours_waits_for_the_party() -> None:
    (item,) = inbox(contract=[drafted(), OFFERED])
    assert (item["for_party"]["person"], item["for_people"]) == ("noor-haddad", [])
    assert (item["due_on"], item["overdue"]) == (date(2026, 9, 3), False)
    accept, counter = item["todo"]
    assert accept["body"] == {"contract": KEEPER, "version": 1, "accepted_by": "party"}
    assert counter["body"] == {"contract": KEEPER, "by": "party"}
    assert inbox(contract=[drafted(), OFFERED], on="2026-09-04")[0]["overdue"]


def test_a_counter_of_theirs_waits_for_those_who_negotiate() -> None:
    countered = contract.OfferCountered(
        contract=KEEPER,
        version=2,
        by="party",
        terms=terms(),
        content_hash=HASH,
        expires_at=at(72),
    )
    (item,) = inbox(contract=[drafted(), OFFERED, countered])
    assert item["for_party"] is None
    assert [person for person, _ in people(item)] == ["ingrid", "rosalind", "tobias"]
    assert item["todo"][0]["body"]["accepted_by"] == "production"


@pytest.mark.parametrize(
    ("facts", "kind", "who"),
    [
        ([ACCEPTED], "submit", ["ingrid", "rosalind", "tobias"]),
        ([ACCEPTED, SUBMITTED], None, []),
        ([ACCEPTED, SUBMITTED, CLEARED], "condition", ["ingrid"]),
        ([ACCEPTED, SUBMITTED, CLEARED, MET], "execute", ["rosalind", "tobias"]),
        ([ACCEPTED, SUBMITTED, CLEARED, MET, executed()], None, []),
    ],
)
def test_from_agreement_to_signature_a_deal_waits_for_the_next_step(
    facts: list[Event], kind: str | None, who: list[str]
) -> None:
    items = inbox(contract=[drafted(), OFFERED, *facts])
    assert kinds(items) == ([] if kind is None else [kind])
    for item in items:
        assert [person for person, _ in people(item)] == who
        assert item["since"] == at(2 + len(facts) - (MET in facts))


def test_refused_terms_wait_for_other_ones() -> None:
    refused = contract.ClearanceRefused(
        contract=KEEPER, version=1, request=ASKED, by="rosalind", reason="too dear"
    )
    (item,) = inbox(contract=[drafted(), OFFERED, ACCEPTED, SUBMITTED, refused])
    assert item["kind"] == "mend"
    assert "too dear" in item["why"]


def test_what_was_handed_over_waits_to_be_judged() -> None:
    received = contract.DeliverableReceived(
        contract=KEEPER, deliverable="looping", received_on="2026-09-02"
    )
    (item,) = inbox(contract=[executed(), received])
    assert (item["kind"], item["todo"][0]["command"]) == ("judge", "accept-deliverable")
    accepted = contract.DeliverableAccepted(
        contract=KEEPER, deliverable="looping", accepted_on="2026-09-03"
    )
    assert inbox(contract=[executed(), received, accepted]) == []


def test_a_conflict_waits_for_the_line_producer_until_it_is_resolved() -> None:
    about = {"contract": KEEPER, "conflict": "days", "cause": ASKED}
    conflicted = contract.EngagementConflicted(**about, problem="day 12 is outside")
    (item,) = inbox(contract=[executed(), conflicted])
    assert (item["kind"], item["why"], people(item)) == (
        "conflict",
        "day 12 is outside",
        [("ingrid", None)],
    )
    assert inbox(contract=[executed(), conflicted, contract.ConflictResolved(**about)]) == []


def test_nothing_waits_of_a_deal_that_ended() -> None:
    ended = contract.ContractExpired(contract=KEEPER, reason="nobody agreed in time")
    assert inbox(contract=[drafted(), OFFERED, ended]) == []


# --- plans and refused reactions -------------------------------------------------------------


def test_a_plan_that_came_back_waits_for_the_planner_until_it_is_submitted_anew() -> None:
    returned = budget.BudgetReturned(version=1, reason="too dear", by="rosalind")
    (item,) = inbox(budget=[returned])
    assert (item["kind"], people(item), item["subject"]["name"]) == (
        "mend",
        [("ingrid", None)],
        "budget",
    )
    again = budget.BudgetSubmitted(version=2, content_hash=HASH, total="5", currency="USD")
    assert inbox(budget=[returned, again]) == []
    (item,) = inbox(schedule=[schedule.ScheduleReturned(version=3, reason="long", by="rosalind")])
    assert item["todo"][0]["path"].endswith("/schedule/submit-schedule")


def test_a_refused_reaction_of_any_room_waits_for_somebody_to_look() -> None:
    rooms = {log: [REFUSED] for log in ("approval", "budget", "contract", "schedule")}
    items = inbox(**rooms)
    assert kinds(items) == ["look"] * 4
    assert {item["subject"]["kind"] for item in items} == set(rooms)
    assert all(
        word in items[0]["why"]
        for word in ("LockBudget", "terms-moved-on", "another", REFUSED.cause)
    )
    assert kinds(inbox(**rooms, person="ingrid")) == ["look"] * 4
    assert inbox(**rooms, person="matteo") == []
    assert inbox(**rooms, on="2026-09-20") == []


# --- whose ------------------------------------------------------------------------------------


def test_mine_is_what_waits_for_me_today() -> None:
    facts: list[Event] = [asked(TWO_STEPS)]
    assert kinds(inbox(approval=facts, person="tobias")) == ["approve"]
    assert inbox(approval=facts, person="ingrid") == []
    ended = approval.AppointmentEnded(
        person="tobias", role="producer", ends="2026-09-01", reason="left"
    )
    assert inbox(approval=[*facts, ended], person="tobias") == []


def test_what_waits_longest_comes_first_and_every_item_has_an_id_of_its_own() -> None:
    items = inbox(
        approval=[asked({"roles": ["producer"], "consult": ["director"], "notify": ["auditor"]})],
        contract=[drafted(), OFFERED],
        budget=[budget.BudgetReturned(version=1, reason="too dear", by="rosalind")],
    )
    assert [item["since"] for item in items] == [at(1), at(2), at(7), at(7), at(7)]
    assert len({item["id"] for item in items}) == len(items)
