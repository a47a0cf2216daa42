"""What a room remembers of each production from the facts that it has heard, as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from events.envelope import Recorded
from runtime.reading.trouble import Overtaken
from runtime.rooms import Service

Known = dict[str, BaseModel | None]
"""What the room remembers of productions, by their id."""

Stored = Mapping[str, str | None]
"""The same as the rows have it; None where there is none yet."""


@dataclass(frozen=True)
class KnownRows:
    """The memory of one room, in the schema of what it has heard."""

    service: Service
    schema: str

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
            rows = await connection.fetch(
                f"SELECT production::text, body::text FROM {self.schema}.known "
                "WHERE production = ANY($1::uuid[])",
                list(productions),
            )
            stored.update(map(tuple, rows))
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
        await connection.execute(
            f"""INSERT INTO {self.schema}.known SELECT unnest($1::uuid[]), $2::text::json
                ON CONFLICT DO NOTHING""",
            productions,
            empty,
        )
        rows = await connection.fetch(
            f"""SELECT production::text, body::text FROM {self.schema}.known
                WHERE production = ANY($1::uuid[]) ORDER BY production FOR UPDATE""",
            productions,
        )
        for production, body in rows:
            if production in since and body != (since[production] or empty):
                raise Overtaken(f"{production} was told of by another log meanwhile")
        before = {production: self.service.known(body) for production, body in rows}
        known = dict(before)
        for recorded in events:
            known[recorded.production] = hear(known[recorded.production], recorded)
        changed = {one: body for one, body in known.items() if body != before[one]}
        await connection.execute(
            f"""UPDATE {self.schema}.known SET body = new.body
                FROM unnest($1::uuid[], $2::text[]::json[]) AS new (production, body)
                WHERE known.production = new.production""",
            list(changed),
            [body.model_dump_json() for body in changed.values()],
        )
