"""Readings: who looked at contracts and pay, when, and as what; kept apart from the logs."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import asyncpg

from events.approval import Role
from runtime.log.coalesced import Coalesced

ACCESS = "access"
"""The PostgreSQL schema of readings."""

TOLD = 200


@dataclass(frozen=True, eq=False)
class Look:
    """One look at one production: by whom, in which roles, at what (and which one), and the status
    of the answer, 200 or that of a refusal."""

    production: str
    person: str
    roles: Sequence[str]
    what: str
    subject: str | None
    status: int
    correlation: str


@dataclass(frozen=True)
class Read:
    """A recorded reading: its number, and its moment by the database's clock."""

    id: int
    at: datetime
    look: Look


@dataclass
class Looking:
    """What one request has looked at so far: productions, and the caller's roles there."""

    productions: dict[str, frozenset[Role]] = field(default_factory=dict)


_LOOKING: ContextVar[Looking | None] = ContextVar("looking", default=None)


def begin_looking() -> Looking:
    """From here on, this request's looks at productions are noted in what it answers."""
    looking = Looking()
    _LOOKING.set(looking)
    return looking


def looked_at(production: str, roles: frozenset[Role]) -> None:
    """Notes that the caller was let in there; nothing where readings are not recorded."""
    looking = _LOOKING.get()
    if looking is not None:
        looking.productions[production] = roles


class Readings(Protocol):
    """Records readings, and tells of them."""

    @abstractmethod
    async def record(self, look: Look) -> None:
        """Returns when it is durable; raises whatever kept it from being so."""

    @abstractmethod
    async def of(
        self,
        production: str,
        *,
        person: str | None = None,
        since: datetime | None = None,
        before: int | None = None,
        limit: int = 200,
    ) -> list[Read]:
        """A production's readings, the last one first, those below the number `before`. Going back,
        one comes to an end, though being asked for them is a reading too."""


class StoredReadings(Readings):
    """Readings in PostgreSQL. Those that come while others are being written go together."""

    def __init__(self, pool: asyncpg.Pool, schema: str = ACCESS) -> None:
        self._pool = pool
        self._table = f"{schema}.read"
        self._waiting: Coalesced[Look, bool] = Coalesced(self._write)

    async def record(self, look: Look) -> None:
        await self._waiting.get(look)

    async def _write(self, looks: Sequence[Look]) -> Mapping[Look, bool]:
        await self._pool.executemany(
            f"INSERT INTO {self._table} "
            "(production, person, roles, what, subject, status, correlation) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                (
                    one.production,
                    one.person,
                    list(one.roles),
                    one.what,
                    one.subject,
                    one.status,
                    one.correlation,
                )
                for one in looks
            ],
        )
        return dict.fromkeys(looks, True)

    async def of(
        self,
        production: str,
        *,
        person: str | None = None,
        since: datetime | None = None,
        before: int | None = None,
        limit: int = 200,
    ) -> list[Read]:
        rows = await self._pool.fetch(
            f"""SELECT id, at, production::text, person, roles, what, subject, status, correlation
                FROM {self._table}
                WHERE production = $1 AND ($2::bigint IS NULL OR id < $2)
                  AND ($3::text IS NULL OR person = $3)
                  AND ($4::timestamptz IS NULL OR at >= $4)
                ORDER BY id DESC LIMIT $5""",
            production,
            before,
            person,
            since,
            limit,
        )
        return [Read(row[0], row[1], Look(*row[2:])) for row in rows]


class MemoryReadings(Readings):
    """Readings in a list, for tests that need no server."""

    def __init__(self) -> None:
        self.rows: list[Read] = []

    async def record(self, look: Look) -> None:
        self.rows.append(Read(len(self.rows) + 1, datetime.now(UTC), look))

    async def of(
        self,
        production: str,
        *,
        person: str | None = None,
        since: datetime | None = None,
        before: int | None = None,
        limit: int = 200,
    ) -> list[Read]:
        return [
            one
            for one in reversed(self.rows)
            if one.look.production == production
            and (before is None or one.id < before)
            and person in (None, one.look.person)
            and (since is None or one.at >= since)
        ][:limit]
