"""`reel import`: the files that people hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from runtime import rooms
from runtime.cli.client import As, Client, Production, Url
from runtime.cli.output import AsJson, guarded, print_json
from runtime.importing import Importer
from runtime.printing import out, table

UNPLACED = ("what", "problem", "cure")
"""What is said of a piece of a file that was read but found no place."""


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


imports = typer.Typer(no_args_is_help=True, help="Take a whole file in: all of it, or nothing.")
for what, importer in importers().items():
    imports.command(what, help=f"Import {what} from a {importer.format} file.")(
        guarded(import_command(what, importer))
    )
