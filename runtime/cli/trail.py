"""The trail: who did what, when and why, over all logs."""

from typing import Annotated, Any

import typer

from runtime import rooms
from runtime.causation import chain, reason_of, tree, with_causes
from runtime.cli.chains import audit_line, recorded
from runtime.cli.client import As, Client, Production, Refused, Url
from runtime.cli.output import AsJson, print_json
from runtime.people.names import called
from runtime.printing import out, table

ROLE_MISSING = "role-missing"


def trail(
    production: Production,
    service: Annotated[str | None, typer.Option(help="one room's log only")] = None,
    of: Annotated[
        str | None,
        typer.Option(help="one chain only: of an event's id, or of what facts name, a request say"),
    ] = None,
    as_tree: Annotated[bool, typer.Option("--tree", help="each fact below its cause")] = False,
    verify: Annotated[bool, typer.Option(help="check the hash chains")] = True,
    url: Url = None,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Who did what, when, why and because of what, over all logs, with the chains checked."""
    with Client.of(url, name) as client:
        entries, withheld = (
            (_log(client, production, service), dict[str, str]())
            if service
            else _all_logs(client, production)
        )
    entries.sort(key=lambda entry: entry["recorded_at_us"])
    audit = audit_line(entries) if verify else None
    entries = with_causes(entries, rooms.services(), recorded)
    if of is not None:
        entries = chain(entries, of)
    if as_tree:
        entries = [entry | {"depth": depth} for depth, entry in tree(entries)]
    if as_json:
        print_json({"events": entries, "audit": audit, "withheld": withheld})
        return
    columns = ("Recorded (UTC)", "What", "Who", "Where", "Reason", "Because of")
    rows = [_row(entry) for entry in entries]
    out.print(table("Trail", columns, rows, whole=("What", "Where")))
    if audit:
        out.print(audit, highlight=False)
    for log, why in withheld.items():
        out.print(f"Not told of the {log} log: {why}", style="dim", highlight=False, markup=False)


def _all_logs(client: Client, production: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """What all logs hold, and the logs that are not for the caller's roles, each with why."""
    entries: list[dict[str, Any]] = []
    withheld: dict[str, str] = {}
    for log in rooms.services():
        try:
            entries += _log(client, production, log)
        except Refused as refused:
            if refused.code != ROLE_MISSING:
                raise
            withheld[log] = refused.detail
    return entries, withheld


def _log(client: Client, production: str, log: str) -> list[dict[str, Any]]:
    return list(client.pages(f"/v1/productions/{production}/{log}/trail", "events"))


def _row(entry: dict[str, Any]) -> list[str]:
    below = entry.get("depth", 0)
    return [
        entry["recorded_at"][:19].replace("T", " "),
        "  " * (below - 1) + "↳ " + entry["type"] if below else entry["type"],
        called(entry["actor"], entry["actor_name"]),
        f"{entry['log']} {entry['position']}",
        reason_of(entry),
        _because(entry),
    ]


def _because(entry: dict[str, Any]) -> str:
    """The sentence, and behind it the fact that it answers."""
    cause = entry["cause"]
    if cause is None or cause["type"] is None:
        return ""
    fact = f"{cause['type']} ({cause['log']} {cause['position']})"
    return f"{entry['because']}: {fact}" if entry["because"] else fact
