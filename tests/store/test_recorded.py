"""A fact as it is read from a log."""

import pickle
from dataclasses import FrozenInstanceError, astuple, replace

import pytest

from events.budget import BudgetReopened
from events.envelope import Recorded
from events.event import UnknownEvent
from runtime.garbage import let_go

pytestmark = pytest.mark.unit

ROW = (
    "00000000-0000-4000-8000-000000000001",
    "budget-1",
    3,
    70,
    2,
    60,
    "00000000-0000-4000-8000-000000000002",
    0,
    "budget.BudgetReopened",
    1,
    '{"version":2,"was_locked":true,"reason":"a storm"}',
    10,
    20,
    "person-1",
    "00000000-0000-4000-8000-000000000003",
    "correlation",
    None,
    0,
    b"hash",
)


def test_a_row_becomes_the_fact_that_its_fields_make() -> None:
    fact = Recorded.of("budget", ROW)
    assert fact == Recorded("budget", *ROW)
    assert type(fact) is Recorded
    assert astuple(fact) == ("budget", *ROW)
    assert hash(fact) == hash(Recorded("budget", *ROW))


@pytest.mark.parametrize("row", [ROW[:-1], (*ROW, "more")])
def test_a_row_of_another_length_is_no_fact(row: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="unpack"):
        Recorded.of("budget", row)


@pytest.mark.parametrize("fact", [Recorded.of("budget", ROW), Recorded("budget", *ROW)])
def test_a_fact_is_immutable_and_goes_to_another_process(fact: Recorded) -> None:
    with pytest.raises(FrozenInstanceError):
        fact.payload = "{}"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(fact)) == fact


def test_a_fact_is_decoded_once_and_again_when_it_says_something_else() -> None:
    fact = Recorded.of("budget", ROW)
    assert fact.event is fact.event
    assert fact.event == BudgetReopened(version=2, was_locked=True, reason="a storm")
    other = BudgetReopened(version=3, was_locked=True, reason="another one")
    assert replace(fact, payload=other.encode()).event == other
    with pytest.raises(UnknownEvent):
        _ = replace(fact, type="budget.MoonBought").event


def test_what_is_let_go_comes_in_its_order_and_is_gone() -> None:
    many = [1, 2, 3]
    going = let_go(many)
    assert next(going) == 1 and len(many) == 2
    assert list(going) == [2, 3] and many == []
