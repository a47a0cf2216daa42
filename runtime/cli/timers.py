"""What falls due and when, and the operator's word that the database's clock is right."""

import asyncio
from typing import Annotated, Any

import typer

from runtime import rooms
from runtime.cli.output import AsJson, guarded, print_json
from runtime.connecting import session
from runtime.instance import reachable
from runtime.printing import out, table
from runtime.process import service_schema
from runtime.settings import settings
from runtime.timing.rows import TimerRows
from runtime.timing.watch import accept, why_halted

Room = Annotated[str, typer.Argument(help="a service in which things fall due")]


def list_(
    room: Annotated[str | None, typer.Argument(help="one service; none = all")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is due when, the next one first, and whether timers are halted."""
    found = asyncio.run(_look([_keeping_time(room)] if room else _all()))
    if as_json:
        print_json(found)
        return
    if found["timers"]:
        columns = ("Due (UTC)", "Room", "Production", "Timer", "Command", "Set by")
        out.print(table("Timers", columns, [_row(one) for one in found["timers"]]))
    else:
        out.print("Nothing falls due: no fact has set a timer that still waits.")
    for name, reason in found["halted"].items():
        out.print(
            f"The timers of {name} are halted: {reason}. `reel timers resume {name}` accepts "
            "what the clock says now.",
            markup=False,
        )


def _row(one: dict[str, Any]) -> list[str]:
    due = one["due_at"][:19].replace("T", " ")
    set_by = f"{one['actor']} ({one['cause']})"
    return [due, one["room"], one["production"], one["key"], one["command"], set_by]


def resume(room: Room, as_json: AsJson = False) -> None:
    """Accept what the database's clock says now: timers that it halted fire again."""
    at = asyncio.run(_accept(_keeping_time(room)))
    if as_json:
        print_json({"room": room, "accepted": at.isoformat()})
    else:
        out.print(f"The timers of {room} go by {at:%F %T} UTC", highlight=False)


def _all() -> list[str]:
    return [name for name, service in rooms.services().items() if service.keeps_time]


def _keeping_time(room: str) -> str:
    if room not in _all():
        known = ", ".join(_all()) or "no room"
        raise LookupError(f"nothing falls due in {room!r}; it does in {known}")
    return room


async def _look(names: list[str]) -> dict[str, Any]:
    timers: list[dict[str, Any]] = []
    halted = {}
    for name in names:
        schema = service_schema(name)
        async with session(_database_of(name)) as connection:
            rows = TimerRows(rooms.services()[name], schema)
            timers += [
                {
                    "room": name,
                    "production": one.production,
                    "key": one.key,
                    "due_at": one.due_at.isoformat(),
                    "command": one.command,
                    "cause": one.cause.id,
                    "actor": one.cause.actor,
                }
                for one in await rows.all(connection)
            ]
            if reason := await why_halted(connection, schema):
                halted[name] = reason
    return {"timers": sorted(timers, key=lambda one: one["due_at"]), "halted": halted}


async def _accept(name: str) -> Any:
    async with session(_database_of(name)) as connection:
        return await accept(connection, service_schema(name))


def _database_of(name: str) -> str:
    return reachable(settings()).database_of(name)


timers = typer.Typer(no_args_is_help=True, help="What falls due, and when.")
timers.command("list")(guarded(list_))
timers.command("resume")(guarded(resume))
