"""Obligations for the eye: `reel obligations`."""

from decimal import Decimal
from typing import Any

from rich.text import Text

from runtime.printing import amount, out, show_freshness, table
from runtime.screens import Option, Screen

OVERDUE = "overdue"


def show_obligations(obligations: dict[str, Any]) -> None:
    """What is owed, the first due first, and what it comes to."""
    if not obligations["rows"]:
        out.print(
            "Nothing is owed. Offers, and the terms of executed deals, come here by themselves: "
            "see `reel contract list`."
        )
        return
    title = f"{obligations['title']} · obligations on {obligations['on']}"
    columns = ("Due", "What", "Deal", "Owed by", "To", "Status", "", "Amount", "Paid")
    rows = [_row(one) for one in obligations["rows"]]
    out.print(table(title, columns, rows, amounts_from=7))
    if obligations["totals"]:
        out.print(_totals(obligations["totals"]))
    if not obligations["fees_told"]:
        out.print("Fees are left out: they are not for your roles.", style="dim")
    show_freshness(obligations)


def _row(one: dict[str, Any]) -> list[str | Text]:
    party = str(one["party"]["name"] or one["party"]["person"])
    sides = {"production": "the production", "party": party}
    status = Text(one["status"], style="red" if one["status"] == OVERDUE else "")
    return [
        _due(one),
        one["what"] + (f" ({one['note']})" if one["note"] else ""),
        one["title"],
        sides[one["by"]],
        sides[one["to"]],
        status,
        one["currency"] or "",
        _amount(one["amount"]),
        _amount(one["paid"]),
    ]


def _due(one: dict[str, Any]) -> str:
    if one["handed_over"]:
        return f"handed over {one['handed_over']}"
    if one["starts_on"]:
        return f"{one['starts_on']} to {one['due_on'] or 'no end'}"
    if one["due_at"]:
        return str(one["due_at"])[:16].replace("T", " ")
    return str(one["due_on"] or f"upon {one['upon'] or 'demand'}")


def _totals(totals: list[dict[str, Any]]) -> Any:
    figures = ("owed", "overdue", "to_be_earned", "paid")
    rows: list[list[str | Text]] = [
        [one["by"], one["currency"], *(amount(Decimal(one[figure])) for figure in figures)]
        for one in totals
    ]
    columns = ("Owed by", "", "Owed", "Of it overdue", "To be earned", "Paid")
    return table("Payments in total", columns, rows, amounts_from=2)


def _amount(value: str | None) -> Text | str:
    return "" if value is None else amount(Decimal(value))


SCREENS = (
    Screen(
        name="obligations",
        help="What is owed, by whom, to whom, until when.",
        path="/v1/productions/{production}/obligations",
        options=(
            Option("by", "only what this side owes", choices=("production", "party")),
            Option(
                "status",
                "only what stands like this",
                choices=("open", OVERDUE, "met", "released", "lapsed"),
            ),
            Option("until", "only what is due on that day or before, as 2026-12-31"),
        ),
        show=show_obligations,
    ),
)
