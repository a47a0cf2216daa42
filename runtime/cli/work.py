"""The files that people hold, and whether a trail holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from events.envelope import Recorded, verified
from runtime import rooms
from runtime.cli.client import As, Client, Url
from runtime.cli.output import AsJson, print_json
from runtime.importing import Importer
from runtime.printing import out, table

UNPLACED = ("what", "problem", "cure")
"""What is said of a piece of a file that was read but found no place."""

Production = Annotated[str, typer.Argument(help="the production's id")]


def audit_line(entries: list[dict[str, Any]]) -> str:
    """Counts the facts and checks each log's chain here, from the exact stored texts.

    Raises:
        BrokenChain: names the first fact that is not what it was.
    """
    said = []
    for log in sorted({entry["log"] for entry in entries}):
        chain = [recorded(entry) for entry in entries if entry["log"] == log]
        head = verified(sorted(chain, key=lambda one: one.position))
        said.append(
            f"{log} {len(chain)} events to position {chain[-1].position}, "
            f"chain holds, head {head.hex()[:16]}"
        )
    return "Audit: " + "; ".join(said or ["no events"])


def recorded(entry: dict[str, Any]) -> Recorded:
    """The fact again, from what the trail tells of it."""
    return Recorded(
        log=entry["log"],
        production=entry["production"],
        stream=entry["stream"],
        version=entry["version"],
        position=entry["position"],
        partition=entry["partition"],
        previous=entry["previous"],
        id=entry["id"],
        ordinal=entry["ordinal"],
        type=entry["type"],
        schema_version=entry["schema_version"],
        payload=entry["payload"],
        recorded_at_us=entry["recorded_at_us"],
        effective_at_us=entry["effective_at_us"],
        actor=entry["actor"],
        command_id=entry["command_id"],
        correlation=entry["correlation"],
        causation=entry["causation"],
        hops=entry["hops"],
        hash=bytes.fromhex(entry["hash"]),
    )


def importers() -> dict[str, Importer]:
    """What can be imported, over all rooms."""
    found = {
        what: importer
        for service in rooms.services().values()
        for what, importer in service.imports.items()
    }
    return dict(sorted(found.items()))


def show_recorded(events: list[dict[str, Any]], file: str) -> None:
    """How much of a file was recorded, and what of it found no place; nothing goes unsaid."""
    if not events:
        out.print(f"Everything in {file} was recorded before.", markup=False)
        return
    out.print(f"Recorded {len(events)} events from {file}.", markup=False)
    unplaced = [one for event in events for one in event["data"].get("unplaced", ())]
    if unplaced:
        rows = [[str(one[column]) for column in UNPLACED] for one in unplaced]
        headings = [column.capitalize() for column in UNPLACED]
        out.print(table(f"{len(rows)} not placed, and recorded as such", headings, rows))


def import_command(what: str, importer: Importer) -> Callable[..., None]:
    """The command line's `reel import <what>`."""

    def run(
        production: Production,
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
        url: Url = None,
        name: As = None,
        as_json: AsJson = False,
    ) -> None:
        with Client.of(url, name) as client:
            answer = client.upload(
                f"/v1/productions/{production}/import/{what}",
                file.read_bytes(),
                media_type=importer.media_type,
            )
        if as_json:
            print_json(answer)
        else:
            show_recorded(answer["events"], file.name)

    run.__name__ = f"import_{what}"
    return run
