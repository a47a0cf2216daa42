"""Consumers that are to begin at the head of a log whose past tells them nothing."""

from typing import Any

import asyncpg

from bench.until import until
from runtime.log.contract import Store


async def begin_at_head(connection: Any, schema: str, store: Store) -> None:
    """Sets a consumer's places in one log to where the log is."""
    heads = await store.heads()
    for partition, position in enumerate(heads.partitions):
        page = await store.page(position - 1, 1) if position else []
        await connection.execute(
            f"""INSERT INTO {schema}.place (log, partition, incarnation, position, hash, "offset")
                VALUES ($1, $2, $3::uuid, $4, $5, -1)
                ON CONFLICT (log, partition)
                DO UPDATE SET position = EXCLUDED.position, hash = EXCLUDED.hash""",
            store.log,
            partition,
            heads.incarnation,
            position,
            page[0].hash if page else b"",
        )


async def caught_up(connection: asyncpg.Connection, schema: str, store: Store) -> None:
    """Waits until a consumer is where the log is.

    Raises:
        TimeoutError: it is not, after minutes.
    """

    async def is_there() -> bool:
        heads = await store.heads()
        rows = await connection.fetch(
            f"SELECT partition, position FROM {schema}.place WHERE log = $1", store.log
        )
        places = {row[0]: row[1] for row in rows}
        return all(places.get(n, 0) >= head for n, head in enumerate(heads.partitions))

    await until(is_there)
