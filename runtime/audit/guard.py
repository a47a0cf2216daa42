"""What refuses changes to the logs: whether it is there, and switched on."""

from collections.abc import Mapping

from runtime.connecting import session

APPEND_ONLY = ("event", "command", "incarnation")
"""The tables of a log that nobody edits."""

_UNGUARDED = """
    SELECT kept.name FROM unnest($2::text[]) AS kept (name)
    WHERE NOT EXISTS (
        SELECT FROM pg_trigger AS t
        WHERE t.tgrelid = to_regclass(format('%I.%I', $1::text, kept.name))
          AND t.tgname = 'append_only' AND t.tgenabled IN ('O', 'A'))"""


async def unguarded(logs: Mapping[str, str]) -> list[str]:
    """The tables, as `budget.event`, that can be changed now; `logs` has the databases by log.

    Raises:
        OSError, TimeoutError, asyncpg.PostgresError: a database is away.
    """
    found = []
    for log, url in logs.items():
        async with session(url) as connection:
            rows = await connection.fetch(_UNGUARDED, log, list(APPEND_ONLY))
        found += [f"{log}.{row[0]}" for row in rows]
    return found
