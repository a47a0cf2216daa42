"""A database that nobody else of Reel works in, for as long as it is restored."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from runtime.backup import script
from runtime.migrate import RESTORE_LOCK


class RestoreRefused(ValueError):
    """It would overwrite what nobody agreed to lose, or work under running processes."""


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Keeps Reel's processes out of a database until the block ends.

    Raises:
        RestoreRefused: some are in it.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [RESTORE_LOCK]
        ).fetchone()
        if row is None or not row[0]:
            raise RestoreRefused("another restore works on this database: wait for its end")
        busy = connection.execute(
            f"SELECT DISTINCT application_name FROM pg_stat_activity WHERE {script.BUSY} ORDER BY 1"
        ).fetchall()
        if busy:
            names = ", ".join(name for (name,) in busy)
            raise RestoreRefused(f"Reel is running ({names}): stop all of its processes first")
        yield
