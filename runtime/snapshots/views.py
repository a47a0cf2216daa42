"""Snapshots of views: what one log's facts up to a position made of a production's rows.

Each log writes rows of its own, so a snapshot is of one log, and any moment finds the nearest one
in each. It is held against the log, which must have the event that it ends with, and the seal.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import orjson
import structlog

from events.envelope import Recorded
from runtime.rebuilding.registry import VIEWS
from runtime.snapshots.codec import Classes, NotStorable, decode, encode
from runtime.snapshots.document import UNREADABLE
from runtime.snapshots.sealed_state import ForgedState, StateSeal
from runtime.view import Rows

ROWS_MAX = 50_000
"""More rows than that are folded again rather than kept."""
UNDER_WAY_MAX = 8

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RowsAt:
    """The rows of one log at a position; `about` is the production's title and currency, if that
    log tells them. `hash` is that of the event there, which the log has to confirm."""

    position: int
    hash: bytes
    rows: Rows
    about: dict[str, str] | None


class Kept(Protocol):
    """Where snapshots of one view are kept."""

    async def nearest(
        self, production: str, log: str, incarnation: str, position: int
    ) -> RowsAt | None:
        """The last snapshot at that position or before it."""
        ...

    def keep(
        self, incarnation: str, last: Recorded, rows: Rows, about: dict[str, str] | None
    ) -> None:
        """Keeps what the facts up to `last` made, some time soon, or not at all."""
        ...

    async def give_up(self, production: str, log: str, position: int, reason: str) -> None:
        """Deletes one that is not to be believed, and says so."""
        ...


class ViewSnapshots:
    """The snapshots of one projection, beside the registry of its versions."""

    def __init__(self, projection: str, pool: asyncpg.Pool, seal: StateSeal, fold: str) -> None:
        self._projection = projection
        self._pool = pool
        self._seal = seal
        self._fold = fold
        self._under_way: set[asyncio.Task[None]] = set()

    async def nearest(
        self, production: str, log: str, incarnation: str, position: int
    ) -> RowsAt | None:
        row = await self._pool.fetchrow(
            f"""SELECT position, hash, rows FROM {VIEWS}.snapshot
                WHERE projection = $1 AND production = $2 AND log = $3 AND position <= $4
                  AND incarnation = $5 AND fold = $6
                ORDER BY position DESC LIMIT 1""",
            self._projection,
            production,
            log,
            position,
            incarnation,
            self._fold,
        )
        if row is None:
            return None
        at, hash_, sealed = row
        try:
            body = self._seal.open(self._name(production, log, at, hash_), sealed)
            document = orjson.loads(body)
            classes = Classes(document["classes"])
            rows = Rows.of(decode(one, classes) for one in document["rows"])
        except (ForgedState, *UNREADABLE) as error:
            await self.give_up(production, log, at, repr(error))
            return None
        return RowsAt(at, hash_, rows, document["about"])

    def keep(
        self, incarnation: str, last: Recorded, rows: Rows, about: dict[str, str] | None
    ) -> None:
        held = list(rows.every())
        if len(held) > ROWS_MAX or len(self._under_way) >= UNDER_WAY_MAX:
            return
        work = asyncio.create_task(self._keep(incarnation, last, held, about))
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)

    async def settled(self) -> None:
        """Until everything that is to be kept is."""
        await asyncio.gather(*self._under_way)

    async def give_up(self, production: str, log: str, position: int, reason: str) -> None:
        logger.warning("view_snapshot_given_up", log=log, position=position, reason=reason)
        await self._pool.execute(
            f"""DELETE FROM {VIEWS}.snapshot WHERE projection = $1 AND production = $2
                AND log = $3 AND position = $4""",
            self._projection,
            production,
            log,
            position,
        )

    async def _keep(
        self, incarnation: str, last: Recorded, rows: list[Any], about: dict[str, str] | None
    ) -> None:
        try:
            classes = Classes()
            tree = [encode(row, classes) for row in rows]
            body = orjson.dumps({"classes": classes.names, "rows": tree, "about": about})
            name = self._name(last.production, last.log, last.position, last.hash)
            await self._pool.execute(
                f"""INSERT INTO {VIEWS}.snapshot
                        (projection, production, log, position, incarnation, hash, fold, rows)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                    ON CONFLICT (projection, production, log, position) DO UPDATE SET
                        incarnation = EXCLUDED.incarnation, hash = EXCLUDED.hash,
                        fold = EXCLUDED.fold, rows = EXCLUDED.rows, taken_at = clock_timestamp()""",
                self._projection,
                last.production,
                last.log,
                last.position,
                incarnation,
                last.hash,
                self._fold,
                self._seal.seal(name, body),
            )
        except (NotStorable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            logger.warning("view_snapshot_not_taken", log=last.log, reason=repr(error))

    def _name(self, production: str, log: str, position: int, hash_: bytes) -> list[str | bytes]:
        return [self._projection, production, log, str(position), hash_, self._fold]
