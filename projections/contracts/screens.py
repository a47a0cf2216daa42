"""Deals for the eye: `reel contract list` and `reel contract show`."""

from decimal import Decimal
from typing import Any

from rich.text import Text

from runtime.printing import amount, out, show_freshness, table
from runtime.screens import Screen

PARTS = (
    ("options", "Options"),
    ("deliverables", "Deliverables"),
    ("conflicts", "Conflicts"),
)


def show_contracts(contracts: dict[str, Any]) -> None:
    """Every deal in a row."""
    if not contracts["rows"]:
        out.print("There is no deal yet. Draft one: POST .../contract/draft-contract.")
        return
    rows: list[list[str | Text]] = [
        [
            row["title"],
            row["kind"],
            _party(row),
            row["state"],
            _waiting(row),
            _amount(row["fee"]),
            _amount(row["paid"]),
            row["contract"],
        ]
        for row in contracts["rows"]
    ]
    columns = ("Deal", "Kind", "With", "State", "Waits for", "Fee", "Paid", "Id")
    out.print(table(f"{contracts['title']} · contracts", columns, rows, amounts_from=5))
    _say_what_is_left_out(contracts)
    show_freshness(contracts)


def show_contract(contract: dict[str, Any]) -> None:
    """One deal: its terms, its history, and what came of its parts."""
    out.print(Text(f"{contract['title']} · {contract['kind']} · {contract['state']}", "bold"))
    out.print(f"With {_party(contract)}. {_standing(contract)}", markup=False, highlight=False)
    out.print(table("Terms", ("What", "Agreed"), _terms(contract)))
    payments: list[list[str | Text]] = [
        [
            one["payment"],
            one["status"],
            one["due_on"] or f"upon {one['upon']}",
            *(_amount(one[figure]) for figure in ("amount", "committed", "paid")),
        ]
        for one in contract["payments"]
    ]
    if payments:
        columns = ("Payment", "Status", "Due", "Amount", "Committed", "Paid")
        out.print(table("Payments", columns, payments, amounts_from=3))
    for part, heading in PARTS:
        if contract[part]:
            out.print(_part(heading, contract[part]))
    conditions = [[one["condition"], one["met_on"] or "not yet"] for one in contract["conditions"]]
    if conditions:
        out.print(table("Conditions", ("What must have happened", "Met on"), conditions))
    out.print(_history(contract))
    if any(one["changes"] for one in contract["versions"]):
        out.print(_changes(contract))
    _say_what_is_left_out(contract)
    show_freshness(contract)


def _terms(contract: dict[str, Any]) -> list[list[str | Text]]:
    terms = contract["terms"]
    said: list[list[str | Text]] = [["Fee", _amount(terms["fee"])]]
    if terms["pay_or_play"]:
        said.append(["Pay or play", "owed whether or not the party is used"])
    if (engaged := terms["engagement"]) is not None:
        firm = ", the start is firm" if engaged["firm"] else ""
        said.append(
            [
                "Engagement",
                f"{engaged['role']}, {engaged['starts_on']} to {engaged['ends_on']}{firm}",
            ]
        )
    if (credit := terms["credit"]) is not None:
        said.append(["Credit", f"{credit['position']}: {credit['wording']}"])
    for window in terms["windows"]:
        until = f" to {window['closes_on']}" if window["closes_on"] else ""
        said.append(
            ["Window", f"{window['territory']}, {window['medium']}: {window['opens_on']}{until}"]
        )
    if terms["notes"]:
        said.append(["Notes", terms["notes"]])
    return said


def _part(heading: str, parts: list[dict[str, Any]]) -> Any:
    rows = [
        [one["name"], one["status"], one["until"] or "", one["on"] or "", one["note"] or ""]
        for one in parts
    ]
    return table(heading, (heading[:-1], "Status", "Until", "On", "Note"), rows)


def _history(contract: dict[str, Any]) -> Any:
    rows = [
        [
            one["at"][:16].replace("T", " "),
            one["what"],
            f"version {one['version']}" if one["version"] else "",
            one["side"] or "",
            (one["until"] or "")[:16].replace("T", " "),
            one["note"] or "",
        ]
        for one in contract["moves"]
    ]
    return table("History", ("When (UTC)", "What", "", "By", "Until", "Note"), rows)


def _changes(contract: dict[str, Any]) -> Any:
    rows = [
        [f"version {one['version']}", change["what"], _said(change["was"]), _said(change["now"])]
        for one in contract["versions"]
        for change in one["changes"]
    ]
    return table("What changed", ("In", "What", "Was", "Is"), rows)


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _party(row: dict[str, Any]) -> str:
    return str(row["party"]["name"] or row["party"]["person"])


def _waiting(row: dict[str, Any]) -> str:
    if row["waits_for"] is None:
        return ""
    return f"{row['waits_for']}, until {row['expires_at'][:16].replace('T', ' ')}"


def _standing(contract: dict[str, Any]) -> str:
    said = f"Version {contract['terms_version']}"
    if contract["executed_on"]:
        said += f", executed on {contract['executed_on']}"
    if contract["amendment"]:
        said += f"; version {contract['amendment']} is to amend it"
    if contract["waits_for"]:
        said += f"; waits for {_waiting(contract)}"
    return f"{said}."


def _amount(value: str | None) -> Text | str:
    return "" if value is None else amount(Decimal(value))


def _say_what_is_left_out(answer: dict[str, Any]) -> None:
    if not answer["fees_told"]:
        out.print("Fees are left out: they are not for your roles.", style="dim")


SCREENS = (
    Screen(
        name="contract list",
        help="What was agreed with whom, and where each deal stands.",
        path="/v1/productions/{production}/contracts",
        show=show_contracts,
    ),
    Screen(
        name="contract show",
        help="One deal in full: terms, versions, offers, clearance, and what came of its parts.",
        path="/v1/productions/{production}/contracts/{contract}",
        arguments=(("contract", "the deal's id, as `reel contract list` shows it"),),
        show=show_contract,
    ),
)
