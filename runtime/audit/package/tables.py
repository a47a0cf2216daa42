"""Rows of read models as CSV: a header in all cases, dates as ISO 8601, amounts as written."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.view import Row, Rows, key_of

ACTS_ON_SHEETS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would take for a formula."""


def columns_of(table: type[Row]) -> list[str]:
    """The header: the row's own columns."""
    return [column.name for column in fields(table)]  # type: ignore[arg-type]


def lines_of(table: type[Row], rows: Rows) -> list[list[str]]:
    """The rows of one table in the order of their keys, each cell as text."""
    found: Iterable[Row] = rows.all(table)
    ordered = sorted(found, key=lambda row: tuple((one is None, one) for one in key_of(row)))
    return [[_cell(getattr(row, column)) for column in columns_of(table)] for row in ordered]


def csv_of(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """One table as a file. A text that a spreadsheet would take for a formula stands behind an
    apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in line] for line in lines)
    return text.getvalue().encode()


def read(content: bytes) -> list[list[str]]:
    """The lines of a file that `csv_of` wrote, header first, with their apostrophes."""
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def harmless(cell: str) -> str:
    """The cell as `csv_of` writes it."""
    if not cell.startswith(ACTS_ON_SHEETS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isdecimal()
