"""Takes a consumer back to the beginning of its logs: what it had folded is folded again."""

import asyncpg

_KEPT = "^(_yoyo_|yoyo_lock$|tables_made$|clock$)"
"""What is no fold of any log."""


async def rewind(database_url: str, schema: str) -> list[str]:
    """Empties every table of one consumer's schema that is a fold, and its places, in one
    transaction.

    Workers that run notice that their places moved, and begin again by themselves. A service's
    policies give their commands again, under the ids they had, and record nothing twice. Answers
    the tables that were emptied.
    """
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            tables = [
                row[0]
                for row in await connection.fetch(
                    "SELECT table_name FROM information_schema.tables "
                    "WHERE table_schema = $1 AND table_name !~ $2 ORDER BY 1",
                    schema,
                    _KEPT,
                )
            ]
            if tables:
                names = ", ".join(f'"{schema}"."{table}"' for table in tables)
                await connection.execute(f"TRUNCATE {names}")
        return tables
    finally:
        await connection.close()
