"""How far a version of a read model is: places beside the heads of its logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.connecting import is_there
from runtime.log.contract import Heads, Store

Partition = tuple[str, int]
"""A log and one of its partitions."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Positions behind and in all, over all partitions; `stopped` says what stands still, and
    `diverged` which partitions are of another history than their log."""

    done: int
    total: int
    lag: int
    stopped: tuple[str, ...] = ()
    diverged: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """From 0 to 1; an empty log is read to its end."""
        return 1.0 if not self.total else self.done / self.total

    @property
    def is_caught_up(self) -> bool:
        """Whether every place is where its log's head was."""
        return self.lag == 0 and not self.diverged


async def heads_of(stores: Mapping[str, Store]) -> dict[str, Heads]:
    """How far the logs are."""
    return {log: await store.heads() for log, store in stores.items()}


def goal_of(heads: Mapping[str, Heads]) -> dict[Partition, int]:
    """The last position of each partition."""
    return {
        (log, partition): position
        for log, head in heads.items()
        for partition, position in enumerate(head.partitions)
    }


async def progress_of(connection: Any, schema: str, heads: Mapping[str, Heads]) -> Progress:
    """How far a version is on its way to those heads."""
    goal = goal_of(heads)
    rows = await places_in(connection, schema, sorted(heads))
    at = {(row["log"], row["partition"]): row["position"] for row in rows}
    behind = {key: end - min(at.get(key, 0), end) for key, end in goal.items()}
    return Progress(
        done=sum(goal.values()) - sum(behind.values()),
        total=sum(goal.values()),
        lag=max(behind.values(), default=0),
        stopped=tuple(
            f"{row['log']}/{row['partition']} at {row['position']}: {row['stopped']}"
            for row in rows
            if row["stopped"]
        ),
        diverged=tuple(
            f"{row['log']}/{row['partition']}"
            for row in rows
            if row["incarnation"] != heads[row["log"]].incarnation
        ),
    )


async def parked_in(connection: Any, schema: str) -> set[str]:
    """The productions that are parked for a version; none where its build knows of no parking."""
    if not await is_there(connection, schema, "parked"):
        return set()
    rows = await connection.fetch(f'SELECT DISTINCT production::text FROM "{schema}".parked')
    return {row[0] for row in rows}


async def places_in(
    connection: Any, schema: str, logs: Sequence[str], lock: str = ""
) -> list[Mapping[str, Any]]:
    """The places of a version, of those logs."""
    found: list[Mapping[str, Any]] = await connection.fetch(
        "SELECT log, partition, position, incarnation::text AS incarnation, stopped "
        f'FROM "{schema}".place WHERE log = ANY($1) ORDER BY log, partition {lock}',
        list(logs),
    )
    return found
