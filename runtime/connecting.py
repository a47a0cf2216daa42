"""Single connections to PostgreSQL, beside the pools, and what is first asked on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import psycopg

CONNECT_SECONDS_MAX = 10.0


async def connection_to(url: str, name: str | None = None) -> asyncpg.Connection:
    """A connection of its own. Under a `name` that begins with `reel ` a restore waits for its end,
    as for any process of Reel.

    Raises:
        OSError, TimeoutError, asyncpg.PostgresError: there is no such server, or it refuses.
    """
    named = {} if name is None else {"application_name": name}
    return await asyncpg.connect(url, timeout=CONNECT_SECONDS_MAX, server_settings=named)


@asynccontextmanager
async def session(url: str, name: str | None = None) -> AsyncIterator[asyncpg.Connection]:
    """The same, closed at the end of the block."""
    connection = await connection_to(url, name)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


_THERE = "SELECT to_regclass({0}) IS NOT NULL"


async def is_there(connection: Any, schema: str, table: str) -> bool:
    """Whether the schema has that table: an older build may have made it, or nobody yet."""
    found: bool = await connection.fetchval(_THERE.format("$1"), _quoted(schema, table))
    return found


def is_there_now(connection: psycopg.Connection[Any], schema: str, table: str) -> bool:
    """The same, asked through psycopg."""
    found = connection.execute(_THERE.format("%s").encode(), [_quoted(schema, table)]).fetchone()
    return bool(found and found[0])


def _quoted(schema: str, table: str) -> str:
    return f'"{schema}"."{table}"'
