"""Whose fault a failure is decides what stands still: nobody, one production, or a partition."""

import asyncpg
import pytest
from asyncpg.exceptions import _base

from events.event import UndecodableEvent, UnknownEvent
from runtime.log.contract import Overloaded, Unavailable
from runtime.reading.parking import told
from runtime.reading.place import PlaceMoved
from runtime.reading.trouble import (
    Divergence,
    HalfHeard,
    Overtaken,
    TooEarly,
    is_of_the_fact,
    is_waited_for,
    reason_of,
)

pytestmark = pytest.mark.unit

OF_THE_FACT = (
    UndecodableEvent("budget.CostPosted version 1: no amount"),
    ArithmeticError("this cannot be added up"),
    LookupError("no such line"),
    AssertionError(),
    RecursionError(),
    HalfHeard("and that is parked"),
    asyncpg.NumericValueOutOfRangeError("too much"),
    asyncpg.NotNullViolationError("nothing"),
    asyncpg.CheckViolationError("below zero"),
    asyncpg.CharacterNotInRepertoireError("0x00"),
    _base.DataError("invalid input for query argument $1: value out of int32 range"),
)
WAITED_FOR = (
    PlaceMoved("by somebody else"),
    ConnectionResetError(),
    TimeoutError(),
    Overloaded("too many"),
    Unavailable("the budget log"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.AdminShutdownError("terminating"),
    asyncpg.DeadlockDetectedError("two of them"),
    asyncpg.SerializationError("again"),
    asyncpg.DiskFullError("no space"),
    asyncpg.TooManyConnectionsError("sorry"),
)
OF_THE_BUILD_OR_ITS_HISTORY = (
    UnknownEvent("budget.MoonBought version 1"),
    Divergence("another hash"),
    MemoryError(),
    asyncpg.UndefinedTableError("no such table"),
    asyncpg.UndefinedColumnError("no such column"),
    asyncpg.InsufficientPrivilegeError("not allowed"),
    asyncpg.PostgresSyntaxError("at or near"),
)
LATER = (Overtaken("another log"), TooEarly("not heard yet"))


@pytest.mark.parametrize("error", OF_THE_FACT, ids=lambda one: type(one).__name__)
def test_what_one_fact_is_to_blame_for_parks_its_production(error: Exception) -> None:
    assert is_of_the_fact(error) and not is_waited_for(error)


@pytest.mark.parametrize("error", WAITED_FOR, ids=lambda one: type(one).__name__)
def test_what_passes_is_waited_for_and_parks_nobody(error: Exception) -> None:
    assert is_waited_for(error) and not is_of_the_fact(error)


@pytest.mark.parametrize(
    "error", OF_THE_BUILD_OR_ITS_HISTORY + LATER, ids=lambda one: type(one).__name__
)
def test_what_no_fact_is_to_blame_for_parks_nobody(error: Exception) -> None:
    """An old reader in an upgrade must not park the world."""
    assert not is_of_the_fact(error) and not is_waited_for(error)


@pytest.mark.parametrize("error", OF_THE_FACT, ids=lambda one: type(one).__name__)
def test_the_reason_as_anybody_may_read_it_quotes_no_fact(error: Exception) -> None:
    reason = reason_of(error)
    assert told(reason) in ("UndecodableEvent", "the fold failed", "not all is heard again")
    assert not str(error) or str(error) in reason
