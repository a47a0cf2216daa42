"""Signing where the logs are."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from runtime import rooms
from runtime.audit.anchoring import AnchoringElsewhere, AnchorRefused
from runtime.audit.anchoring import anchor as anchor_now
from runtime.audit.signing import key_id, public_pem, signing_key
from runtime.cli.audit.here import here
from runtime.cli.output import REFUSED, AsJson, print_json, regret
from runtime.printing import out, table
from runtime.settings import settings


def key(as_json: AsJson = False) -> None:
    """Print the public key that heads are signed with, and its id: hand both to whoever checks."""
    public = signing_key(settings()).public_key()
    if as_json:
        print_json({"key": key_id(public), "public_key": public_pem(public)})
    else:
        typer.echo(public_pem(public), nl=False)
        typer.echo(f"Key {key_id(public)}")


def anchor(
    to: Annotated[
        list[Path] | None,
        typer.Option(help="append the line to this file as well, a disk elsewhere"),
    ] = None,
    print_: Annotated[
        bool, typer.Option("--print", help="print the line, to be kept on paper")
    ] = False,
    restored: Annotated[
        bool, typer.Option(help="a log was restored since the last anchor, and you know of it")
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
        print_json(
            {
                "line": made.line,
                "statement": dataclasses.asdict(made.statement),
                "digest": made.statement.digest,
                "stored": made.stored,
                "missed": made.missed,
            }
        )
        return
    heads = [
        [one.log, f"{one.position:,}", f"{one.productions:,}", one.root]
        for one in made.statement.heads
    ]
    title = f"Anchored by the key {made.statement.key}"
    out.print(table(title, ("Log", "Position", "Productions", "Root"), heads, whole=("Root",)))
    out.print(f"Stored in {' and '.join(made.stored)}", highlight=False)
    for place, why in made.missed.items():
        regret(f"Not stored in {place}", f": {why}")
    if print_:
        typer.echo(made.line)
