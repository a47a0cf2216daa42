"""Reading files that people hold: the whole file is checked first, and every problem is listed."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from runtime.decider import Command

ROWS_MAX = 10_000
COLUMNS_MAX = 100


@dataclass(frozen=True)
class Problem:
    """What is wrong in one cell, and what to do. Rows count from 1 as a spreadsheet shows them,
    the header being row 1; row 0 stands for the file as a whole."""

    row: int
    column: str
    problem: str
    cure: str


class BadFile(Exception):
    """The file was not taken; nothing of it was recorded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Importer:
    """One kind of file that people hold.

    `read` turns its text into the one command that records all of it, and raises `BadFile`; what
    it could read but not place it puts into the command as `unplaced`, so that it is recorded and
    shown. `format` is the file's name to people, `media_type` its name to programs.
    """

    read: Callable[[str], Command]
    format: str = "CSV"
    media_type: str = "text/csv"


def csv_rows(text: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Every row that is not empty, stripped, with its number in the spreadsheet.

    Raises:
        BadFile: not a CSV, columns missing, unknown or too many, rows too long or too many.
    """
    reader = csv.reader(io.StringIO(text.lstrip("﻿"), newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if len(header) > COLUMNS_MAX:
            cure = f"keep these: {', '.join(columns)}"
            raise BadFile([Problem(1, "", f"over {COLUMNS_MAX} columns", cure)])
        missing = [column for column in columns if column not in header]
        unknown = [column for column in header if column not in columns]
        if missing or unknown or len(set(header)) != len(header):
            raise BadFile(
                [Problem(1, column, "the column is missing", "add it") for column in missing]
                + [Problem(1, column, "no such column", "take it out") for column in unknown]
                or [Problem(1, "", "a column stands twice", "keep one of each")]
            )
        for count, cells in enumerate(reader, 1):
            if count > ROWS_MAX:
                raise BadFile([Problem(reader.line_num, "", f"over {ROWS_MAX:,} rows", "split it")])
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise BadFile(
                    [
                        Problem(
                            reader.line_num,
                            "",
                            f"{len(cells)} cells where the header has {len(header)}",
                            "quote cells that hold a comma",
                        )
                    ]
                )
            yield (
                reader.line_num,
                {column: cell.strip() for column, cell in zip(header, cells, strict=True)},
            )
    except csv.Error as error:
        raise BadFile(
            [Problem(reader.line_num, "", f"not a CSV: {error}", "save it as CSV, UTF-8")]
        ) from error
