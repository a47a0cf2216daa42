"""The rows of a budget's status, and the fold that keeps them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from events import budget as facts
from events.envelope import Recorded
from events.money import ZERO
from runtime.view import Row, Rows, View


@dataclass(frozen=True, slots=True)
class Budget:
    """The budget as a whole: which version stands, and which one was locked last."""

    TABLE: ClassVar[str] = "budget"
    KEY: ClassVar[tuple[str, ...]] = ()

    currency: str
    phase: str
    version: int
    locked_version: int | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A heading of the chart of accounts."""

    TABLE: ClassVar[str] = "category"
    KEY: ClassVar[tuple[str, ...]] = ("category",)

    category: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Account:
    """One account: what was planned and approved, and what was committed and spent.

    Amounts in currency units. `category` is None while only costs have named the account.
    """

    TABLE: ClassVar[str] = "account"
    KEY: ClassVar[tuple[str, ...]] = ("account",)

    account: str
    category: str | None = None
    working: Decimal = ZERO
    original: Decimal = ZERO
    approved: Decimal = ZERO
    committed: Decimal = ZERO
    cost_to_date: Decimal = ZERO
    estimate_basis: str | None = None
    estimate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the plan; a removed one stays, marked."""

    TABLE: ClassVar[str] = "line"
    KEY: ClassVar[tuple[str, ...]] = ("line",)

    line: str
    account: str
    category: str
    description: str
    amount: Decimal
    unit: str
    x: Decimal
    rate: Decimal
    subtotal: Decimal
    removed: bool = False


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact of the budget log changes; other logs have their own rows."""
    match recorded.event:
        case facts.BudgetDrafted() as drafted:
            yield Budget(drafted.currency, "draft", 1)
            yield from _categories(drafted.categories)
        case facts.CategoriesAdded() as added:
            yield from _categories(added.categories)
        case facts.LineAdded() as added:
            yield from _planned(rows, [added.line])
        case facts.LinesImported() as imported:
            yield from _planned(rows, imported.lines)
        case facts.LineRevised() as revised:
            yield from _planned(rows, [revised.after], instead_of=revised.before)
        case facts.LineRemoved() as removed:
            yield from _removed(rows, removed.line)
        case facts.BudgetSubmitted() as submitted:
            yield _phase(rows, "submitted", submitted.version)
        case facts.BudgetLocked() as locked:
            yield from _locked(rows, locked)
        case facts.BudgetReturned() as returned:
            yield _phase(rows, "draft", returned.version + 1)
        case facts.BudgetReopened() as reopened:
            yield _phase(rows, "draft", reopened.version)
        case facts.CommitmentRaised() as raised:
            yield _spent(rows, raised.account, committed=raised.amount)
        case facts.CommitmentClosed() as closed:
            yield _spent(rows, closed.account, committed=-closed.released)
        case facts.CostPosted() as posted:
            yield _spent(rows, posted.account, committed=-posted.relieved, cost=posted.amount)
        case facts.CostReversed() as reversed_:
            yield _spent(
                rows, reversed_.account, committed=reversed_.restored, cost=-reversed_.amount
            )
        case facts.EstimateSet() as estimate:
            yield replace(
                _account(rows, estimate.account),
                estimate_basis=estimate.basis.value,
                estimate=estimate.value,
            )
        case _:
            return


def _categories(categories: Iterable[facts.Category]) -> Iterator[Category]:
    for one in categories:
        yield Category(one.category, one.name, one.level.value)


def _account(rows: Rows, account: str) -> Account:
    return rows.get(Account, account) or Account(account)


def _spent(rows: Rows, account: str, *, committed: Decimal, cost: Decimal = ZERO) -> Account:
    row = _account(rows, account)
    return replace(row, committed=row.committed + committed, cost_to_date=row.cost_to_date + cost)


def _planned(
    rows: Rows, lines: Iterable[facts.PricedLine], instead_of: facts.PricedLine | None = None
) -> Iterator[Row]:
    """Lines of the plan as they are now, with their accounts' working totals."""
    changed: dict[str, Account] = {}
    if instead_of is not None:
        old = _account(rows, instead_of.account)
        changed[old.account] = replace(old, working=old.working - instead_of.subtotal)
    for line in lines:
        account = changed.get(line.account) or _account(rows, line.account)
        changed[line.account] = replace(
            account, category=line.category, working=account.working + line.subtotal
        )
        yield _line(line)
    yield from changed.values()


def _removed(rows: Rows, line: facts.PricedLine) -> Iterator[Row]:
    account = _account(rows, line.account)
    yield replace(account, working=account.working - line.subtotal)
    yield replace(_line(line), removed=True)


def _line(line: facts.PricedLine) -> Line:
    return Line(
        line=line.line,
        account=line.account,
        category=line.category,
        description=line.description,
        amount=line.amount,
        unit=line.unit.value,
        x=line.x,
        rate=line.rate,
        subtotal=line.subtotal,
    )


def _phase(rows: Rows, phase: str, version: int) -> Budget:
    budget = rows.get(Budget) or Budget("", phase, version)
    return replace(budget, phase=phase, version=version)


def _locked(rows: Rows, locked: facts.BudgetLocked) -> Iterator[Row]:
    """The first lock is the original; every lock is what is approved from then on."""
    before = rows.get(Budget)
    first = before is None or before.locked_version is None
    yield replace(_phase(rows, "locked", locked.version), locked_version=locked.version)
    for account in list(rows.all(Account)):
        yield replace(
            account,
            original=account.working if first else account.original,
            approved=account.working,
        )


VIEW = View(
    logs=("approval", "budget"),
    tables=(Budget, Category, Account, Line),
    evolve=evolve,
    written_only=frozenset({Category, Line}),
)
