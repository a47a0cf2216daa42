"""Versions of read models: looked at, turned to, taken down."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import asyncpg
import typer

from runtime import rooms
from runtime.cli.output import AsJson, print_json
from runtime.connecting import is_there, session
from runtime.instance import reachable
from runtime.log.postgres import PostgresStore
from runtime.pools import Pools
from runtime.printing import out, table
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.flipping import flip as turn
from runtime.rebuilding.flipping import retire as take_down
from runtime.rebuilding.jobs import Filling
from runtime.rebuilding.progress import Progress as HowFar
from runtime.rebuilding.progress import heads_of, progress_of
from runtime.rebuilding.registry import State, Version, version_of, versions_of
from runtime.rooms import Projection
from runtime.settings import Settings, settings

ProjectionName = Annotated[str, typer.Argument(help="a projection")]
Schema = Annotated[str, typer.Argument(help="a version, as `reel views` names it")]


def views(as_json: AsJson = False) -> None:
    """List the versions of read models: which is read, how far each is, how big."""
    found = asyncio.run(_views(reachable(settings())))
    if as_json:
        print_json(found)
        return
    columns = ("Read model", "Version", "State", "Filled", "Behind", "Stands still", "Size", "Live")
    out.print(table("Versions of read models", columns, [_row(one) for one in found]))


def _row(one: dict[str, Any]) -> list[str]:
    if one["state"] == State.RETIRED:
        return [one["projection"], one["schema"], one["state"], "", "", "", "", ""]
    return [
        one["projection"],
        one["schema"],
        one["state"] if one["followed"] else f"{one['state']}, by a rebuild",
        f"{100 * one['filled']:.1f} %",
        f"{one['lag']:,}",
        "; ".join(one["stopped"] + [f"{at} diverged" for at in one["diverged"]]),
        f"{one['bytes'] / 1024 / 1024:,.1f} MiB",
        "" if one["live_at"] is None else f"{one['live_at']:%F %H:%M}",
    ]


async def _views(chosen: Settings) -> list[dict[str, Any]]:
    found = []
    for name in rooms.projections():
        async with session(chosen.database_of(name)) as connection:
            for version in await versions_of(connection, name):
                found.append(await _told(chosen, connection, version))
    return found


async def _told(chosen: Settings, connection: Any, version: Version) -> dict[str, Any]:
    told = {**asdict(version), "state": version.state}
    there = await is_there(connection, version.schema, "place")
    if version.state is State.RETIRED or not there:
        nothing = HowFar(0, 1, 0)
        return told | _how_far(nothing) | {"bytes": 0}
    pools = Pools(chosen)
    try:
        stores = await _stores_of(pools, connection, version)
        progress = await progress_of(connection, version.schema, await heads_of(stores))
    finally:
        await pools.close()
    size = await connection.fetchval(
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class "
        "WHERE relnamespace = $1::regnamespace AND relkind = 'r'",
        f'"{version.schema}"',
    )
    return told | _how_far(progress) | {"bytes": int(size)}


def _how_far(progress: HowFar) -> dict[str, Any]:
    return {
        "filled": round(progress.share, 4),
        "lag": progress.lag,
        "stopped": list(progress.stopped),
        "diverged": list(progress.diverged),
    }


async def _stores_of(pools: Pools, connection: Any, version: Version) -> dict[str, Any]:
    """The logs that a version reads; of another build's code, those that it has places in."""
    room = rooms.projections()[version.projection]
    if version.code == room.version:
        logs = list(room.view.logs)
    else:
        rows = await connection.fetch(f'SELECT DISTINCT log FROM "{version.schema}".place')
        logs = [row[0] for row in rows if row[0] in rooms.services()]
    return {
        log: PostgresStore(log, await pools.of(log, role=f"reel_{log}_service")) for log in logs
    }


def flip(projection: ProjectionName, schema: Schema, as_json: AsJson = False) -> None:
    """Turn readers to another version that has all that they have seen: forward, or back."""
    room = room_of(projection)
    before = asyncio.run(_flip(reachable(settings()), room, schema))
    if as_json:
        print_json({"projection": projection, "schema": schema, "before": before})
    elif before == schema:
        out.print(f"Readers of {projection} read {schema} already", highlight=False)
    else:
        out.print(f"Readers read {schema}", highlight=False)
        if before:
            out.print(f"`reel flip {projection} {before}` turns back", highlight=False)


async def _flip(chosen: Settings, room: Projection, schema: str) -> str | None:
    async with connected(chosen, room.name, room.view) as (pool, own):
        connection = await asyncpg.connect(chosen.database_of(room.name))
        pools = Pools(chosen)
        try:
            version = await _version(connection, schema, room)
            if version.code == room.version:
                bring = Filling(chosen, room, schema, pool, own).up_to
                before = await turn(connection, version, own, bring=bring)
            else:
                stores = await _stores_of(pools, connection, version)
                before = await turn(connection, version, stores)
            return None if before is None else before.schema
        finally:
            await pools.close()
            await connection.close()


def retire(schema: Schema, as_json: AsJson = False) -> None:
    """Stop feeding a version that nobody reads, and drop it. There is no way back."""
    asyncio.run(_retire(reachable(settings()), schema))
    if as_json:
        print_json({"retired": schema})
    else:
        out.print(f"{schema} is retired", highlight=False)


async def _retire(chosen: Settings, schema: str) -> None:
    for name in rooms.projections():
        async with session(chosen.database_of(name)) as connection:
            version = await version_of(connection, schema)
            if version is not None:
                await take_down(connection, version)
                return
    raise LookupError(f"there is no version {schema!r}: `reel views` lists what there is")


async def _version(connection: Any, schema: str, room: Projection) -> Version:
    version = await version_of(connection, schema)
    if version is None or version.projection != room.name:
        known = [
            one.schema
            for one in await versions_of(connection, room.name)
            if one.state is not State.RETIRED
        ]
        raise LookupError(
            f"{room.name} has no version {schema!r}; it has {', '.join(known) or 'none'}"
        )
    return version


def room_of(projection: str) -> Projection:
    """The projection of that name; raises `LookupError`."""
    if projection not in rooms.projections():
        known = ", ".join(rooms.projections())
        raise LookupError(f"there is no projection {projection!r}; there are {known}")
    return rooms.projections()[projection]
