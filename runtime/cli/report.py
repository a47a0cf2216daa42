"""Cost reports for the eye: amounts as the trade prints them, what is over in parentheses."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from rich.text import Text

from runtime.cli.output import out, table

HEADINGS = {
    "approved": "Approved",
    "cost_to_date": "Cost to date",
    "committed": "Committed",
    "total_cost": "Total cost",
    "etc": "ETC",
    "efc": "EFC",
    "variance": "Under/(over)",
}
NARROW = ("approved", "total_cost", "efc", "variance")
ALL_FIT_FROM_COLUMNS = 130


def show_status(status: dict[str, Any]) -> None:
    """One production's status, a row each account, category or level."""
    figures = _figures()
    rows = [[row["key"], row["name"] or "", *_amounts(row, figures)] for row in status["rows"]]
    rows.append(["", "TOTAL", *_amounts(status["total"], figures)])
    title = (
        f"{status['title']} · {status['currency']} · "
        f"budget version {status['version']}, {status['phase']}"
    )
    columns = ["", status["by"].capitalize(), *(HEADINGS[figure] for figure in figures)]
    out.print(table(title, columns, rows, amounts_from=2))
    _show_freshness(status)


def show_slate(slate: dict[str, Any]) -> None:
    """Every production in a row."""
    if not slate["rows"]:
        out.print("You are on no production yet. Open one, or ask to be appointed.")
        return
    figures = _figures()
    rows = [
        [row["title"], row["production"], row["currency"], *_amounts(row, figures)]
        for row in slate["rows"]
    ]
    columns = ["Production", "Id", "", *(HEADINGS[figure] for figure in figures)]
    out.print(table("Slate", columns, rows, amounts_from=3))
    _show_freshness(slate)


def _figures() -> list[str]:
    """Every figure where there is room; else the four that an executive asks for first."""
    return list(HEADINGS if out.width >= ALL_FIT_FROM_COLUMNS else NARROW)


def _amounts(row: dict[str, Any], figures: list[str]) -> list[Text]:
    return [_amount(Decimal(row[figure])) for figure in figures]


def _amount(amount: Decimal) -> Text:
    text = format_decimal(amount, "#,##0.00##;(#,##0.00##)", locale="en")
    return Text(text, style="red" if amount < 0 else "")


def _show_freshness(answer: dict[str, Any]) -> None:
    said = " · ".join(
        f"{one['log']} {one['position']} of {one['head']}"
        + ("" if one["caught_up"] else " (catching up)")
        for one in answer["freshness"]
    )
    out.print(f"As of {said}", style="dim", highlight=False)
