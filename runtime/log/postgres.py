"""A log in PostgreSQL: `runtime/schema/log` holds the function that keeps its promises."""

from collections.abc import Iterable, Sequence

import asyncpg

from events.envelope import Recorded
from runtime.log.contract import Answer, Append, Found, Heads, Outcome
from runtime.log.partition import hash_of

_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_COLUMNS = """production::text, stream, version, position, partition, previous, id::text, ordinal,
    type, schema_version, payload, recorded_at, effective_at, actor, command_id::text,
    correlation, causation::text, hops, hash"""

_NO_END = 2**63 - 1


class PostgresStore:
    """One log: the PostgreSQL schema of its name, behind a pool of connections."""

    def __init__(self, log: str, pool: asyncpg.Pool) -> None:
        self.log = log
        self._pool = pool
        self._append = f"SELECT * FROM {log}.append({', '.join(f'${n}' for n in range(1, 19))})"
        select = f"SELECT {_COLUMNS} FROM {log}.event"
        self._of_stream = f"{select} WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3"
        self._of_streams = f"""
            SELECT e.* FROM unnest($1::text[]) AS asked (stream) CROSS JOIN LATERAL
            ({select} WHERE event.stream = asked.stream ORDER BY version LIMIT $2) AS e"""
        self.production_sql = (
            f"{select} WHERE production = $1 AND position > $2 AND position <= $4 "
            "ORDER BY position LIMIT $3"
        )
        self.page_sql = f"{select} WHERE position > $1 ORDER BY position LIMIT $2"
        self._page_of_partition = (
            f"{select} WHERE position > $1 AND partition = $3 ORDER BY position LIMIT $2"
        )
        self._page_of_partitions = (
            f"{select} WHERE position > $1 AND partition = ANY($3) ORDER BY position LIMIT $2"
        )
        self._find = f"""
            SELECT command_id::text, fingerprint, stream, version, NULL::json FROM {log}.event
            WHERE command_id = ANY($1::uuid[]) AND ordinal = 0
            UNION ALL
            SELECT id::text, fingerprint, NULL, 0, outcome FROM {log}.command
            WHERE id = ANY($1::uuid[])"""

    async def append(self, batch: Sequence[Append]) -> list[Answer]:
        order = sorted(range(len(batch)), key=lambda index: batch[index].production)
        commands = [batch[index] for index in order]
        events = [event for command in commands for event in command.events]
        (row,) = await self._pool.fetch(
            self._append,
            [command.command_id for command in commands],
            [command.fingerprint for command in commands],
            [command.production for command in commands],
            [hash_of(command.production) for command in commands],
            [command.stream for command in commands],
            [command.expected for command in commands],
            [command.actor for command in commands],
            [command.correlation for command in commands],
            [command.causation for command in commands],
            [command.hops for command in commands],
            [command.caused_at_us for command in commands],
            [len(command.events) for command in commands],
            [command.outcome for command in commands],
            [event.id for event in events],
            [event.type for event in events],
            [event.schema_version for event in events],
            [event.payload for event in events],
            [event.effective_at_us for event in events],
        )
        # An empty batch has no arrays.
        *columns, hashes, incarnation = (() if column is None else column for column in row)
        incarnation, first = str(incarnation), 0
        answers: dict[int, Answer] = {}
        for index, command, values in zip(order, commands, zip(*columns, strict=True), strict=True):
            outcome, first_position, before, version, time_us, partition = values
            after = first + len(command.events)
            answers[index] = Answer(
                outcome=_OUTCOMES[outcome],
                first_position=first_position,
                before=before,
                version=version,
                time_us=time_us,
                partition=partition,
                hashes=hashes[first:after] if first_position else (),
                incarnation=incarnation,
            )
            first = after
        return [answers[index] for index in range(len(batch))]

    async def find(self, command_ids: Iterable[str]) -> dict[str, Found]:
        rows = await self._pool.fetch(self._find, list(command_ids))
        return {row[0]: Found(row[1], row[2], row[3], row[4]) for row in rows}

    async def of_stream(self, stream: str, after: int = 0, limit: int = 10_000) -> list[Recorded]:
        return self._recorded(await self._pool.fetch(self._of_stream, stream, after, limit))

    async def of_streams(self, streams: Sequence[str], limit: int) -> dict[str, list[Recorded]]:
        found: dict[str, list[Recorded]] = {}
        for one in self._recorded(await self._pool.fetch(self._of_streams, list(streams), limit)):
            found.setdefault(one.stream, []).append(one)
        return found

    async def of_production(
        self, production: str, after: int = 0, limit: int = 1_000, *, until: int | None = None
    ) -> list[Recorded]:
        until = _NO_END if until is None else until
        return self._recorded(
            await self._pool.fetch(self.production_sql, production, after, limit, until)
        )

    async def page(
        self, after: int = 0, limit: int = 1_000, *, partition: int | None = None
    ) -> list[Recorded]:
        if partition is None:
            return self._recorded(await self._pool.fetch(self.page_sql, after, limit))
        return self._recorded(
            await self._pool.fetch(self._page_of_partition, after, limit, partition)
        )

    async def page_of(
        self, partitions: Sequence[int], after: int = 0, limit: int = 1_000
    ) -> list[Recorded]:
        return self._recorded(
            await self._pool.fetch(self._page_of_partitions, after, limit, list(partitions))
        )

    async def heads(self) -> Heads:
        (row,) = await self._pool.fetch(
            f"SELECT incarnation::text, position, recorded_at, partitions FROM {self.log}.head"
        )
        return Heads(*row)

    async def seal(self, moment_us: int) -> tuple[str, int]:
        try:
            (row,) = await self._pool.fetch(
                f"SELECT incarnation::text, position FROM {self.log}.seal($1)", moment_us
            )
        except asyncpg.InvalidParameterValueError as error:
            raise ValueError(str(error)) from error
        return row[0], row[1]

    async def now_us(self) -> int:
        now: int = await self._pool.fetchval(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        )
        return now

    async def notify(self) -> None:
        # A notification goes out with its commit, and nothing of it has to outlast a crash.
        await self._pool.execute(
            "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')",
            channel(self.log),
        )

    def _recorded(self, rows: Sequence[asyncpg.Record]) -> list[Recorded]:
        return [Recorded.of(self.log, row) for row in rows]


def channel(log: str) -> str:
    """The NOTIFY channel of one log."""
    return f"reel_{log}"
