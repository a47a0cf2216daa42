"""How Reel prints for the eye: tables that cut no amount, and amounts as the trade writes them."""

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 140

out = Console(width=None if sys.stdout.isatty() else WIDE)


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    amounts_from: int | None = None,
    whole: Sequence[str] = (),
) -> Table:
    """A table; from the column `amounts_from` on, amounts that are never cut, as are those columns
    that `whole` names; elsewhere what is too long for a line goes on in the next. What people
    wrote is shown as they wrote it, brackets too."""
    made = Table(title=Text(title), title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        amounts = amounts_from is not None and index >= amounts_from
        is_whole = amounts or column in whole
        made.add_column(
            column,
            justify="right" if amounts else "left",
            no_wrap=is_whole,
            overflow="ellipsis" if is_whole else "fold",
        )
    for row in rows:
        made.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def counted(count: int, what: str) -> str:
    """So many of them: `1 anchor`, `2,000 anchors`."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def amount(value: Decimal) -> Text:
    """An amount in currency units; what is over stands in parentheses."""
    text = format_decimal(value, "#,##0.00##;(#,##0.00##)", locale="en")
    return Text(text, style="red" if value < 0 else "")


def show_freshness(answer: dict[str, Any]) -> None:
    """Of which moment the answer is, or how far it is in each log, beside how far the log is;
    and what is not in it."""
    if (moment := answer["moment"]) is not None:
        in_effect = f", in effect at {moment['effective']}" if moment["effective"] else ""
        out.print(f"As known on {moment['as_of']}{in_effect}", style="bold", highlight=False)
        out.print(f"--as-of {moment['vector']}", style="dim", highlight=False, soft_wrap=True)
        return
    said = " · ".join(
        f"{one['log']} {one['position']} of {one['head']}"
        + ("" if one["caught_up"] else " (catching up)")
        for one in answer["freshness"]
    )
    out.print(f"As of {said}", style="dim", highlight=False)
    for one in answer.get("parked", ()):
        out.print(
            f"Left out: {one['title'] or one['production']} is parked at {one['log']} "
            f"{one['position']} ({one['reason']})",
            style="red",
            markup=False,
            highlight=False,
        )
