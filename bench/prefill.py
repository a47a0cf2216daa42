"""Fills a log by COPY with rows as the append would have written them: versions, partitions, hash
chains, head. The recount walks them as it walks any other.

Productions take turns, so that every one has facts all over the log, as in life. Each belongs to
one of the writers, since a chain is of one production; the indexes are made afterwards.
"""

import asyncio
import itertools
import multiprocessing
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import psycopg
from psycopg import sql

from events.budget import CommitmentRaised
from events.envelope import GENESIS, Recorded
from runtime.log.contract import PARTITIONS
from runtime.log.partition import partition_of

PRODUCTIONS = 10_000
WRITERS = 2
COLUMNS = (
    "position", "production", "stream", "version", "partition", "previous", "id", "ordinal", "type",
    "schema_version", "payload", "recorded_at", "effective_at", "actor", "command_id",
    "correlation", "causation", "hops", "hash", "fingerprint",
)  # fmt: skip
NUMBER = "PO-000000000"
ACTOR = "person-bench"
_NAMES = uuid.UUID("b6f6c1c4-6d0e-4d0c-9a6b-0f3d3a1c7e55")


def production(number: int) -> str:
    """The id of the production of that number, always the same one."""
    return str(uuid.uuid5(_NAMES, str(number)))


def stream_of(number: int) -> str:
    """The stream of commitments of the production of that number."""
    return f"costs-{production(number)}"


def productions_in(events: int) -> int:
    """How many productions a log of so many events is made of."""
    return min(events, PRODUCTIONS)


def version_of(number: int, events: int) -> int:
    """How many of those events are that production's."""
    return events // PRODUCTIONS + (number < events % PRODUCTIONS)


def prefill(url: str, log: str, events: int) -> float:
    """Fills an empty log; answers how many seconds it took, indexes included."""
    began = time.perf_counter()
    first_us = int((time.time() - 3_600) * 1_000_000) - events
    with psycopg.connect(url, autocommit=True) as session:
        indexes = _without_indexes(session, log)
        spawned = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(WRITERS, mp_context=spawned) as writers:
            shares = [(url, log, events, first_us, share) for share in range(WRITERS)]
            for _ in writers.map(_write, shares):
                pass
        session.execute("SET maintenance_work_mem = '1GB'")
        for order in indexes:
            session.execute(order)
        session.execute(
            sql.SQL("UPDATE {}.head SET position = %s, recorded_at = %s, partitions = %s").format(
                sql.Identifier(log)
            ),
            [events, first_us + events, _heads(events)],
        )
        # Otherwise autovacuum comes in the middle of somebody's round.
        session.execute(sql.SQL("VACUUM (ANALYZE) {}.event").format(sql.Identifier(log)))
        session.execute("CHECKPOINT")
    return time.perf_counter() - began


def _without_indexes(session: psycopg.Connection[Any], log: str) -> list[sql.SQL]:
    """Drops every index of the events; answers the orders that make them again."""
    table = f"{log}.event"
    constraints = session.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype IN ('p', 'u') ORDER BY contype",
        [table],
    ).fetchall()
    orders = []
    for name, definition in constraints:
        session.execute(sql.SQL(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        orders.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    others = session.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = 'event'",
        [log],
    ).fetchall()
    for name, definition in others:
        session.execute(sql.SQL(f"DROP INDEX {log}.{name}"))
        orders.append(definition)
    return [sql.SQL(order) for order in orders]


def _write(share: tuple[str, str, int, int, int]) -> None:
    asyncio.run(_copy(*share))


async def _copy(url: str, log: str, events: int, first_us: int, share: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        rows = _rows(log, events, first_us, share)
        while page := list(itertools.islice(rows, 20_000)):
            await connection.copy_records_to_table(
                "event", schema_name=log, columns=COLUMNS, records=page
            )
    finally:
        await connection.close()


def _rows(log: str, events: int, first_us: int, share: int) -> Iterator[tuple[Any, ...]]:
    """The rows of one writer's productions, by position."""
    laps = [production(number) for number in range(productions_in(events))]
    before = _before(laps)
    hashes = [GENESIS] * len(laps)
    type_, schema_version = CommitmentRaised.wire()
    payload = _payload()
    for position in range(1, events + 1):
        lap, number = divmod(position - 1, len(laps))
        if number % WRITERS != share:
            continue
        chance = os.urandom(32)
        id_, command = (
            uuid.UUID(bytes=chance[:16], version=4),
            uuid.UUID(bytes=chance[16:], version=4),
        )
        partition, back = before[number]
        previous = max(0, position - back) if back else 0
        recorded = Recorded.of(
            log,
            (
                laps[number], f"costs-{laps[number]}", lap + 1, position, partition, previous,
                str(id_), 0, type_, schema_version, payload.replace(NUMBER, f"PO-{position:09d}"),
                first_us + position, first_us, ACTOR, str(command), str(command), None, 0, b"",
            ),
        )  # fmt: skip
        hashes[number] = recorded.hash_after(hashes[number])
        yield (
            position, recorded.production, recorded.stream, recorded.version, partition, previous,
            id_, 0, type_, schema_version, recorded.payload, recorded.recorded_at_us, first_us,
            ACTOR, command, recorded.correlation, None, 0, hashes[number], command.bytes,
        )  # fmt: skip


def _payload() -> str:
    """What each commitment says, but for its number."""
    return CommitmentRaised(
        commitment=NUMBER,
        account="3601",
        amount=Decimal("1250.00"),
        description="Lantern room, scaffolding and weather cover",
        raised_on=date(2026, 9, 7),
    ).encode()


def _before(laps: Sequence[str]) -> list[tuple[int, int]]:
    """Each production's partition, and how many positions back the one before it in there is."""
    partitions = [partition_of(one, PARTITIONS) for one in laps]
    last: dict[int, int] = {}
    for number, partition in enumerate(partitions):
        last[partition] = number - len(laps)
    before = []
    for number, partition in enumerate(partitions):
        before.append((partition, number - last[partition]))
        last[partition] = number
    return before


def _heads(events: int) -> list[int]:
    heads = [0] * PARTITIONS
    count = productions_in(events)
    for number in range(count):
        partition = partition_of(production(number), PARTITIONS)
        last = number + 1 + (version_of(number, events) - 1) * count
        heads[partition] = max(heads[partition], last)
    return heads
