"""Proving that the logs are what was signed."""

import asyncio
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from events.envelope import moment_of
from runtime import rooms
from runtime.audit.anchors import Anchors, Source
from runtime.audit.kept_lines import lines_of
from runtime.audit.reading import opened
from runtime.audit.replay.plan import production_id
from runtime.audit.report import Report
from runtime.audit.signing import public_key, signing_key
from runtime.audit.verifying import verify as verified
from runtime.cli.audit.here import here
from runtime.cli.output import REFUSED, AsJson, err, print_json, regret
from runtime.kafka import anchors as topic
from runtime.printing import counted, out, table
from runtime.settings import Settings


def verify(
    production: Annotated[
        str | None, typer.Argument(help="one production's chains; none = everything")
    ] = None,
    anchors: Annotated[
        list[Path] | None,
        typer.Option(help="a file of anchors that was kept elsewhere", exists=True, dir_okay=False),
    ] = None,
    anchor: Annotated[list[str] | None, typer.Option(help="a line that was kept on paper")] = None,
    public_key_: Annotated[
        list[Path] | None,
        typer.Option(
            "--public-key",
            help="a key of its line, in PEM; else this installation's own",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read every chain of every log, and hold the logs against every anchor there is."""
    production = production_id(production)
    chosen = here()
    keys = [public_key(path.read_bytes()) for path in public_key_ or ()]
    report = asyncio.run(
        _verify(chosen, production, keys, anchors or (), anchor or (), quiet=as_json)
    )
    if production is not None and not any(log.events for log in report.logs):
        raise LookupError(f"no log knows a production {production}")
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report)
    if report.all_findings:
        raise typer.Exit(REFUSED)


async def _verify(
    chosen: Settings,
    production: str | None,
    keys: Sequence[Ed25519PublicKey],
    files: Sequence[Path],
    lines: Sequence[str],
    *,
    quiet: bool,
) -> Report:
    sources, remarks = await _sources(chosen, files, lines)
    if not keys and any(source.lines for source in sources):
        keys = [signing_key(chosen, make=False).public_key()]
    found = Anchors.of(sources, keys)
    found.remarks += remarks
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    ) as bar:
        tasks = {log: bar.add_task(log, total=None) for log in rooms.services()}

        def progress(log: str, done: int, total: int) -> None:
            bar.update(tasks[log], completed=done, total=total)

        async with opened(chosen, list(tasks)) as logs:
            return await verified(logs, found, production, progress)


async def _sources(
    chosen: Settings, files: Sequence[Path], lines: Sequence[str]
) -> tuple[list[Source], list[str]]:
    """Where anchors are kept, the installation's own file first, and what could not be read."""
    own, remarks = chosen.anchors_file, []
    sources = []
    if own.exists():
        sources.append(Source(f"file {own}", lines_of(own), whole=True))
    else:
        remarks.append(f"there is no file {own}")
    try:
        name = f"topic {chosen.topic(topic.NAME)}"
        sources.append(Source(name, await topic.read(chosen), whole=True))
    except (LookupError, *topic.AWAY) as error:
        remarks.append(f"the topic of anchors was not read: {error or type(error).__name__}")
    for path in files:
        sources.append(Source(f"file {path}", lines_of(path)))
    if lines:
        sources.append(Source("what was given as --anchor", lines))
    return sources, remarks


def _as_json(report: Report) -> dict[str, Any]:
    findings = [dataclasses.asdict(one) for one in report.all_findings]
    return {
        "ok": not findings,
        "first": findings[0] if findings else None,
        "findings": findings,
        "remarks": report.all_remarks,
        "anchors": report.anchors,
        "logs": [
            {
                "log": log.log,
                "incarnation": log.incarnation,
                "position": log.position,
                "events": log.events,
                "productions": log.productions,
                "anchors_that_hold": log.held,
                "anchored_to": log.held_to,
            }
            for log in report.logs
        ],
    }


def _print(report: Report) -> None:
    columns = ("Log", "Events read", "Productions", "Position", "Anchors that hold", "Anchored to")
    rows = [
        [
            log.log,
            *(f"{n:,}" for n in (log.events, log.productions, log.position, log.held, log.held_to)),
        ]
        for log in report.logs
    ]
    findings = report.all_findings
    for said, finding in zip(["Not as it was", *["Also"] * len(findings)], findings, strict=False):
        regret(said, f": {finding}")
    out.print(table("Read" if findings else "Verified", columns, rows))
    for remark in report.all_remarks:
        out.print(f"{remark[0].upper()}{remark[1:]}.", style="dim", highlight=False, markup=False)
    if not findings:
        newest = (
            f", the last of {moment_of(report.newest_us):%F %T} UTC" if report.newest_us else ""
        )
        count = counted(report.anchors, "anchor")
        out.print(f"Every chain holds, with {count}{newest}", highlight=False)
