"""Causes and effects over all logs, compared on disk: one may not be held in memory for each."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from types import TracebackType
from typing import Self
from uuid import UUID

from events.envelope import Recorded
from runtime.audit.findings import Finding


class Causes:
    """Remembers every event's id, command and cause in a temporary file of SQLite's own."""

    def __init__(self) -> None:
        # An empty name is a private database that goes to disk as it grows, and away at the end.
        self._db = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
            self._db.execute(f"PRAGMA {pragma}").close()
        self._db.execute(
            "CREATE TABLE fact (id BLOB, log TEXT, position INT, production TEXT, at INT, "
            "command BLOB, cause BLOB)"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Lets the file go."""
        self._db.close()

    def take(self, page: Iterable[Recorded], *, effects: bool = True) -> None:
        """More events, of whichever log; without `effects` they may be causes and no more."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    _bytes(one.id),
                    one.log,
                    one.position,
                    one.production,
                    one.recorded_at_us,
                    _bytes(one.command_id) if one.ordinal == 0 else None,
                    _bytes(one.causation) if effects and one.causation else None,
                )
                for one in page
            ),
        )
        self._db.execute("COMMIT")

    def findings(self, *, restored: bool) -> Iterator[Finding]:
        """Ids that come twice, commands that were recorded twice, effects without their cause or
        not after it. A cause may be gone where a log was `restored`."""
        self._db.execute("CREATE INDEX by_id ON fact (id)")
        self._db.execute("CREATE INDEX by_command ON fact (log, command) WHERE command IS NOT NULL")
        yield from self._twice("id", "two events have the same id")
        yield from self._twice(
            "log, command", "a command was recorded twice", "command IS NOT NULL"
        )
        for log, position, production, cause, at, caused_at in self._ask(
            "SELECT e.log, e.position, e.production, e.cause, e.at, c.at FROM fact e "
            "LEFT JOIN fact c ON c.id = e.cause "
            "WHERE e.cause IS NOT NULL AND (c.at IS NULL OR c.at >= e.at) "
            "ORDER BY e.at, e.log LIMIT 1000"
        ):
            if caused_at is not None:
                what, expected, found = "it is not later than its cause", f"after {caused_at}", at
            elif restored:
                continue
            else:
                what, found = "no log holds its cause", "no such event"
                expected = str(UUID(bytes=cause))
            yield Finding(log, what, str(expected), str(found), position, production)

    def _twice(self, key: str, what: str, where: str = "true") -> Iterator[Finding]:
        columns = ", ".join(f"a.{one}" for one in key.split(", "))
        for log, position, production, count in self._ask(
            f"SELECT log, position, production, count FROM (SELECT *, max(position), count(*) AS "
            f"count FROM fact a WHERE {where} GROUP BY {columns} HAVING count(*) > 1) "
            "ORDER BY at LIMIT 1000"
        ):
            yield Finding(log, what, "once", f"{count} times", position, production)

    def _ask(self, question: str) -> Iterator[tuple]:  # type: ignore[type-arg]
        with closing(self._db.execute(question)) as rows:
            yield from rows


def _bytes(uuid: str) -> bytes:
    return bytes.fromhex(uuid.replace("-", ""))
