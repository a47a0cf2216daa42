"""`reel rebuild`: a new version of a read model, filled, compared, and turned to."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.prompt import Confirm

from runtime.cli.output import REFUSED, AsJson, err, print_json, regret
from runtime.cli.views import ProjectionName, room_of
from runtime.instance import reachable
from runtime.printing import counted, out, table
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.differences import Comparison
from runtime.rebuilding.rebuild import Rebuild
from runtime.rebuilding.registry import Version
from runtime.rooms import Projection
from runtime.settings import Settings, settings


def rebuild(
    projection: ProjectionName,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="processes that fold at once; as many as cores")
    ] = os.cpu_count() or 1,
    no_flip: Annotated[
        bool, typer.Option("--no-flip", help="fill and compare, and leave readers where they are")
    ] = False,
    flip_: Annotated[
        bool, typer.Option("--flip", help="turn readers to it though it differs, without asking")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill a new version of a read model from the log, compare it, and turn readers to it."""
    room = room_of(projection)
    try:
        done = asyncio.run(_rebuild(reachable(settings()), room, jobs, no_flip, flip_, not as_json))
    except KeyboardInterrupt:
        regret("Stopped on the way", f": `reel rebuild {room.path}` goes on where it was")
        raise
    if as_json:
        print_json(done)
    else:
        _tell_rebuilt(done)
    if done["flipped"] is False and not no_flip:
        raise typer.Exit(REFUSED)


async def _rebuild(
    chosen: Settings, room: Projection, jobs: int, no_flip: bool, anyway: bool, talking: bool
) -> dict[str, Any]:
    async with (
        connected(chosen, room.name, room.view) as (pool, stores),
        Rebuild.begun(chosen, room, pool, stores) as work,
    ):
        with _bar(f"Filling {room.name}") as advance:
            version = await work.filled(jobs, lambda how: advance(how.done, how.total))
        with _bar("Comparing") as advance:
            found = await work.compared(version, advance)
        done: dict[str, Any] = {
            "projection": room.name,
            "schema": version.schema,
            "compared": None if found is None else _compared(found),
            "flipped": False,
            "before": None,
        }
        if no_flip or not (anyway or _is_agreed(version, found, talking)):
            return done
        before = await work.flipped(version)
        return done | {"flipped": True, "before": before and before.schema}


def _is_agreed(version: Version, found: Comparison | None, talking: bool) -> bool:
    """What differs is shown, and a person asked, where there is one."""
    if found is None or not (found.differing or found.left_out):
        return True
    if talking:
        _show_differences(_compared(found))
    if talking and err.is_terminal:
        return Confirm.ask(f"Turn readers to {version.schema} all the same?", console=err)
    return False


def _compared(found: Comparison) -> dict[str, Any]:
    return {
        "productions": found.productions,
        "rows": found.rows,
        "count": found.differing,
        "differences": [asdict(one) for one in found.differences],
        "left_out": found.left_out,
    }


def _show_differences(compared: dict[str, Any]) -> None:
    shown = compared["differences"]
    if shown:
        columns = list(shown[0])
        rows = [["" if one[name] is None else one[name] for name in columns] for one in shown]
        err.print(table(f"{len(shown)} of {compared['count']} rows that differ", columns, rows))
    for one in compared["left_out"]:
        err.print(f"Not compared: {one}", markup=False, highlight=False)


def _tell_rebuilt(done: dict[str, Any]) -> None:
    schema, compared = done["schema"], done["compared"]
    if compared is not None:
        out.print(
            f"Compared {counted(compared['rows'], 'row')} of "
            f"{counted(compared['productions'], 'production')} with the live version: "
            f"{compared['count'] or 'none'} differ",
            highlight=False,
        )
    if not done["flipped"]:
        regret(
            f"{schema} is filled and fed; readers are where they were",
            f". `reel flip {done['projection']} {schema}` turns them to it",
        )
        return
    out.print(f"Readers read {schema}", highlight=False)
    if before := done["before"]:
        out.print(
            f"{before} is kept and fed: `reel flip {done['projection']} {before}` turns back, "
            f"`reel retire {before}` takes it down",
            highlight=False,
            markup=False,
        )


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(what, total=1)
        yield lambda done, total: progress.update(task, completed=done, total=max(total, 1))
