"""The files that a production office holds, a budget and a list of costs, each as one command."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from events.budget import Category, EstimateBasis, Level, Line, Unit
from services.budget.cells import Row, Sheet
from services.budget.commands import (
    CloseEntry,
    CommitEntry,
    Entry,
    EstimateEntry,
    ImportBudget,
    PostEntry,
    RecordCosts,
    ReverseEntry,
)
from services.budget.model.content import EXACT, product

BUDGET_COLUMNS = tuple(
    "level category category_name account line description amount unit x rate subtotal".split()
)
COSTS_COLUMNS = tuple("date entry reference account amount against description".split())

_ACCOUNT = "1 to 32 letters, digits, dots or dashes"
_NAME = "1 to 64 characters"
_SENTENCE = "1 to 2,000 characters"
_FACTOR = "at most 12 digits before the point and 6 behind it"
_MONEY = "at most 14 digits before the point and 4 behind it"
BUDGET_CURES = {
    "category": _ACCOUNT,
    "account": _ACCOUNT,
    "line": _NAME,
    "category_name": _SENTENCE,
    "description": _SENTENCE,
    "amount": _FACTOR,
    "x": _FACTOR,
    "rate": _FACTOR,
}
COSTS_CURES = {
    "reference": _NAME,
    "account": _ACCOUNT,
    "amount": _MONEY,
    "against": _NAME,
    "description": _SENTENCE,
}


def read_budget(text: str) -> ImportBudget:
    """A budget: one row per line, its category beside it.

    A subtotal may stand in a row; it must then be amount x x x rate. Which currency it is in, and
    so how it was rounded, the file does not say: it is compared at the most decimals that any
    subtotal of the file shows, two in a file in dollars, none in one in yen.

    Raises:
        BadFile: with what is wrong anywhere in it.
    """
    reading = _BudgetReading(Sheet(text, BUDGET_COLUMNS, BUDGET_CURES))
    for row in reading.sheet.rows():
        reading.take(row)
    reading.check_subtotals()
    reading.sheet.check()
    return ImportBudget(categories=tuple(reading.categories.values()), lines=tuple(reading.lines))


class _BudgetReading:
    """What was read so far, and in which row each thing stood first."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.categories: dict[str, Category] = {}
        self.lines: list[Line] = []
        self._rows = _FirstRows()
        self._homes: dict[str, str] = {}
        self._subtotals: list[tuple[Row, Decimal, Decimal]] = []

    def take(self, row: Row) -> None:
        category = row.built(
            Category,
            {"name": "category_name"},
            category=row.words("category"),
            name=row.words("category_name"),
            level=row.one_of("level", Level),
        )
        x, subtotal = row.number_if_any("x"), row.number_if_any("subtotal")
        line = row.built(
            Line,
            {},
            line=row.words("line"),
            category=row.words("category") if category is None else category.category,
            account=row.words("account"),
            description=row.words("description"),
            amount=row.number_in("amount"),
            unit=row.one_of("unit", Unit),
            x=Decimal(1) if x is None else x,
            rate=row.number_in("rate"),
        )
        if category is not None:
            self._take_category(row, category)
        if line is not None:
            self._take_line(row, line)
            if subtotal is not None:
                self._subtotals.append((row, product(line), subtotal))

    def _take_category(self, row: Row, category: Category) -> None:
        number = category.category
        first_row = self._rows.of("category", number, row)
        first = self.categories.setdefault(number, category)
        for column, here, there in (
            ("category_name", category.name, first.name),
            ("level", category.level, first.level),
        ):
            if here != there:
                row.refuse(
                    column,
                    f"category {number} has {there!s} in row {first_row}",
                    f"write {there!s} here too, or give this category another number",
                )

    def _take_line(self, row: Row, line: Line) -> None:
        first_row = self._rows.of("line", line.line, row)
        if first_row != row.number:
            row.refuse(
                "line", f"{line.line} stands in row {first_row} too", "give each line its own id"
            )
        first_row = self._rows.of("account", line.account, row)
        home = self._homes.setdefault(line.account, line.category)
        if home != line.category:
            row.refuse(
                "account",
                f"{line.account} is in category {home} in row {first_row}",
                "an account belongs to one category: use that one, or another account",
            )
        self.lines.append(line)

    def check_subtotals(self) -> None:
        """Only at the end it is known how many decimals the file shows."""
        places = max((_decimals(subtotal) for _, _, subtotal in self._subtotals), default=0)
        for row, exact, subtotal in self._subtotals:
            right = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, context=EXACT)
            if right != subtotal:
                row.refuse(
                    "subtotal",
                    f"{subtotal} is not amount x x x rate",
                    f"write {right}, or empty the cell",
                )


class EntryKind(StrEnum):
    """What a row of a list of costs records."""

    COMMIT = "commit"
    POST = "post"
    REVERSE = "reverse"
    CLOSE = "close"
    ESTIMATE = "estimate"


def read_costs(text: str) -> RecordCosts:
    """A list of costs, in the order in which they are to be recorded.

    `against` names the commitment that a post relieves or a close ends, the post that a reverse
    takes back, or the basis that an estimate's amount is stated in. Whether those exist is the
    ledger's to say, since they may stand in an earlier file.

    Raises:
        BadFile: with what is wrong anywhere in it.
    """
    sheet = Sheet(text, COSTS_COLUMNS, COSTS_CURES)
    rows = _FirstRows()
    entries = []
    for row in sheet.rows():
        kind = row.one_of("entry", EntryKind)
        entry = _entry(row, kind) if kind is not None else None
        if kind is None or entry is None:
            continue
        reference = row.words("reference") or ""
        first_row = rows.of(kind, reference, row)
        if first_row != row.number:
            row.refuse(
                "reference",
                f"{reference} is a {kind} in row {first_row} too",
                "give each its own id",
            )
        entries.append(entry)
    sheet.check()
    return RecordCosts(entries=tuple(entries))
