"""Whether the places of a read model are places in the logs as they are."""

from collections.abc import Mapping
from typing import Any

from runtime.audit.findings import Finding
from runtime.audit.replay.live import Databases
from runtime.audit.replay.models import Model
from runtime.audit.replay.told import Outcome
from runtime.log.contract import Heads


class PlaceChecker:
    """Holds places against the logs; many read models stand at the same ones."""

    def __init__(self, databases: Databases, heads: Mapping[str, Heads]) -> None:
        self._databases = databases
        self._heads = heads
        self._hashes: dict[tuple[str, int], bytes | None] = {}

    async def check(self, model: Model, partition: int | None, outcome: Outcome) -> None:
        """Every place, or those of one partition. What stands still is told as well: it is
        compared as far as it has come. A service's answers are held against the logs too."""
        connection = await self._databases.of(model.name)
        schema = await model.schema(connection)
        for place in await connection.fetch(
            f"""SELECT log, partition, incarnation::text, position, hash, stopped
                FROM {schema}.place WHERE log = ANY($1) AND ($2::int IS NULL OR partition = $2)
                ORDER BY log, partition""",
            list(model.view.logs),
            partition,
        ):
            if place["stopped"] is not None:
                why = place["stopped"].partition(":")[0]
                outcome.remarks.append(f"{schema} stands still at {_of(place)}: {why}")
            if (wrong := await self._wrong(place)) is not None:
                what = f"the place of {schema} in partition {place['partition']} is none of the log"
                outcome.find(Finding(place["log"], what, *wrong, place["position"]))
        if model.service is not None:
            await self._check_answers(connection, schema, partition, outcome)

    async def _check_answers(
        self, connection: Any, schema: str, partition: int | None, outcome: Outcome
    ) -> None:
        """How far a service had answered when it was rewound is a place in a history of the log
        too: else it would answer facts a second time, or never."""
        for one in await connection.fetch(
            f"""SELECT log, partition, incarnation::text, position FROM {schema}.answered
                WHERE log = ANY($1) AND ($2::int IS NULL OR partition = $2)
                ORDER BY log, partition""",
            list(self._heads),
            partition,
        ):
            heads = self._heads[one["log"]]
            if one["incarnation"] != heads.incarnation or one["position"] == 0:
                continue  # Of a history that is given up nothing is believed.
            if await self._hash_at(one["log"], one["partition"], one["position"]) is None:
                what = f"what {schema} has answered in partition {one['partition']} is none of it"
                expected = "a fact of that partition there"
                outcome.find(Finding(one["log"], what, expected, "none", one["position"]))

    async def _wrong(self, place: Any) -> tuple[str, str] | None:
        """What is expected of a place and found, where it is not in the log's history."""
        heads = self._heads[place["log"]]
        if place["incarnation"] != heads.incarnation:
            return f"incarnation {heads.incarnation}", f"incarnation {place['incarnation']}"
        if place["position"] == 0:
            return None
        there = await self._hash_at(place["log"], place["partition"], place["position"])
        if there is None:
            return "a fact of that partition there", "none"
        if there != place["hash"]:
            return f"hash {there.hex()[:16]}", f"hash {place['hash'].hex()[:16]}"
        return None

    async def _hash_at(self, log: str, partition: int, position: int) -> bytes | None:
        if (log, position) not in self._hashes:
            store = await self._databases.store(log)
            page = await store.page(position - 1, 1, partition=partition)
            there = [one.hash for one in page if one.position == position]
            self._hashes[log, position] = there[0] if there else None
        return self._hashes[log, position]


def _of(place: Any) -> str:
    return f"{place['log']}/{place['partition']} {place['position']}"
