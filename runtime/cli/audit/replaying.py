"""Proving that what readers are shown is what the logs make of it."""

import asyncio
import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from runtime import rooms
from runtime.audit.replay.plan import chosen, production_id
from runtime.audit.replay.run import Replayed, Source
from runtime.audit.replay.run import replay as replayed
from runtime.audit.replay.told import Difference
from runtime.cli.audit.here import here
from runtime.cli.output import REFUSED, AsJson, err, print_json, regret
from runtime.printing import counted, out, table

SHOWN_MAX = 50


def replay(
    production: Annotated[
        str | None, typer.Argument(help="one production; none = every one there is")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="the read models and services that begin so, again for further ones; none = all"
        ),
    ] = None,
    source: Annotated[
        Source, typer.Option("--from", help="the logs, or what Kafka carries of them")
    ] = Source.LOG,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="processes that fold at once; as many as cores")
    ] = os.cpu_count() or 1,
    as_json: AsJson = False,
) -> None:
    """Fold everything again, and compare every row of every read model, and of what services
    remember, with what is live."""
    models, production = chosen(model or ()), production_id(production)
    with _bar(source, quiet=as_json) as tell:
        done = asyncio.run(replayed(here(), source, models, production, jobs, tell))
    if as_json:
        print_json(_as_json(done))
    else:
        _print(done)
    if not done.outcome.is_clean:
        raise typer.Exit(REFUSED)


def _as_json(done: Replayed) -> dict[str, Any]:
    outcome = done.outcome
    return {
        "ok": outcome.is_clean,
        "from": done.source,
        "models": [one for one in done.models if one in rooms.projections()],
        "services": [one for one in done.models if one in rooms.services()],
        "productions": outcome.productions,
        "facts": outcome.facts,
        "rows": outcome.rows,
        "seconds": round(done.seconds, 3),
        "facts_a_second": _rate(done),
        "differing": outcome.differing,
        "differences": [dataclasses.asdict(one) for one in outcome.differences],
        "found": outcome.found,
        "findings": [dataclasses.asdict(one) for one in outcome.findings],
        "remarks": outcome.remarks,
    }


def _print(done: Replayed) -> None:
    outcome = done.outcome
    for remark in outcome.remarks:
        out.print(f"{remark}.", style="dim", highlight=False, markup=False)
    for finding in outcome.findings[:SHOWN_MAX]:
        regret("Not of the log", f": {finding}")
    if outcome.differences:
        shown = outcome.differences[:SHOWN_MAX]
        title = f"{len(shown):,} of {outcome.differing:,} differences"
        out.print(
            table(
                title,
                ("Row last changed by", "Row", "Expected", "Found"),
                [_told(one) for one in shown],
            )
        )
    source = "the logs" if done.source is Source.LOG else "Kafka"
    out.print(
        f"Folded {outcome.facts:,} facts of {counted(outcome.productions, 'production')} from "
        f"{source} and compared {outcome.rows:,} rows of {_counted(done.models)}, "
        f"{_rate(done):,} facts/s",
        highlight=False,
    )
    if outcome.is_clean:
        out.print("Every row is what the facts make of it", highlight=False)
        return
    _cure(done)


def _counted(names: Sequence[str]) -> str:
    """How many read models and services those are."""
    shown = sum(one in rooms.projections() for one in names)
    kept = len(names) - shown
    parts = [counted(shown, "read model")] if shown else []
    return " and ".join([*parts, counted(kept, "service")] if kept else parts)


def _told(one: Difference) -> list[str]:
    event = one.event
    return [
        "no event"
        if event is None
        else f"{event.log} {event.position}, {event.type} {event.id} by {event.actor}, "
        f"{event.recorded_at}",
        f"{one.projection} {one.table}, {one.key}"
        f"{f', column {one.column}' if one.column else ''}, production {one.production}",
        "no such row" if one.expected is None else one.expected,
        "no such row" if one.found is None else one.found,
    ]


def _cure(done: Replayed) -> None:
    differing = dict.fromkeys(one.projection for one in done.outcome.differences)
    if shown := [one for one in differing if one in rooms.projections()]:
        regret(
            f"What is shown is not what the facts make of it: {', '.join(shown)}",
            f". `reel rebuild {shown[0]}` fills it anew beside what is read now; "
            f"`reel rewind {shown[0]}` empties it and folds it from the beginning",
        )
    if kept := [one.removesuffix("_service") for one in differing if one not in shown]:
        regret(
            f"What services remember is not what the facts make of it: {', '.join(kept)}",
            f". `reel rewind {kept[0]}` empties it, and it hears everything again; what it has "
            "answered it does not answer again",
        )
    if done.outcome.found and done.source is Source.KAFKA:
        regret(
            "Kafka does not carry what the log holds",
            ". Where `reel audit verify` says that the log is whole: stop Reel, delete the topic, "
            "`reel migrate`, start; the relay fills it again",
        )
    elif done.outcome.found:
        regret(
            "Not everything could be held against the log",
            ". `reel audit verify` says whether the log is whole; a place that is of another "
            "history goes with `reel rewind`",
        )


def _rate(done: Replayed) -> int:
    return round(done.outcome.facts / done.seconds) if done.seconds else 0


@contextmanager
def _bar(source: Source, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} facts"),
        TimeRemainingColumn(),
    )
    hidden = quiet or not err.is_terminal
    with Progress(*columns, console=err, transient=True, disable=hidden) as progress:
        task = progress.add_task(f"Folding from {source}", total=1)
        yield lambda done, total: progress.update(task, completed=done, total=max(total, 1))
