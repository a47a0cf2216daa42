"""Takes a consumer back to the beginning of its logs: what it had folded is folded again."""

import asyncpg

from runtime.connecting import is_there, session

_KEPT = "^(_yoyo_|yoyo_lock$|tables_made$|clock$|unanswered$|answered$|answers$)"
"""What is no fold of any log."""


async def rewind(database_url: str, schema: str) -> list[str]:
    """Empties every table of one consumer's schema that is a fold, and its places, in one
    transaction.

    Workers that run notice that their places moved, and begin again by themselves. A service's
    policies answer only what comes after the places that are taken away: these are written down
    first, with what was parked and so has no answer. Answers the tables that were emptied.
    """
    async with session(database_url) as connection, connection.transaction():
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
            # Before it is read how far they are, so that no worker moves them further.
            await connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
            await _keep_what_is_answered(connection, schema, tables)
            await connection.execute(f"TRUNCATE {names}")
        return tables


async def _keep_what_is_answered(
    connection: asyncpg.Connection, schema: str, tables: list[str]
) -> None:
    if "place" not in tables or not await is_there(connection, schema, "answered"):
        return
    await _keep_what_is_not(connection, schema)
    await connection.execute(
        f"""INSERT INTO "{schema}".answered AS had
            SELECT log, partition, incarnation, position FROM "{schema}".place
            ON CONFLICT (log, partition) DO UPDATE SET
                incarnation = EXCLUDED.incarnation,
                position = CASE WHEN had.incarnation = EXCLUDED.incarnation
                    THEN greatest(had.position, EXCLUDED.position) ELSE EXCLUDED.position END"""
    )


async def _keep_what_is_not(connection: asyncpg.Connection, schema: str) -> None:
    """Of a production its consumer has answered what it has passed, up to where it is parked, and
    what it had answered before an earlier rewind."""
    rows = await connection.fetch(
        f"""SELECT * FROM (
            SELECT one.log, one.partition, production, one.incarnation,
                greatest(
                    coalesce(parked_at, place.position + 1),
                    CASE WHEN had = one.incarnation THEN unanswered_from
                         ELSE coalesce(answered.position + 1, 0) END
                ) AS position,
                greatest(place.position, answered.position) AS until
            FROM (
                SELECT log, partition, production, had.incarnation AS had,
                    coalesce(place.incarnation, had.incarnation) AS incarnation,
                    parked.position AS parked_at, had.position AS unanswered_from
                FROM "{schema}".parked
                    FULL JOIN "{schema}".unanswered AS had USING (log, partition, production)
                    LEFT JOIN "{schema}".place USING (log, partition)
            ) AS one
                LEFT JOIN "{schema}".place USING (log, partition, incarnation)
                LEFT JOIN "{schema}".answered USING (log, partition, incarnation)
        ) AS still WHERE position <= until"""
    )
    await connection.execute(f'DELETE FROM "{schema}".unanswered')
    await connection.executemany(
        f'INSERT INTO "{schema}".unanswered VALUES ($1, $2, $3, $4, $5)',
        [tuple(row)[:5] for row in rows],
    )
