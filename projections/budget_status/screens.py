"""Cost reports for the eye: `reel status`, of one production or of the whole slate."""

from decimal import Decimal
from typing import Any

from rich.text import Text

from runtime.printing import amount, out, show_freshness, table
from runtime.screens import Option, Question, Screen

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
    show_freshness(status)


def show_slate(slate: dict[str, Any]) -> None:
    """Every production in a row."""
    if not slate["rows"] and not slate["parked"]:
        out.print("You are on no production yet. Open one, or ask to be appointed.")
        return
    figures = _figures()
    rows = [
        [row["title"], row["production"], row["currency"], *_amounts(row, figures)]
        for row in slate["rows"]
    ]
    columns = ["Production", "Id", "", *(HEADINGS[figure] for figure in figures)]
    out.print(table("Slate", columns, rows, amounts_from=3))
    show_freshness(slate)


def _figures() -> list[str]:
    """Every figure where there is room; else the four that an executive asks for first."""
    return list(HEADINGS if out.width >= ALL_FIT_FROM_COLUMNS else NARROW)


def _amounts(row: dict[str, Any], figures: list[str]) -> list[Text]:
    return [amount(Decimal(row[figure])) for figure in figures]


STATUS = Screen(
    name="status",
    help="Where the money stands: of one production, or of all that you are on.",
    path="/v1/productions/{production}/budget-status",
    options=(
        Option(
            "by",
            "what a row stands for",
            choices=("account", "category", "level"),
            default="category",
        ),
    ),
    show=show_status,
    of_all=Question("/v1/budget-status", show_slate),
)

SCREENS = (STATUS,)
