"""Facts that rest on facts which are gone: one log was restored, and others went on from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from runtime.backup.histories import history_of

TOLD_MAX = 100


@dataclass(frozen=True)
class LostCause:
    """A fact whose cause no log has any more."""

    log: str
    position: int
    type: str
    production: str
    cause: str

    def __str__(self) -> str:
        return (
            f"{self.log} position {self.position}: {self.type} of production {self.production} was "
            f"caused by {self.cause}, which is gone"
        )


async def lost_causes(logs: Mapping[str, str]) -> list[LostCause]:
    """Those facts, a hundred at most; `logs` are the logs' DSNs.

    Only what was recorded between the moment that a log was restored to and the restore itself can
    rest on what it lost: an effect is recorded later than its cause, over all logs.
    """
    connections: dict[str, asyncpg.Connection] = {}
    try:
        for log, url in logs.items():
            connections[log] = await asyncpg.connect(url)
        windows = [one for log in logs for one in await _windows(connections[log], log)]
        if not windows:
            return []
        first, last = min(one[0] for one in windows), max(one[1] for one in windows)
        resting = [
            (log, row)
            for log in logs
            for row in await connections[log].fetch(
                f"""SELECT position, type, production::text, causation::text FROM {log}.event
                    WHERE causation IS NOT NULL AND recorded_at > $1 AND recorded_at <= $2
                    ORDER BY position""",
                first,
                last,
            )
        ]
        missing = {row["causation"] for _, row in resting}
        for log in logs:
            missing -= await _there(connections[log], log, missing)
        return [
            LostCause(log, row["position"], row["type"], row["production"], row["causation"])
            for log, row in resting
            if row["causation"] in missing
        ][:TOLD_MAX]
    finally:
        for connection in connections.values():
            await connection.close()


async def _windows(connection: Any, log: str) -> list[tuple[int, int]]:
    """From the last fact that was kept until the restore, for each time that the log lost some."""
    history = await history_of(connection, log)
    found = []
    for begun in history.begun.values():
        if begun.parent is not None:
            kept_until = await connection.fetchval(
                f"SELECT coalesce(max(recorded_at), 0) FROM {log}.event WHERE position = $1",
                begun.branched_at,
            )
            found.append((kept_until, begun.since_us))
    return found


async def _there(connection: Any, log: str, ids: set[str]) -> set[str]:
    rows = await connection.fetch(
        f"SELECT id::text FROM {log}.event WHERE id = ANY($1::uuid[])", list(ids)
    )
    return {row[0] for row in rows}
