"""What a room remembers of each production from the facts that it has heard, as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from events.envelope import Recorded
from runtime.reading.trouble import Overtaken
from runtime.rooms import Service

Known = dict[str, BaseModel | None]
"""What the room remembers of productions, by their id."""

Stored = Mapping[str, str | None]
"""The same as the rows have it; None where there is none yet."""


class KnownTable(Protocol):
    """Where a room's memory is, as JSON by production."""

    async def read(self, connection: Any, productions: Sequence[str]) -> Stored:
        """What there is of these productions."""
        ...

    async def hold(
        self, connection: Any, productions: Sequence[str], empty: str
    ) -> list[tuple[str, str]]:
        """The bodies of these productions, `empty` where there was none; nobody else changes them
        before the caller's transaction ends."""
        ...

    async def write(self, connection: Any, bodies: Mapping[str, str]) -> None:
        """Replaces bodies that are held."""
        ...


class StoredKnown:
    """The table of that in one schema of PostgreSQL."""

    def __init__(self, schema: str) -> None:
        self._schema = schema

    async def read(self, connection: Any, productions: Sequence[str]) -> Stored:
        rows = await connection.fetch(
            f"SELECT production::text, body::text FROM {self._schema}.known "
            "WHERE production = ANY($1::uuid[])",
            list(productions),
        )
        return {row[0]: row[1] for row in rows}

    async def hold(
        self, connection: Any, productions: Sequence[str], empty: str
    ) -> list[tuple[str, str]]:
        await connection.execute(
            f"""INSERT INTO {self._schema}.known SELECT unnest($1::uuid[]), $2::text::json
                ON CONFLICT DO NOTHING""",
            productions,
            empty,
        )
        rows = await connection.fetch(
            f"""SELECT production::text, body::text FROM {self._schema}.known
                WHERE production = ANY($1::uuid[]) ORDER BY production FOR UPDATE""",
            productions,
        )
        return [(row[0], row[1]) for row in rows]

    async def write(self, connection: Any, bodies: Mapping[str, str]) -> None:
        await connection.execute(
            f"""UPDATE {self._schema}.known SET body = new.body
                FROM unnest($1::uuid[], $2::text[]::json[]) AS new (production, body)
                WHERE known.production = new.production""",
            list(bodies),
            list(bodies.values()),
        )


@dataclass(frozen=True)
class KnownRows:
    """The memory of one room, in the table of what it has heard."""

    service: Service
    table: KnownTable

    async def load(self, connection: Any, productions: Sequence[str]) -> Known:
        """What it remembers of these productions now."""
        return self.read(await self.stored(connection, productions))

    def read(self, stored: Stored) -> Known:
        """What the rows say."""
        return {production: self.service.known(body) for production, body in stored.items()}

    async def stored(self, connection: Any, productions: Sequence[str]) -> Stored:
        """The rows of these productions as they are now."""
        stored: dict[str, str | None] = dict.fromkeys(productions)
        if self.service.policies.nothing_known is not None:
            stored.update(await self.table.read(connection, productions))
        return stored

    async def fold(self, connection: Any, events: Sequence[Recorded], since: Stored) -> None:
        """Folds the facts into what the room knows now, one log's after the other's.

        What was loaded before may be old: the room hears several logs at the same time, and all
        of them tell it of the same production. `since` is what facts were answered from.

        Raises:
            Overtaken: another log has told something of such a production since.
        """
        hear = self.service.policies.hear
        nothing = self.service.policies.nothing_known
        if nothing is None or not events:
            return
        productions = sorted({recorded.production for recorded in events})
        empty = nothing.model_dump_json()
        rows = await self.table.hold(connection, productions, empty)
        for production, body in rows:
            if production in since and body != (since[production] or empty):
                raise Overtaken(f"{production} was told of by another log meanwhile")
        before = {production: self.service.known(body) for production, body in rows}
        known = dict(before)
        for recorded in events:
            known[recorded.production] = hear(known[recorded.production], recorded)
        changed = {
            one: body
            for one, body in known.items()
            if body is not before[one] and body != before[one]
        }
        bodies = {production: body.model_dump_json() for production, body in changed.items()}
        await self.table.write(connection, bodies)
