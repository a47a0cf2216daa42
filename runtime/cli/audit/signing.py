"""The key that signs heads: shown, and given up for a new one."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from runtime import rooms
from runtime.audit.anchoring import Anchored, hand_over
from runtime.audit.kept_lines import lines_of
from runtime.audit.keys import Keys
from runtime.audit.signing import key_id, next_key, public_pem, signing_key, take_over
from runtime.cli.audit.anchoring import Copies, Printed, as_json_of, show
from runtime.cli.audit.here import here
from runtime.cli.output import AsJson, print_json
from runtime.printing import out
from runtime.settings import settings


def key(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the public key that heads are signed with, and its id: hand both to whoever checks."""
    if context.invoked_subcommand is not None:
        return
    public = signing_key(settings()).public_key()
    before = Keys.following([public], lines_of(settings().anchors_file), onward=False)
    if as_json:
        lines = [one.line for one in before.handovers]
        print_json({"key": key_id(public), "public_key": public_pem(public), "handovers": lines})
        return
    typer.echo(public_pem(public), nl=False)
    typer.echo(f"Key {key_id(public)}")
    for remark in before.remarks():
        typer.echo(f"{remark[0].upper()}{remark[1:]}")


def rotate(
    to: Annotated[
        Path | None,
        typer.Option(help="keep the new private key in this file; else in the home, in use"),
    ] = None,
    copy: Copies = None,
    print_: Printed = False,
    as_json: AsJson = False,
) -> None:
    """Give up the key for a new one: the old one signs the last heads, and the new one with it."""
    chosen = here()
    old = key_id(signing_key(chosen, make=False).public_key())
    new = next_key(chosen, to)
    made = asyncio.run(hand_over(chosen, list(rooms.services()), new, copies=copy or ()))
    if to is None:
        take_over(chosen)
    public = new.public_key()
    if as_json:
        print_json(
            {
                "from": old,
                "to": key_id(public),
                "public_key": public_pem(public),
                "private_key": None if to is None else str(to),
                "handover": None if made is None else as_json_of(made),
            }
        )
        return
    _tell(made, old, key_id(public), to)
    if print_ and made is not None:
        typer.echo(made.line)


def _tell(made: Anchored | None, old: str, new: str, to: Path | None) -> None:
    if made is None:
        out.print(f"The key {old} had given up for {new} already", highlight=False)
    else:
        show(made, f"The key {old} gave up for {new}")
    if to is not None:
        out.print(
            f"The new private key is in {to}: set REEL_SIGNING_KEY to its content and start every "
            "relay anew; until then nothing is anchored. Then destroy the old one.",
            highlight=False,
        )
        return
    out.print(
        f"{new} signs from now on; the old private key is gone. Hand the new public key to whoever "
        "checks, with this line: `reel audit key`, `--print`",
        highlight=False,
    )
