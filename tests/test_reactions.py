"""Reactions name what they bring about, and a circle of them says why it ends."""

from typing import Any

import pytest

from events.approval import ApprovalGranted, ApprovalRequested
from events.budget import BudgetLocked, BudgetSubmitted
from events.reaction import ReactionRefused
from runtime import rooms
from runtime.circles import Answer, answers, circles
from runtime.decider import Command, Reaction
from tests.declared import undeclared

pytestmark = pytest.mark.unit

ANSWERS = answers(rooms.services())
CIRCLES = list(circles(ANSWERS))


def told(circle: tuple[Answer, ...]) -> str:
    return " → ".join(f"{one.room}: {one.reaction.because}" for one in circle)


def test_a_circle_of_reactions_says_why_it_ends() -> None:
    for circle in CIRCLES:
        reasons = [one for one in circle if one.reaction.returns]
        assert reasons, f"nothing says why this ends, set `returns`: {told(circle)}"


def test_a_reason_belongs_to_a_circle_that_is_there() -> None:
    round_about = [one for circle in CIRCLES for one in circle]
    for answer in ANSWERS:
        assert answer.reaction.returns is None or answer in round_about, told((answer,))


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: f"{one.room}: {one.reaction.because}")
def test_a_reaction_is_a_sentence_about_facts_and_commands_of_its_house(answer: Answer) -> None:
    room, reaction = rooms.services()[answer.room], answer.reaction
    assert reaction.because[0].islower() and not reaction.because.endswith(".")
    assert reaction.on.wire()[0].partition(".")[0] in answer.heard, (
        "its room does not hear that log"
    )
    assert reaction.gives, "it gives nothing"
    for command, facts in reaction.gives.items():
        assert command in room.commands, f"{command.__name__} is no command of {answer.room}"
        assert facts, f"{command.__name__} may record nothing"
        for fact in facts:
            assert fact.wire()[0].partition(".")[0] == answer.room
            assert not fact.__name__[-1].isdigit(), "a retired shape is never recorded"


class Ask(Command):
    """Ask."""


class Lock(Command):
    """Lock."""


def an_answer(room: str, on: Any, command: type[Command], *facts: Any) -> Answer:
    reaction = Reaction(on=on, because="so", gives={command: facts}, react=lambda _, __: [])
    return Answer(room, reaction, ("approval", "budget"))


def test_a_circle_is_found_once_and_a_way_that_ends_is_none() -> None:
    ask = an_answer("approval", BudgetLocked, Ask, ApprovalGranted)
    lock = an_answer("budget", ApprovalGranted, Lock, BudgetLocked)
    ends = an_answer("approval", BudgetSubmitted, Ask, ApprovalRequested)
    assert list(circles([ends, ask, lock])) == [(ask, lock)]
    assert list(circles([ends, ask])) == []


def test_a_refusal_that_is_answered_is_a_circle_of_one() -> None:
    again = an_answer("budget", ReactionRefused, Lock, BudgetLocked)
    assert list(circles([again])) == [(again,)]


def test_a_room_that_does_not_hear_a_log_is_not_led_to_by_it() -> None:
    lock = an_answer("budget", ApprovalGranted, Lock, BudgetLocked)
    deaf = Answer("approval", an_answer("approval", BudgetLocked, Ask).reaction, ("approval",))
    assert not lock.leads_to(deaf)


def entry(type_: str, actor: str, causation: str | None = None, id_: str = "b") -> dict[str, Any]:
    log = "approval" if type_.startswith("approval") else "budget"
    told = {"id": id_, "type": type_, "actor": actor, "causation": causation}
    return {"log": log, "position": 7, **told}


def test_what_a_policy_recorded_is_held_against_what_its_reactions_say() -> None:
    granted = entry("approval.ApprovalGranted", "person-1", id_="a")
    locked = entry("budget.BudgetLocked", "policy:budget", "a")
    returned = entry("budget.BudgetReturned", "policy:budget", "a")
    refused = entry("reaction.ReactionRefused", "policy:budget", "a")
    by_hand = entry("budget.BudgetDrafted", "person-1")
    assert undeclared([granted, locked, refused, by_hand]) == []
    (sentence,) = undeclared([granted, returned])
    assert sentence.startswith(
        "budget 7: a policy recorded budget.BudgetReturned because of approv"
    )


def test_a_fact_whose_cause_stands_elsewhere_is_held_against_its_whole_room() -> None:
    assert undeclared([entry("budget.BudgetReturned", "policy:budget", "elsewhere")]) == []
    assert undeclared([entry("budget.BudgetDrafted", "policy:budget", "elsewhere")])
