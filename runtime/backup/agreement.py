"""Brings consumers into agreement with logs that were restored: nobody guesses.

A place stands in a history. If it stands there at or before the last fact that the log of today
shares with that history, its consumer goes on from where it is, under the log's new name. If it
stands behind that, the consumer has folded facts that are gone, and is rewound.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.backup.histories import History, history_of
from runtime.connecting import is_there, session
from runtime.reading.rewind import rewind


@dataclass(frozen=True)
class Standing:
    """One consumer: whether it agrees with every log that it follows, and if not, why."""

    consumer: str
    renamed: tuple[str, ...] = ()
    """Logs under whose new name it goes on from where it is."""
    ahead: tuple[str, ...] = ()
    """What it has folded that is not in its logs any more, in words."""


class Agreement:
    """All consumers of an installation, and its logs; `logs` and `databases` are DSNs."""

    def __init__(self, logs: Mapping[str, str], databases: Iterable[str]) -> None:
        self._logs = logs
        self._databases = list(dict.fromkeys([*databases, *logs.values()]))

    async def look(self) -> list[Standing]:
        """How every consumer stands; changes nothing."""
        found = []
        for url in self._databases:
            async with session(url) as connection:
                for schema in await _consumers(connection):
                    found.append(await self._standing(connection, schema))
        return found

    async def settle(self) -> list[Standing]:
        """Renames the places that hold, and rewinds the consumers whose places do not. Answers how
        they stood. No consumer may run."""
        stood = []
        for url in self._databases:
            async with session(url) as connection:
                for schema in await _consumers(connection):
                    standing = await self._standing(connection, schema)
                    stood.append(standing)
                    if standing.ahead:
                        await rewind(url, schema)
                    async with connection.transaction():
                        await self._rename(connection, schema, rewound=bool(standing.ahead))
        return stood

    async def _standing(self, connection: Any, schema: str) -> Standing:
        rows = await connection.fetch(
            f"""SELECT log, partition, incarnation::text, position, hash FROM "{schema}".place
                WHERE log = ANY($1) ORDER BY log, partition""",
            list(self._logs),
        )
        renamed, ahead = [], []
        for log in sorted({row["log"] for row in rows}):
            of_log = [row for row in rows if row["log"] == log]
            async with session(self._logs[log]) as there:
                history = await history_of(there, log)
                hashes = await _hashes(there, log, {row["position"] for row in of_log})
            if any(row["incarnation"] != history.incarnation for row in of_log):
                renamed.append(log)
            ahead += _ahead(history, of_log, hashes)
        return Standing(schema, tuple(renamed), tuple(ahead))

    async def _rename(self, connection: Any, schema: str, *, rewound: bool) -> None:
        has_answers = await is_there(connection, schema, "answered")
        for log, url in self._logs.items():
            async with session(url) as there:
                history = await history_of(there, log)
                if not rewound:
                    await connection.execute(
                        f"""UPDATE "{schema}".place SET incarnation = $2::uuid, "offset" = -1,
                                stopped = NULL
                            WHERE log = $1 AND incarnation <> $2::uuid""",
                        log,
                        history.incarnation,
                    )
                if has_answers:
                    await _rename_answers(connection, schema, there, history)


def _ahead(history: History, places: list[Any], hashes: Mapping[int, bytes]) -> list[str]:
    told = []
    for place in places:
        where = f"{history.log}/{place['partition']} at {place['position']}"
        shared = history.shared_with(place["incarnation"])
        if place["position"] == 0:
            continue
        if shared is None:
            told.append(f"{where} is of a history that this log does not know")
        elif place["position"] > min(shared, history.position):
            told.append(
                f"{where}, but only the facts up to {min(shared, history.position)} are still there"
            )
        elif hashes.get(place["position"]) != place["hash"]:
            told.append(f"{where} is another fact than the log has there")
    return told


async def _rename_answers(connection: Any, schema: str, there: Any, history: History) -> None:
    """What was answered of facts that are still there needs no second answer."""
    rows = await connection.fetch(
        f"""SELECT partition, incarnation::text, position FROM "{schema}".answered
            WHERE log = $1 AND incarnation <> $2::uuid""",
        history.log,
        history.incarnation,
    )
    for partition, incarnation, position in rows:
        shared = history.shared_with(incarnation)
        if shared is None:
            continue
        await _rename_unanswered(connection, schema, history, incarnation, shared)
        last = await there.fetchval(
            f"""SELECT position FROM {history.log}.event
                WHERE partition = $1 AND position <= $2 ORDER BY position DESC LIMIT 1""",
            partition,
            min(shared, position),
        )
        await connection.execute(
            f"""UPDATE "{schema}".answered SET incarnation = $3::uuid, position = $4
                WHERE log = $1 AND partition = $2""",
            history.log,
            partition,
            history.incarnation,
            last or 0,
        )


async def _rename_unanswered(
    connection: Any, schema: str, history: History, of: str, shared: int
) -> None:
    """What was parked, and so not answered, is still to be answered, if it is still there."""
    name = f'"{schema}".unanswered'
    await connection.execute(
        f"DELETE FROM {name} WHERE log = $1 AND incarnation = $2::uuid AND position > $3",
        history.log,
        of,
        shared,
    )
    await connection.execute(
        f"UPDATE {name} SET incarnation = $3::uuid WHERE log = $1 AND incarnation = $2::uuid",
        history.log,
        of,
        history.incarnation,
    )


async def _consumers(connection: Any) -> list[str]:
    """Every schema that holds places: also of read models that this build does not know."""
    rows = await connection.fetch(
        "SELECT schemaname FROM pg_tables WHERE tablename = 'place' ORDER BY 1"
    )
    return [row[0] for row in rows]


async def _hashes(there: Any, log: str, positions: set[int]) -> dict[int, bytes]:
    rows = await there.fetch(
        f"SELECT position, hash FROM {log}.event WHERE position = ANY($1)", list(positions)
    )
    return {row[0]: row[1] for row in rows}
