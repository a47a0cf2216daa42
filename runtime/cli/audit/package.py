"""The audit package on the command line: made from the databases, checked from the file alone."""

import asyncio
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from events.approval import Role
from runtime.audit.lines import lines_in
from runtime.audit.package import refolding, verifier
from runtime.audit.package.archive import put
from runtime.audit.package.export import Asked, Package, packed
from runtime.cli.output import REFUSED, AsJson, err, print_json
from runtime.instance import reachable
from runtime.people.vault import WrongMasterKey
from runtime.printing import out
from runtime.reading.moment import parsed
from runtime.settings import settings


def export(
    production: Annotated[str, typer.Argument(help="the production's id")],
    to: Annotated[
        Path | None, typer.Option(help="the archive to write; else named by title and moment")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="as known then: 2026-09-01T18:00:00Z, a day (its end, UTC), a vector; else now"
        ),
    ] = None,
    role: Annotated[
        Role, typer.Option("--for", help="who is to read it: what is not for that role is left out")
    ] = Role.AUDITOR,
    anchors: Annotated[
        Path | None,
        typer.Option(
            help="lines of signed heads below which it is to prove itself",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace what is there")] = False,
    as_json: AsJson = False,
) -> None:
    """Hand out one production: facts, read models, proofs, a page to read and a verifier."""
    _refuse_to_replace(to, force)
    asked = Asked(
        _id(production),
        None if as_of is None else parsed(as_of),
        role,
        [] if anchors is None else lines_in(anchors.read_text(encoding="utf-8")),
    )
    package = _packed(asked)
    to = to or Path(package.name)
    _refuse_to_replace(to, force)
    archive = package.archive
    put(archive, to, replace=force)
    told = _told(package, archive, to)
    if as_json:
        print_json(told)
    else:
        _show(told)


def check(
    package: Annotated[
        Path, typer.Argument(help="the archive, or the folder it was unpacked to", exists=True)
    ],
    public_key: Annotated[
        Path | None,
        typer.Option(
            help="a key that the producer gave you (PEM); else the package's own",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    anchors: Annotated[
        Path | None,
        typer.Option(help="lines of signed heads that you kept", exists=True, dir_okay=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify an audit package as its own verifier does, and fold its read models again."""
    report = verifier.checked(
        str(package),
        None if public_key is None else public_key.read_bytes(),
        None if anchors is None else anchors.read_text(encoding="utf-8"),
    )
    if report.holds:
        refolding.check(str(package), report)
    if as_json:
        print_json(asdict(report) | {"holds": report.holds})
    else:
        out.print(verifier.said_of(report), markup=False, highlight=False, soft_wrap=True)
    if not report.holds:
        raise typer.Exit(REFUSED)


def _refuse_to_replace(path: Path | None, force: bool) -> None:
    if path is None:
        return
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent}: make it first")
    if path.exists() and not force:
        raise ValueError(f"{path} is there already: name another file, or replace it with --force")


def _id(production: str) -> str:
    try:
        return str(UUID(production))
    except ValueError:
        raise ValueError(
            f"{production!r} is no production's id; `reel status` lists them"
        ) from None


def _packed(asked: Asked) -> Package:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("Reading", total=None)

        def told(step: str) -> None:
            progress.update(task, description=step)

        try:
            return asyncio.run(packed(reachable(settings()), asked, told))
        except WrongMasterKey as error:
            raise ValueError(str(error)) from error


def _told(package: Package, archive: bytes, to: Path) -> dict[str, Any]:
    history = package.history
    return {
        "file": str(to),
        "bytes": len(archive),
        "sha256": sha256(archive).hexdigest(),
        "production": history.production,
        "title": history.opened.title,
        "at": history.at.isoformat(),
        "vector": str(history.moment),
        "logs": {
            log: {
                "incarnation": history.ends[log].incarnation,
                "position": history.ends[log].position,
                "events": len(told),
            }
            for log, told in history.handed_over.items()
        },
        "left_out": dict(history.left_out),
        "files": len(package.files),
        "key": package.key,
    }


def _show(told: dict[str, Any]) -> None:
    logs = ", ".join(f"{log} {one['events']}" for log, one in told["logs"].items())
    said = [
        f"{told['file']}  {told['bytes']:,} bytes, {told['files']} files",
        f"  {told['title']} as of {told['at']}",
        f"  vector      {told['vector']}",
        f"  facts       {logs}",
        *(f"  left out    {log}: {why}" for log, why in told["left_out"].items()),
        "  to read     index.html",
        "  to verify   python3 verify.py, in the unpacked folder; or: reel audit check FILE",
        f"  key         {told['key']}  (tell it to the reader by another way)",
        f"  sha256      {told['sha256']}",
    ]
    for line in said:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
