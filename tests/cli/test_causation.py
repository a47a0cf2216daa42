"""Who did what because of what: sentences, trees and chains of a trail's entries."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from events.approval import ApprovalGranted, ApprovalRequested, ApprovalVoided
from events.budget import BudgetLocked, BudgetReopened, BudgetSubmitted, CommitmentClosed
from events.envelope import Recorded, microseconds
from events.event import Event
from events.reaction import ReactionRefused
from runtime.causation import Entry, chain, reason_of, tree, with_causes
from runtime.decider import Command, Policies, Reaction, Timer
from runtime.order import command_id_of
from runtime.rooms import Service
from runtime.timing.rows import timer_command_id

pytestmark = pytest.mark.unit

LIGHTHOUSE = "7d3f9b1e-0c5a-8a44-9e61-2b8f4c6d0a17"
REQUEST = "0b4f7c1d-52a9-8e36-9c70-4d1f6e2a8b95"
BEGAN = datetime(2026, 9, 1, 9, tzinfo=UTC)


class LockBudget(Command):
    """Lock it."""


class VoidApproval(Command):
    """Ask no more."""


def reaction(
    on: type[Event], because: str, command: type[Command], *facts: type[Event]
) -> Reaction:
    return Reaction(on, because, {command: facts}, lambda _, __: [])


def due_in_a_week(recorded: Recorded) -> Sequence[Timer]:
    return [
        Timer("something else", None),
        Timer("the answer", recorded.recorded_at + timedelta(days=7), VoidApproval()),
    ]


SERVICES = {
    "approval": Service(
        name="approval",
        deciders=(),
        policies=Policies(
            reactions=(
                reaction(BudgetSubmitted, "a budget asks", LockBudget, ApprovalRequested),
                reaction(BudgetReopened, "it asks no more", VoidApproval, ApprovalVoided),
            )
        ),
        timers=due_in_a_week,
    ),
    "budget": Service(
        name="budget",
        deciders=(),
        policies=Policies(
            reactions=(
                reaction(ApprovalGranted, "an approved budget locks", LockBudget, BudgetLocked),
                reaction(ApprovalGranted, "a deal is let go", VoidApproval, CommitmentClosed),
            )
        ),
    ),
}


def entry(
    number: int, type_: type[Event], actor: str, cause: Entry | None = None, **data: Any
) -> Entry:
    """What the trail endpoint tells of a fact, as far as it matters here."""
    name, version = type_.wire()
    return {
        "id": f"{number:08}-0000-8000-8000-000000000000",
        "type": name,
        "schema_version": version,
        "log": name.partition(".")[0],
        "stream": f"some-{LIGHTHOUSE}",
        "position": number,
        "recorded_at": (BEGAN + timedelta(seconds=number)).isoformat(),
        "recorded_at_us": microseconds(BEGAN + timedelta(seconds=number)),
        "actor": actor,
        "command_id": "",
        "causation": cause["id"] if cause else None,
        "data": data,
    }


def recorded(one: Entry) -> Recorded:
    fields = dict.fromkeys(Recorded.__dataclass_fields__, "")
    known = {name: one[name] for name in ("id", "type", "schema_version", "recorded_at_us")}
    return Recorded(**(fields | known | {"production": LIGHTHOUSE}))  # type: ignore[arg-type]


SUBMITTED = entry(1, BudgetSubmitted, "ingrid")
REQUESTED = entry(2, ApprovalRequested, "policy:approval", SUBMITTED, request=REQUEST)
CLOSED = entry(3, CommitmentClosed, "ingrid", reason="The crane is not needed")
GRANTED = entry(4, ApprovalGranted, "rosalind", request=REQUEST, note="Go")
LOCKED = entry(5, BudgetLocked, "policy:budget", GRANTED)
REFUSED = entry(
    6, ReactionRefused, "policy:budget", GRANTED, command="VoidApproval", reason="no deal"
)
ENTRIES = [SUBMITTED, REQUESTED, CLOSED, GRANTED, LOCKED, REFUSED]


def test_what_a_policy_did_says_the_sentence_and_the_fact_that_it_answers() -> None:
    told = {one["id"]: one for one in with_causes(ENTRIES, SERVICES, recorded)}
    assert told[REQUESTED["id"]]["because"] == "a budget asks"
    assert told[LOCKED["id"]]["because"] == "an approved budget locks"
    assert told[REFUSED["id"]]["because"] == "a deal is let go"
    assert told[LOCKED["id"]]["cause"] == {
        name: GRANTED[name] for name in ("id", "type", "log", "position", "actor", "recorded_at")
    }
    for one in (SUBMITTED, CLOSED, GRANTED):
        assert (told[one["id"]]["because"], told[one["id"]]["cause"]) == (None, None)


def test_what_a_timer_did_says_which_and_when_it_was_due() -> None:
    due_at = recorded(REQUESTED).recorded_at + timedelta(days=7)
    id_ = timer_command_id("approval", LIGHTHOUSE, "the answer", due_at, REQUESTED["id"])
    voided = entry(7, ApprovalVoided, "timer:approval", REQUESTED) | {"command_id": id_}
    refused = entry(8, ReactionRefused, "timer:approval", REQUESTED) | {
        "command_id": command_id_of(id_, "refused")
    }
    stray = entry(9, ApprovalVoided, "timer:approval", REQUESTED)
    told = with_causes([*ENTRIES, voided, refused, stray], SERVICES, recorded)
    sentences = [one["because"] for one in told[-3:]]
    assert sentences == ["the answer was due at 2026-09-08 09:00 UTC"] * 2 + [None]


def test_of_a_cause_in_another_log_its_id_is_told() -> None:
    (told,) = with_causes([LOCKED], SERVICES, recorded)
    assert told["because"] is None
    assert told["cause"]["id"] == GRANTED["id"]
    assert told["cause"]["type"] is None


def test_a_room_that_this_build_does_not_know_has_no_sentences() -> None:
    told = with_causes(ENTRIES, {}, recorded)
    assert {one["because"] for one in told} == {None}


def test_a_tree_puts_each_fact_behind_its_cause() -> None:
    assert [(depth, one["position"]) for depth, one in tree(ENTRIES)] == [
        (0, 1),
        (1, 2),
        (0, 3),
        (0, 4),
        (1, 5),
        (1, 6),
    ]
    assert tree([LOCKED]) == [(0, LOCKED)], "its cause is not here"


def test_a_tree_may_be_deep() -> None:
    entries = [entry(0, BudgetSubmitted, "ingrid")]
    for number in range(1, 5_000):
        entries.append(entry(number, BudgetSubmitted, "timer:budget", entries[-1]))
    assert [depth for depth, _ in tree(entries)] == list(range(5_000))
    assert chain(entries, entries[2_500]["id"]) == entries


@pytest.mark.parametrize(
    ("of", "positions"),
    [
        (SUBMITTED["id"], [1, 2]),
        (REQUESTED["id"], [1, 2]),
        (LOCKED["id"][:8], [4, 5]),
        (REQUEST, [1, 2, 4, 5, 6]),
        ("Go", [4, 5, 6]),
        (LIGHTHOUSE, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_chain_is_what_led_to_a_fact_and_what_follows_from_it(
    of: str, positions: list[int]
) -> None:
    assert [one["position"] for one in chain(ENTRIES, of)] == positions


@pytest.mark.parametrize("of", ["", "0000000", "PO-17"])
def test_a_chain_of_nothing_is_told(of: str) -> None:
    with pytest.raises(LookupError, match="names it"):
        chain(ENTRIES, of)


def test_a_reason_is_what_its_author_wrote() -> None:
    assert [reason_of(one) for one in ENTRIES] == [
        "",
        "",
        "The crane is not needed",
        "Go",
        "",
        "no deal",
    ]


def test_a_nested_name_is_found_as_well() -> None:
    deal = entry(9, ApprovalRequested, "ingrid", lines=[{"amount": Decimal(1), "contract": "C-4"}])
    assert chain([*ENTRIES, deal], "C-4") == [deal]
