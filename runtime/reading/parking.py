"""Productions that are parked for one consumer, as rows beside its place.

Whoever adds or takes away such a row changes the place too, in the same transaction: a worker that
knows other productions to be parked than the database has cannot move it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from events.envelope import Recorded

REASON_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Parked:
    """A production that stands still in one log. `position` is the first fact of it that is not
    folded and `type` its type; `asked_seconds` says how long it waits to be tried again or taken
    further, None while it does not."""

    log: str
    partition: int
    production: str
    position: int
    type: str
    reason: str
    parked_at: datetime
    tries: int
    asked_seconds: float | None

    @property
    def told(self) -> str:
        """The reason as anybody may read it."""
        return told(self.reason)

    def sentence(self, consumer: str) -> str:
        """What a caller is told of it, and what to do."""
        return (
            f"{consumer} could not fold the {self.type} at {self.log} {self.position} "
            f"({self.told}) and goes on with this production once that is mended: "
            "`reel parked list` shows it, `reel parked retry` tries it again"
        )


class ProductionIsParked(Exception):
    """A fact of this production could not be folded: what is known of it is not the whole."""

    HEADERS = MappingProxyType({"Retry-After": "60"})
    """Somebody has to mend it first."""


def told(reason: str) -> str:
    """A reason as anybody may read it: without what may quote a fact."""
    if reason.startswith(("Divergence", "UnknownEvent")):
        return reason
    return reason.partition(":")[0]


_COLUMNS = """log, partition, production::text, position, type, reason, parked_at, tries,
    extract(epoch FROM clock_timestamp() - asked_at)::float8"""
_THIS = "log = $1 AND partition = $2 AND production = $3"


class ParkedRows:
    """The parked productions of one consumer, in the schema beside its rows."""

    def __init__(self, schema: str) -> None:
        self._all = f"""
            SELECT {_COLUMNS} FROM {schema}.parked
            WHERE $1::uuid[] IS NULL OR production = ANY($1)
            ORDER BY parked_at, log, production"""
        self._position = f"SELECT position FROM {schema}.parked WHERE {_THIS}"
        self._park = f"""
            INSERT INTO {schema}.parked (log, partition, production, position, type, reason)
            VALUES ($1, $2, $3, $4, $5, $6)"""
        self._move_on = f"""
            UPDATE {schema}.parked
            SET position = $4, type = $5, asked_at = clock_timestamp() WHERE {_THIS}"""
        self._fail = f"""
            UPDATE {schema}.parked
            SET position = $4, type = $5, reason = $6, tries = tries + 1, asked_at = NULL
            WHERE {_THIS}"""
        self._free = f"DELETE FROM {schema}.parked WHERE {_THIS}"
        self._ask = f"""
            UPDATE {schema}.parked SET asked_at = clock_timestamp()
            WHERE $1::uuid IS NULL OR production = $1"""

    async def all(self, connection: Any, productions: Sequence[str] | None = None) -> list[Parked]:
        """Every parked production, or those of some that are, the longest parked first."""
        rows = await connection.fetch(self._all, None if productions is None else list(productions))
        return [Parked(*row) for row in rows]

    async def position(self, connection: Any, one: Parked) -> int | None:
        """Where it stands now; None once it is not parked any more."""
        found: int | None = await connection.fetchval(
            self._position, one.log, one.partition, one.production
        )
        return found

    async def park(self, connection: Any, recorded: Recorded, reason: str) -> None:
        """Parks the production of this fact from it on."""
        await connection.execute(self._park, *_of(recorded), reason[:REASON_CHARACTERS_MAX])

    async def move_on(self, connection: Any, recorded: Recorded) -> None:
        """This fact is the first one now that is not folded; somebody is at it."""
        await connection.execute(self._move_on, *_of(recorded))

    async def fail(self, connection: Any, recorded: Recorded, reason: str) -> None:
        """It was tried again and came as far as this fact; it stays parked until asked again."""
        await connection.execute(self._fail, *_of(recorded), reason[:REASON_CHARACTERS_MAX])

    async def free(self, connection: Any, one: Parked) -> None:
        """All of it is folded, so it goes on with the others; what it waits for in other logs is
        tried again too, since one may have waited for the other."""
        await connection.execute(self._free, one.log, one.partition, one.production)
        await self.ask(connection, one.production)

    async def ask(self, connection: Any, production: str | None = None) -> None:
        """Lets whichever process keeps the partition try one of them again, or all."""
        await connection.execute(self._ask, production)


def _of(recorded: Recorded) -> tuple[str, int, str, int, str]:
    return (
        recorded.log,
        recorded.partition,
        recorded.production,
        recorded.position,
        recorded.type,
    )
