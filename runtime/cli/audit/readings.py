"""Who looked at contracts and pay: what auditors are told."""

from datetime import datetime
from typing import Annotated, Any

import typer

from runtime.cli.asking import joined
from runtime.cli.client import As, Client, Production, Url
from runtime.cli.output import AsJson, print_json
from runtime.printing import out, table
from runtime.screens import Pages

COLUMNS = ("When (UTC)", "Who", "As", "Looked at", "Which", "Answer")
ANSWERS = {200: "told", 403: "refused: not his role", 404: "refused: not his, or not there"}


def readings(
    production: Production,
    person: Annotated[str | None, typer.Option(help="only this person's, by his id")] = None,
    since: Annotated[datetime | None, typer.Option(help="only from then on, UTC")] = None,
    url: Url = None,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Who looked at contracts and pay, when, and as what. For auditors."""
    with Client.of(url, name) as client:
        answer = joined(
            client,
            f"/v1/productions/{production}/readings",
            Pages(),
            person=person,
            since=None if since is None else f"{since:%Y-%m-%dT%H:%M:%S}Z",
        )
    if as_json:
        print_json(answer)
    elif answer["rows"]:
        rows = [_row(one) for one in answer["rows"]]
        out.print(table("Readings, the last one first", COLUMNS, rows, whole=("Who",)))
    else:
        out.print("Nobody has looked at contracts or pay.")


def _row(one: dict[str, Any]) -> list[str]:
    return [
        one["at"][:19].replace("T", " "),
        one["person"],
        ", ".join(one["roles"]),
        one["what"],
        one["subject"] or "",
        ANSWERS.get(one["status"], str(one["status"])),
    ]
