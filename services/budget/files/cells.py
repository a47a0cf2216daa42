"""A sheet that is read to its end, with everything that is wrong in its cells told at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from runtime.importing import BadFile, Problem, csv_rows

PROBLEMS_MAX = 200

NUMBER_OF_ACCOUNT = "write 1 to 32 letters, digits, dots or dashes"
NAME = "write 1 to 64 characters"
SENTENCE = "write 1 to 2,000 characters"
"""What cells of a column may hold, for `Sheet.cures`."""

_NUMBER = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_THOUSANDS_OR_DECIMALS = re.compile(r"-?[0-9]{1,3},[0-9]{3}")
_MONEY_SIGNS = re.compile(r"[\s$€£¥'’]|[A-Z]{3}")

_AS_FIELDS: Mapping[str, str] = {}

E = TypeVar("E", bound=StrEnum)
M = TypeVar("M", bound=BaseModel)


class FirstRows:
    """In which row each thing stood first, and what was noted of it there."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], int] = {}
        self._notes: dict[tuple[str, str], str] = {}

    def of(self, kind: str, name: str, row: int) -> int:
        """The row in which `name` stood first; `row`, if it did not stand anywhere."""
        return self._rows.setdefault((kind, name), row)

    def note_of(self, kind: str, name: str, note: str) -> str:
        """What was noted of `name` first; `note`, if nothing was."""
        return self._notes.setdefault((kind, name), note)


class Sheet:
    """The rows of a CSV, and the problems found in them. `cures` says, by column, what a cell
    that is too long or oddly written may hold."""

    def __init__(self, text: str, columns: Sequence[str], cures: Mapping[str, str]) -> None:
        self._text = text
        self._columns = columns
        self.cures = cures
        self.problems: list[Problem] = []

    def rows(self) -> Iterator["Row"]:
        """Every row; a sheet that breaks off ends there, with the break as a problem."""
        separator = _foreign_separator(self._text)
        if separator is not None:
            self.add(1, "", f"{separator} stand between the cells", "save it with commas instead")
            return
        is_empty = True
        try:
            for number, cells in csv_rows(self._text, self._columns):
                is_empty = False
                yield Row(self, number, cells)
        except BadFile as broken:
            self.problems += broken.problems
            return
        if is_empty:
            self.add(0, "", "there are no rows", "export it again with the rows below its header")

    def add(self, row: int, column: str, problem: str, cure: str) -> None:
        """Notes a problem."""
        self.problems.append(Problem(row, column, problem, cure))

    def check(self) -> None:
        """Raises `BadFile` with the first problems, if there are any."""
        if not self.problems:
            return
        first = sorted(self.problems, key=lambda problem: problem.row)[:PROBLEMS_MAX]
        more = len(self.problems) - len(first)
        if more:
            first.append(Problem(0, "", f"{more} more problems", "mend these first"))
        raise BadFile(first)


class Row:
    """One row. A cell that does not hold what is asked is a problem, and answers nothing."""

    def __init__(self, sheet: Sheet, number: int, cells: Mapping[str, str]) -> None:
        self._sheet = sheet
        self.number = number
        self._cells = cells
        self._is_good = True

    def refuse(self, column: str, problem: str, cure: str) -> None:
        """Notes a problem in this row."""
        self._is_good = False
        self._sheet.add(self.number, column, problem, cure)

    def text(self, column: str) -> str | None:
        """The text of a cell that may be empty."""
        text = self._cells[column]
        if text.startswith("="):
            self.refuse(column, f"{_shown(text)} is a formula", "save its value instead")
            return None
        return text or None

    def words(self, column: str) -> str | None:
        """The text of a cell that must not be empty."""
        if not self._cells[column]:
            self.refuse(column, "the cell is empty", self._sheet.cures.get(column, "fill it in"))
        return self.text(column)

    def number_if_any(self, column: str) -> Decimal | None:
        """The number in a cell that may be empty."""
        return self.number_in(column) if self._cells[column] else None

    def number_in(self, column: str) -> Decimal | None:
        """The number in a cell that must not be empty."""
        text = self.words(column)
        if text is None:
            return None
        if not _NUMBER.fullmatch(text):
            self.refuse(column, f"{_shown(text)} is no plain number", _plainly(text))
            return None
        return Decimal(text)

    def day(self, column: str) -> date | None:
        """The ISO date in a cell."""
        text = self.words(column)
        if text is None:
            return None
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        self.refuse(column, f"{_shown(text)} is no date", "write it as YYYY-MM-DD, 2026-09-14")
        return None

    def one_of(self, column: str, known: type[E]) -> E | None:
        """The member of `known` that the cell names."""
        text = self.words(column)
        if text is None:
            return None
        if text not in {member.value for member in known}:
            self.refuse(column, f"{_shown(text)} is unknown", f"one of {', '.join(known)}")
            return None
        return known(text)

    def check_first(
        self, first_rows: FirstRows, column: str, name: str | None, of: str | None = None
    ) -> None:
        """Refuses an id that stood in an earlier row; `of` is what it is an id of."""
        if name is None:
            return
        first_row = first_rows.of(of or column, name, self.number)
        if first_row != self.number:
            self.refuse(column, f"{name} stands in row {first_row} too", "give each its own id")

    def nothing(self, column: str, why: str) -> None:
        """Refuses a cell that holds something."""
        if self._cells[column]:
            self.refuse(column, f"{_shown(self._cells[column])} stands here", f"empty it: {why}")

    def built(
        self, model: type[M], columns: Mapping[str, str] = _AS_FIELDS, **values: Any
    ) -> M | None:
        """The model of these values; `columns` names the columns of fields called otherwise."""
        if not self._is_good:
            return None
        try:
            return model(**values)
        except ValidationError as invalid:
            for error in invalid.errors():
                column = columns.get(str(error["loc"][-1]), str(error["loc"][-1]))
                self.refuse(column, error["msg"], self._sheet.cures.get(column, "check it"))
            return None


def _foreign_separator(text: str) -> str | None:
    header = text.partition("\n")[0]
    if "," in header:
        return None
    return "semicolons" if ";" in header else "tabs" if "\t" in header else None


def _plainly(text: str) -> str:
    """How a number that people write in other ways should be written."""
    plain = _MONEY_SIGNS.sub("", text)
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    if _THOUSANDS_OR_DECIMALS.fullmatch(plain):
        return f"write {plain.replace(',', '')}, or {plain.replace(',', '.')} if that was meant"
    if plain.rfind(",") > plain.rfind("."):
        decimals_follow_a_comma = plain.count(",") == 1
        plain = plain.replace(".", "").replace(",", "." if decimals_follow_a_comma else "")
    plain = plain.replace(",", "")
    return f"write {plain}" if _NUMBER.fullmatch(plain) else "write it with digits, as 1250.00"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
