"""Parked productions: which there are and why, and trying them again."""

import asyncio
import time
import uuid
from typing import Annotated, Any

import typer

from runtime.cli.output import REFUSED, UNREACHABLE, AsJson, guarded, print_json
from runtime.instance import reachable
from runtime.printing import out, table
from runtime.reading.parking import Parked
from runtime.settings import Settings, settings
from runtime.standing import Standing, ask, consumers, standing

LOOK_SECONDS = 0.2
NOBODY_TRIES_SECONDS = 10.0
"""A process that runs looks once a second; who has not come any further by then is not there."""

FOLDED, STILL_PARKED, NOT_TRIED = "folded", "still parked", "not tried yet"

Consumer = Annotated[
    str | None, typer.Argument(help="a projection, or a service; none = all of them")
]
Production = Annotated[str | None, typer.Argument(help="one production; none = all of them")]


def list_(consumer: Consumer = None, as_json: AsJson = False) -> None:
    """Show which productions are parked for whom, since when, and at which fact."""
    found = asyncio.run(standing(reachable(settings()), _named(consumer)))
    if as_json:
        print_json({"parked": [one.as_json() for one in found]})
    elif found:
        columns = ("Consumer", "Production", "At", "Fact", "Since (UTC)", "Tries", "Reason")
        out.print(table("Parked", columns, [_row(one) for one in found], whole=("Production",)))
        out.print(
            "Once what they stumble over is mended: `reel parked retry [CONSUMER] [PRODUCTION]`.",
            style="dim",
            markup=False,
        )
    else:
        out.print(
            "Nothing is parked: every fact that was told could be folded. `reel doctor` looks at "
            "everything else."
        )


def _row(found: Standing) -> list[str]:
    one = found.parked
    return [
        found.consumer,
        one.production,
        f"{one.log} {one.position}",
        one.type,
        f"{one.parked_at:%F %T}",
        str(one.tries),
        one.reason.partition("\n")[0],
    ]


def retry(
    consumer: Consumer = None, production: Production = None, as_json: AsJson = False
) -> None:
    """Let the processes that run fold parked productions again, and say what became of it."""
    names = _named(consumer)
    results = asyncio.run(_retry(reachable(settings()), names, _id(production)))
    if as_json:
        print_json({"retried": results})
    else:
        for one in results:
            out.print(_sentence(one), markup=False, highlight=False)
        if not results:
            whose, whom = production or "", consumer or ""
            said = " ".join(["Nothing", *(["of", whose] if whose else []), "is parked"])
            out.print(f"{said} for {whom}." if whom else f"{said}.", highlight=False)
    outcomes = {one["outcome"] for one in results}
    if STILL_PARKED in outcomes:
        raise typer.Exit(REFUSED)
    if NOT_TRIED in outcomes:
        raise typer.Exit(UNREACHABLE)


def _named(consumer: str | None) -> list[str]:
    if consumer is None:
        return consumers()
    return [consumer]


def _id(production: str | None) -> str | None:
    try:
        return production and str(uuid.UUID(production))
    except ValueError:
        raise ValueError(
            f"{production!r} is no production's id: `reel parked list` shows those that are parked"
        ) from None


def _sentence(one: dict[str, Any]) -> str:
    whose = f"{one['consumer']}: {one['production']} of {one['log']}"
    if one["outcome"] == FOLDED:
        return f"{whose} is folded and goes on"
    if one["outcome"] == STILL_PARKED:
        return f"{whose} is still parked at {one['position']}: {one['reason']}"
    return f"{whose} is marked, and waits for a process that runs {one['consumer']}"


async def _retry(where: Settings, names: list[str], production: str | None) -> list[dict[str, Any]]:
    """Marks them, and waits for as long as something comes of it."""
    marked = {
        one.key: one
        for one in await standing(where, names)
        if production is None or one.parked.production == production
    }
    names = sorted({one.consumer for one in marked.values()})
    await ask(where, names, production)
    seen: dict[Any, Any] = {}
    since = time.monotonic()
    while True:
        now = {one.key: one.parked for one in await standing(where, names) if one.key in marked}
        reached = {key: (one.position, one.tries) for key, one in now.items()}
        if reached != seen:
            seen, since = reached, time.monotonic()
        waiting = any(one.asked_seconds is not None for one in now.values())
        if not waiting or time.monotonic() - since > NOBODY_TRIES_SECONDS:
            return [_result(one, now.get(key)) for key, one in marked.items()]
        await asyncio.sleep(LOOK_SECONDS)


def _result(before: Standing, now: Parked | None) -> dict[str, Any]:
    if now is None:
        return before.as_json() | {"asked": False, "outcome": FOLDED}
    outcome = STILL_PARKED if now.asked_seconds is None else NOT_TRIED
    return Standing(before.consumer, now).as_json() | {"outcome": outcome}


parked = typer.Typer(no_args_is_help=True, help="Productions of which a fact cannot be folded.")
parked.command("list")(guarded(list_))
parked.command("retry")(guarded(retry))
