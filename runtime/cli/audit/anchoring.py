"""Signing where the logs are."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from runtime import rooms
from runtime.audit.anchoring import Anchored, AnchoringElsewhere
from runtime.audit.anchoring import anchor as anchor_now
from runtime.audit.before import AnchorRefused
from runtime.cli.audit.here import here
from runtime.cli.output import REFUSED, AsJson, print_json, regret
from runtime.printing import out, table

Copies = Annotated[
    list[Path] | None, typer.Option(help="append the line to this file as well, a disk elsewhere")
]
Printed = Annotated[bool, typer.Option("--print", help="print the line, to be kept on paper")]


def anchor(
    to: Copies = None,
    print_: Printed = False,
    restored: Annotated[
        bool,
        typer.Option("--restored", help="a log was restored since the last anchor, as you know"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign where all logs are now, and store it outside the databases: on file and on the topic."""
    try:
        made = asyncio.run(
            anchor_now(here(), list(rooms.services()), restored=restored, copies=to or ())
        )
    except (AnchorRefused, AnchoringElsewhere) as refused:
        regret("Nothing was signed", f": {refused}")
        raise typer.Exit(REFUSED) from None
    assert made is not None
    if as_json:
        print_json(as_json_of(made))
        return
    show(made, f"Anchored by the key {made.statement.key}")
    if print_:
        typer.echo(made.line)


def as_json_of(made: Anchored) -> dict[str, Any]:
    """An anchor for programs."""
    return {
        "line": made.line,
        "statement": dataclasses.asdict(made.statement),
        "digest": made.statement.digest,
        "stored": made.stored,
        "missed": made.missed,
    }


def show(made: Anchored, title: str) -> None:
    """An anchor for people."""
    heads = [
        [one.log, f"{one.position:,}", f"{one.productions:,}", one.root]
        for one in made.statement.heads
    ]
    out.print(table(title, ("Log", "Position", "Productions", "Root"), heads, whole=("Root",)))
    out.print(f"Stored in {' and '.join(made.stored)}", highlight=False)
    for place, why in made.missed.items():
        regret(f"Not stored in {place}", f": {why}")
