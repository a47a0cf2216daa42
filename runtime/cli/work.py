"""The questions and files of every day: status, imports; and whether a trail holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from events.envelope import Recorded, verified
from runtime import rooms
from runtime.cli.client import As, Client, Url
from runtime.cli.output import AsJson, out, print_json
from runtime.cli.report import show_slate, show_status
from runtime.importing import Importer

Production = Annotated[str, typer.Argument(help="the production's id")]


def status(
    production: Annotated[str | None, typer.Argument(help="its id; none = your slate")] = None,
    by: Annotated[str, typer.Option(help="account, category or level")] = "category",
    url: Url = None,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Where the money stands: of one production, or of all that you are on."""
    path = "/v1/budget-status" if production is None else budget_status_path(production)
    query = {} if production is None else {"by": by}
    with Client.of(url, name) as client:
        answer = client.get(path, **query)
        rows = list(answer["rows"])
        while answer["next"] is not None:
            answer = client.get(path, cursor=answer["next"], **query)
            rows += answer["rows"]
    answer |= {"rows": rows, "next": None}
    if as_json:
        print_json(answer)
    elif production is None:
        show_slate(answer)
    else:
        show_status(answer)


def budget_status_path(production: str) -> str:
    """The query of one production's budget status."""
    return f"/v1/productions/{production}/budget-status"


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
        elif answer["events"]:
            out.print(f"Recorded {len(answer['events'])} events from {file.name}.", markup=False)
        else:
            out.print(f"Everything in {file.name} was recorded before.", markup=False)

    run.__name__ = f"import_{what}"
    return run
