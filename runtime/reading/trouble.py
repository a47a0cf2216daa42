"""What may go wrong while facts are taken, and whose fault it is: the servers', this build's, the
history's, or that of one fact."""

import asyncpg

from events.envelope import Recorded
from events.event import UndecodableEvent, UnknownEvent
from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.contract import Overloaded, Unavailable
from runtime.reading.place import PlaceMoved

TRANSIENT = (
    *OUTCOME_UNKNOWN,
    Overloaded,
    Unavailable,
    asyncpg.InvalidCachedStatementError,
)
"""What is the database's trouble and not the fold's: the same facts are taken again."""

REFUSED_ROWS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""What PostgreSQL says of rows that no table takes: whoever made them is wrong, each time."""


class Overtaken(Exception):
    """Another partition has changed what was prepared from: the same facts are prepared again."""


class TooEarly(Exception):
    """What must come first stands in another partition: the facts are taken later, from the log."""


class Divergence(Exception):
    """This consumer and the log do not share one history any more: `reel rewind` decides."""


class NotTheLogs(Exception):
    """A record that looks like a fact, and that the log does not have: somebody else's."""

    def __init__(self, recorded: Recorded, why: str) -> None:
        super().__init__(why)
        self.recorded = recorded


class HalfHeard(Exception):
    """What must be known first is parked in another log: the production waits here as well."""


STOPS = (UnknownEvent, Divergence, MemoryError)


def is_waited_for(error: Exception) -> bool:
    """Whether the same facts, or those behind a place that moved, will be taken some time."""
    if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
        return False  # A value that no column of its type can hold.
    return isinstance(error, (PlaceMoved, *TRANSIENT))


def is_of_the_fact(error: Exception) -> bool:
    """Whether one fact is to blame, so that its production is parked and all others go on."""
    if isinstance(error, asyncpg.PostgresError):
        return isinstance(error, REFUSED_ROWS)
    return not isinstance(error, (Overtaken, TooEarly, *STOPS)) and not is_waited_for(error)


def reason_of(error: Exception) -> str:
    """Why a production is parked or a partition stops: what it is, a colon, and the details."""
    if isinstance(error, (UndecodableEvent, UnknownEvent, Divergence)):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, HalfHeard):
        return f"not all is heard again: {error}"
    return f"the fold failed: {error!r}"
