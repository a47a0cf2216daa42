"""What a plan says: currency, chart of accounts and lines, priced and summed to the last digit.

Plans have 10,000 lines and change line by line, so they are persistent maps: a change shares all
that stays the same with the plan before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal

from immutables import Map

from events.budget import AccountTotal, Category, Level, Line, PricedLine
from events.money import ZERO, rounded
from runtime.changing import changed
from runtime.content import content_hash
from services.budget.model.rejections import (
    AccountIsInAnotherCategory,
    CategoryExists,
    CategoryIsUnknown,
    SumIsTooLarge,
)

SUM_MAX = Decimal(10) ** 14 - 1
"""The largest whole amount that `Money` holds."""

EXACT = Context(prec=60)
"""Room for the product of three factors of 18 digits each, so that it is rounded only once."""


def product(line: Line) -> Decimal:
    """Amount x x x rate, not rounded."""
    return EXACT.multiply(EXACT.multiply(line.amount, line.x), line.rate)


@dataclass(frozen=True)
class Home:
    """The category that an account belongs to, and how many lines keep it there."""

    category: str
    lines: int


@dataclass(frozen=True)
class Content:
    """The content of a plan. `removed` remembers ids of lines that were taken out."""

    currency: str
    categories: Map[str, Category] = field(default_factory=Map)
    lines: Map[str, PricedLine] = field(default_factory=Map)
    homes: Map[str, Home] = field(default_factory=Map)
    removed: Map[str, None] = field(default_factory=Map)

    def with_categories(self, categories: Iterable[Category]) -> "Content":
        """This content with those headings."""
        return changed(
            self, categories=self.categories.update((one.category, one) for one in categories)
        )

    def with_lines(self, lines: Iterable[PricedLine]) -> "Content":
        """This content with those lines, whose ids are new."""
        by_id, homes = self.lines.mutate(), self.homes.mutate()
        for line in lines:
            by_id[line.line] = line
            home = homes.get(line.account)
            homes[line.account] = Home(line.category, home.lines + 1 if home else 1)
        return changed(self, lines=by_id.finish(), homes=homes.finish())

    def without(self, line: PricedLine) -> "Content":
        """This content without that line; the last one of an account sets the account free."""
        home = self.homes[line.account]
        homes = (
            self.homes.set(line.account, changed(home, lines=home.lines - 1))
            if home.lines > 1
            else self.homes.delete(line.account)
        )
        return changed(
            self,
            lines=self.lines.delete(line.line),
            homes=homes,
            removed=self.removed.set(line.line, None),
        )

    def check_fits(self, line: Line) -> None:
        """Refuses a line whose category is unknown or whose account belongs to another one."""
        if line.category not in self.categories:
            raise CategoryIsUnknown(
                f"line {line.line} is in category {line.category}, which the chart of accounts "
                "has not: add the category first"
            )
        home = self.homes.get(line.account)
        if home is not None and home.category != line.category:
            raise AccountIsInAnotherCategory(
                f"line {line.line} puts account {line.account} into category {line.category}, "
                f"but it belongs to {home.category}: use that category or another account"
            )

    def check_agrees(self, category: Category) -> None:
        """Refuses a heading whose number stands for another one."""
        before = self.categories.get(category.category, category)
        if before != category:
            raise CategoryExists(
                f"category {category.category} is {before.name!r} at level {before.level}: "
                "use that name and level or another number"
            )

    def priced(self, line: Line) -> PricedLine:
        """The line with its subtotal, amount x x x rate."""
        exact = product(line)
        if exact.copy_abs() > SUM_MAX:
            raise SumIsTooLarge(
                f"line {line.line} comes to over {SUM_MAX:,}: check its amount, x and rate"
            )
        return PricedLine(**line.model_dump(), subtotal=rounded(exact, self.currency))

    def total(self) -> Decimal:
        """The sum of the rounded subtotals."""
        total = sum((line.subtotal for line in self.lines.values()), ZERO)
        if abs(total) > SUM_MAX:
            raise SumIsTooLarge(f"the budget comes to over {SUM_MAX:,}: check its largest lines")
        return total

    def total_of(self, level: Level) -> Decimal:
        """The sum of the rounded subtotals of one production level."""
        return sum(
            (
                line.subtotal
                for line in self.lines.values()
                if self.categories[line.category].level is level
            ),
            ZERO,
        )

    def by_account(self) -> tuple[AccountTotal, ...]:
        """What each account comes to, in the order of their numbers."""
        totals: dict[str, Decimal] = {}
        for line in self.lines.values():
            totals[line.account] = totals.get(line.account, ZERO) + line.subtotal
        return tuple(
            AccountTotal(account=account, total=total) for account, total in sorted(totals.items())
        )

    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON: the same content has the same, in whatever order and
        with however many trailing zeros it was written."""
        return content_hash(
            {
                "currency": self.currency,
                "categories": [
                    category.model_dump() for _, category in sorted(self.categories.items())
                ],
                "lines": [line.model_dump() for _, line in sorted(self.lines.items())],
            }
        )
