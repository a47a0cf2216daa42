"""Turns readers from one version of a read model to another, and takes old ones down."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from runtime.log.contract import Heads, Store
from runtime.rebuilding.progress import Partition, goal_of, heads_of, parked_in, places_in
from runtime.rebuilding.registry import (
    State,
    Version,
    follow,
    keep_retired,
    live_version,
    point_to,
    version_of,
)

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.02
STOPPED_FEEDING_SECONDS = 3.0
"""Projectors look once a second for what they are to feed."""

Goal = Mapping[Partition, int]


class NotCaughtUp(Exception):
    """A version that readers must not be turned to: it lacks what they have seen."""


async def flip(
    connection: Any,
    version: Version,
    stores: Mapping[str, Store],
    *,
    bring: Callable[[Goal], Awaitable[None]] | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Version | None:
    """Turns readers to `version` in one transaction; answers what they have read until now.

    Meanwhile the live version stands still, so that no answer goes back behind an earlier one:
    `version` comes to where the logs were before, and to where the live one is. `bring`, if given,
    takes it there; its own projectors do otherwise.

    Raises:
        NotCaughtUp: it does not come there in time, stands still, is retired, or has productions
            parked that readers see now.
    """
    heads = await heads_of(stores)
    async with connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
            f"reel.flip.{version.projection}",
        )
        now = await version_of(connection, version.schema)
        if now is None or now.state is State.RETIRED:
            raise NotCaughtUp(f"{version.schema} is retired: `reel views` lists what there is")
        before = await live_version(connection, version.projection)
        if before is not None and before.schema == version.schema:
            return before
        goal = goal_of(heads)
        if before is not None:
            for place in await places_in(connection, before.schema, sorted(heads), "FOR SHARE"):
                key = (place["log"], place["partition"])
                if place["incarnation"] == heads[place["log"]].incarnation:
                    goal[key] = max(goal[key], place["position"])
        if bring is not None:
            await bring(goal)
        await _until_there(connection, version.schema, heads, goal, patience_seconds)
        if before is not None:
            await _check_parked(connection, version.schema, before.schema)
        await point_to(connection, version.projection, version.schema)
        await follow(connection, version.schema, True)
        return before


async def _check_parked(connection: Any, schema: str, before: str) -> None:
    """Readers keep every production that they have."""
    lost = await parked_in(connection, schema) - await parked_in(connection, before)
    if lost:
        raise NotCaughtUp(
            f"{len(lost)} productions that {before} shows are parked for {schema}, as "
            f"{min(lost)}: `reel parked list` says why; mend the fold and rebuild, or try them "
            "again with `reel parked retry`"
        )


async def _until_there(
    connection: Any, schema: str, heads: Mapping[str, Heads], goal: Goal, patience_seconds: float
) -> None:
    deadline = time.monotonic() + patience_seconds
    while missing := await _missing(connection, schema, heads, goal):
        if time.monotonic() > deadline:
            raise NotCaughtUp(
                f"{schema} is not where readers are: {missing}. Is a projector of its build "
                "running? `reel views` tells how far it is"
            )
        await asyncio.sleep(POLL_SECONDS)
    if await _missing(connection, schema, heads, goal, lock="FOR SHARE"):
        raise NotCaughtUp(f"{schema} was rewound meanwhile: try again when it is filled")


async def _missing(
    connection: Any, schema: str, heads: Mapping[str, Heads], goal: Goal, lock: str = ""
) -> str:
    """What keeps a version from being read; empty if nothing does."""
    left = dict(goal)
    for place in await places_in(connection, schema, sorted(heads), lock):
        key = (place["log"], place["partition"])
        at = f"{key[0]}/{key[1]} at {place['position']}"
        if place["stopped"]:
            raise NotCaughtUp(f"{schema} stands still, {at}: {place['stopped']}")
        if place["incarnation"] != heads[key[0]].incarnation:
            raise NotCaughtUp(
                f"{schema} is of another history than its log, {at}: `reel rewind {schema}` lets "
                "it begin again"
            )
        if place["position"] >= left[key]:
            del left[key]
    behind = [f"{log}/{partition} before {end}" for (log, partition), end in left.items() if end]
    return ", ".join(behind[:3]) + (f" and {len(behind) - 3} more" if len(behind) > 3 else "")


class IsLive(Exception):
    """The version that readers read is not taken down."""


async def retire(
    connection: Any, version: Version, *, after_seconds: float = STOPPED_FEEDING_SECONDS
) -> None:
    """Ends the feeding of a version, and then drops its schema with everything in it.

    Killed in between, the same again goes on.

    Raises:
        IsLive: readers read it.
    """
    async with connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
            f"reel.flip.{version.projection}",
        )
        live = await live_version(connection, version.projection)
        if live is not None and live.schema == version.schema:
            raise IsLive(
                f"{version.schema} is what readers read: `reel flip {version.projection} ...` "
                "turns them to another version first"
            )
        await keep_retired(connection, version.schema)
    await asyncio.sleep(after_seconds)
    await connection.execute(f'DROP SCHEMA IF EXISTS "{version.schema}" CASCADE')
