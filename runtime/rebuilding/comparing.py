"""Compares two versions of a read model at equal places: every row of every production.

The new version's partition is held where it is, and the live one waited for until it has come as
far. What the live one has folded beyond is folded onto the new one's rows in memory.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import asyncpg

from runtime.log.contract import Store
from runtime.log.partition import partition_of
from runtime.reading.tables import Tables
from runtime.rebuilding.differences import Comparison
from runtime.rebuilding.progress import places_in
from runtime.rooms import Projection
from runtime.view import Rows

PRODUCTIONS_AT_ONCE = 50
PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.05


class Comparer:
    """Compares a version by this build's code with the live one."""

    def __init__(
        self,
        projection: Projection,
        new: str,
        live: str,
        pool: asyncpg.Pool,
        stores: Mapping[str, Store],
    ) -> None:
        self._view = projection.view
        self._new = Tables(new, projection.view)
        self._live = Tables(live, projection.view)
        self._pool = pool
        self._stores = stores
        self._shared: list[type[Any]] = []

    async def run(self, tell: Callable[[int, int], None] = lambda done, total: None) -> Comparison:
        """Every row of every production that there is when it begins; `tell` hears how many
        partitions are done."""
        found = Comparison()
        await self._find_shared(found)
        heads = {log: await store.heads() for log, store in self._stores.items()}
        count = max(len(head.partitions) for head in heads.values())
        by_partition: dict[int, list[str]] = {}
        for production in await self._productions():
            by_partition.setdefault(partition_of(production, count), []).append(production)
        for done, (partition, productions) in enumerate(sorted(by_partition.items())):
            tell(done, len(by_partition))
            await self._compare(partition, productions, found)
        tell(len(by_partition), len(by_partition))
        return found

    async def _find_shared(self, found: Comparison) -> None:
        """Another code may have other tables; those of the same columns are compared."""
        shapes: dict[tuple[str, str], set[str]] = {}
        for row in await self._pool.fetch(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = ANY($1)",
            [self._new.schema, self._live.schema],
        ):
            shapes.setdefault((row[0], row[1]), set()).add(row[2])
        for table in self._view.tables:
            new = shapes.get((self._new.schema, table.TABLE))
            if new == shapes.get((self._live.schema, table.TABLE)):
                self._shared.append(table)
            else:
                found.left_out.append(f"{table.TABLE} has other columns in {self._live.schema}")

    async def _productions(self) -> list[str]:
        tables = [
            f"SELECT production FROM {schema}.{table.TABLE}"
            for schema in (self._new.schema, self._live.schema)
            for table in self._shared
        ]
        if not tables:
            return []
        rows = await self._pool.fetch(
            f"SELECT DISTINCT production::text FROM ({' UNION '.join(tables)}) AS either ORDER BY 1"
        )
        return [row[0] for row in rows]

    async def _compare(self, partition: int, productions: Sequence[str], found: Comparison) -> None:
        for first in range(0, len(productions), PRODUCTIONS_AT_ONCE):
            some = productions[first : first + PRODUCTIONS_AT_ONCE]
            async for new, live in self._at_equal_places(partition, some, found):
                for production in some:
                    found.count(self._shared, production, new[production], live[production])

    async def _at_equal_places(
        self, partition: int, productions: Sequence[str], found: Comparison
    ) -> AsyncIterator[tuple[dict[str, Rows], dict[str, Rows]]]:
        async with self._pool.acquire() as holding, holding.transaction():
            held = await self._held(holding, self._new.schema, partition, "FOR SHARE")
            if (why := await self._until_live_is_there(partition, held)) is not None:
                found.left_out.append(
                    f"{len(productions)} productions of partition {partition}: {why}"
                )
                return
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                reached = await self._held(connection, self._live.schema, partition)
                live = await self._live.load(connection, productions, self._shared)
                new = await self._new.load(connection, productions)
            yield await self._brought_on(new, held, reached), live

    async def _held(
        self, connection: Any, schema: str, partition: int, lock: str = ""
    ) -> dict[str, Mapping[str, Any]]:
        places = await places_in(connection, schema, sorted(self._stores), lock)
        return {one["log"]: one for one in places if one["partition"] == partition}

    async def _until_live_is_there(
        self, partition: int, held: Mapping[str, Mapping[str, Any]]
    ) -> str | None:
        """Why the live version does not come where the new one is; None once it is there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            live = await self._held(self._pool, self._live.schema, partition)
            why = None
            for log, place in held.items():
                if log not in live or live[log]["incarnation"] != place["incarnation"]:
                    return f"{self._live.schema} is of another history than the {log} log"
                if live[log]["position"] < place["position"]:
                    at = f"{self._live.schema} is at {log} {live[log]['position']}"
                    if live[log]["stopped"]:
                        return f"{at} and stands still"
                    why = f"{at} and does not come to {place['position']}"
            if why is None or time.monotonic() > deadline:
                return why
            await asyncio.sleep(POLL_SECONDS)

    async def _brought_on(
        self,
        rows: dict[str, Rows],
        held: Mapping[str, Mapping[str, Any]],
        reached: Mapping[str, Mapping[str, Any]],
    ) -> dict[str, Rows]:
        """Rows as they are when the facts between two places are folded too."""
        for log, store in self._stores.items():
            at, until = held[log]["position"], reached[log]["position"]
            for production in rows if until > at else ():
                behind = at
                while page := await store.of_production(production, behind):
                    facts = [one for one in page if one.position <= until]
                    self._view.fold(facts, rows[production])
                    if len(facts) < len(page):
                        break
                    behind = page[-1].position
        return rows
