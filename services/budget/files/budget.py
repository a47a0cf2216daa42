"""A budget as CSV: one row per line, with its category beside it."""

from decimal import ROUND_HALF_UP, Decimal

from events.budget import Category, Level, Line, Unit
from services.budget.commands import ImportBudget
from services.budget.files.cells import NAME, NUMBER_OF_ACCOUNT, SENTENCE, FirstRows, Row, Sheet
from services.budget.model.content import EXACT, product

COLUMNS = (
    "level",
    "category",
    "category_name",
    "account",
    "line",
    "description",
    "amount",
    "unit",
    "x",
    "rate",
    "subtotal",
)
_FACTOR = "at most 12 digits before the point and 6 behind it"
CURES = {
    "category": NUMBER_OF_ACCOUNT,
    "category_name": SENTENCE,
    "account": NUMBER_OF_ACCOUNT,
    "line": NAME,
    "description": SENTENCE,
    "amount": _FACTOR,
    "x": _FACTOR,
    "rate": _FACTOR,
}


def read_budget(text: str) -> ImportBudget:
    """The budget in a file. An `x` may be left empty, and so may a subtotal.

    A subtotal that is given must be amount x x x rate. Which currency it is in, and so how it was
    rounded, the file does not say: it is compared at the most decimals that any subtotal of the
    file shows, two where they are dollars, none where they are yen.

    Raises:
        BadFile: with what is wrong anywhere in it.
    """
    reading = _Reading(Sheet(text, COLUMNS, CURES))
    for row in reading.sheet.rows():
        reading.take(row)
    reading.check_subtotals()
    reading.sheet.check()
    return ImportBudget(categories=tuple(reading.categories.values()), lines=tuple(reading.lines))


class _Reading:
    """What was read so far."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.categories: dict[str, Category] = {}
        self.lines: list[Line] = []
        self._first_rows = FirstRows()
        self._subtotals: list[tuple[Row, Decimal, Decimal]] = []

    def take(self, row: Row) -> None:
        number, account = row.words("category"), row.words("account")
        self._take_category(row, number)
        self._check_home(row, number, account)
        line_id = row.words("line")
        row.check_first(self._first_rows, "line", line_id)
        x, subtotal = row.number_if_any("x"), row.number_if_any("subtotal")
        line = row.built(
            Line,
            line=line_id,
            category=number,
            account=account,
            description=row.words("description"),
            amount=row.number_in("amount"),
            unit=row.one_of("unit", Unit),
            x=Decimal(1) if x is None else x,
            rate=row.number_in("rate"),
        )
        if line is not None:
            self.lines.append(line)
            if subtotal is not None:
                self._subtotals.append((row, product(line), subtotal))

    def _take_category(self, row: Row, number: str | None) -> None:
        name, level = row.words("category_name"), row.one_of("level", Level)
        if number is None or name is None or level is None:
            return
        first_row = self._first_rows.of("category", number, row.number)
        first = self.categories.get(number)
        if first is None:
            category = row.built(
                Category, {"name": "category_name"}, category=number, name=name, level=level
            )
            if category is not None:
                self.categories[number] = category
            return
        for column, here, there in (
            ("category_name", name, first.name),
            ("level", level.value, first.level.value),
        ):
            if here != there:
                row.refuse(
                    column,
                    f"{number} has {there!r} in row {first_row}",
                    f"write {there!r} here too, or give this category another number",
                )

    def _check_home(self, row: Row, category: str | None, account: str | None) -> None:
        if category is None or account is None:
            return
        first_row = self._first_rows.of("account", account, row.number)
        first_category = self._first_rows.note_of("home", account, category)
        if first_category != category:
            row.refuse(
                "account",
                f"{account} is in category {first_category} in row {first_row}",
                "use that category, or another account: an account belongs to one category",
            )

    def check_subtotals(self) -> None:
        """Only at the end it is known how many decimals the file shows."""
        places = max((_decimals(subtotal) for _, _, subtotal in self._subtotals), default=0)
        unit = Decimal(1).scaleb(-places)
        for row, exact, subtotal in self._subtotals:
            right = exact.quantize(unit, ROUND_HALF_UP, context=EXACT)
            if right != subtotal:
                row.refuse(
                    "subtotal",
                    f"{subtotal} is not amount x x x rate",
                    f"write {right}, or leave the cell empty",
                )


def _decimals(number: Decimal) -> int:
    """The decimals that a number shows; zeros behind the second are somebody's column width."""
    shown, meant = (-int(one.as_tuple().exponent) for one in (number, number.normalize()))
    return max(0, min(shown, 2), meant)
