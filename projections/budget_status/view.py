"""The fold that keeps the rows of a budget's status."""

from collections.abc import Iterable, Iterator

from events import budget as facts
from events.envelope import Recorded
from events.money import ZERO
from projections.budget_status.costs import account_of, evolve_costs
from projections.budget_status.rows import (
    Account,
    Budget,
    Category,
    DayCost,
    HotBase,
    HotDay,
    Line,
    Overage,
    OverageAccount,
)
from runtime.changing import changed
from runtime.view import Row, Rows, View


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact of the budget log changes; other logs have their own rows."""
    match recorded.event:
        case facts.CostPosted() | facts.CommitmentRaised() | facts.EstimateSet():
            # Nearly all facts of a film: they need not be asked first what else they are not.
            return evolve_costs(rows, recorded.event)
        case facts.BudgetDrafted() as drafted:
            return [Budget(drafted.currency, "draft", 1), *_categories(drafted.categories)]
        case facts.CategoriesAdded() as added:
            return _categories(added.categories)
        case facts.LineAdded() as added:
            return _planned(rows, [added.line])
        case facts.LinesImported() as imported:
            return _planned(rows, imported.lines)
        case facts.LineRevised() as revised:
            return _planned(rows, [revised.after], instead_of=revised.before)
        case facts.LineRemoved() as removed:
            return _removed(rows, removed.line)
        case facts.BudgetSubmitted() as submitted:
            return [_phase(rows, "submitted", submitted.version)]
        case facts.BudgetLocked() as locked:
            return _locked(rows, locked)
        case facts.BudgetReturned() as returned:
            return [_phase(rows, "draft", returned.version + 1)]
        case facts.BudgetReopened() as reopened:
            return [_phase(rows, "draft", reopened.version)]
        case _:
            return evolve_costs(rows, recorded.event)


def _categories(categories: Iterable[facts.Category]) -> Iterator[Category]:
    for one in categories:
        yield Category(one.category, one.name, one.level.value)


def _planned(
    rows: Rows, lines: Iterable[facts.PricedLine], instead_of: facts.PricedLine | None = None
) -> Iterator[Row]:
    """Lines of the plan as they are now, with their accounts' working totals."""
    moved: dict[str, Account] = {}
    if instead_of is not None:
        old = account_of(rows, instead_of.account)
        moved[old.account] = changed(old, working=old.working - instead_of.subtotal)
    for line in lines:
        account = moved.get(line.account) or account_of(rows, line.account)
        moved[line.account] = changed(
            account, category=line.category, working=account.working + line.subtotal
        )
        yield _line(line)
    yield from moved.values()


def _removed(rows: Rows, line: facts.PricedLine) -> Iterator[Row]:
    account = account_of(rows, line.account)
    yield changed(account, working=account.working - line.subtotal)
    yield changed(_line(line), removed=True)


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
    return changed(budget, phase=phase, version=version)


def _locked(rows: Rows, locked: facts.BudgetLocked) -> Iterator[Row]:
    """The first lock is the original; every lock is what is approved from then on, and overages
    that were approved before it count no more: the plan has taken their place."""
    before = rows.get(Budget)
    first = before is None or before.locked_version is None
    yield changed(_phase(rows, "locked", locked.version), locked_version=locked.version)
    for account in list(rows.all(Account)):
        yield changed(
            account,
            original=account.working if first else account.original,
            approved=account.working,
            overage=ZERO,
            estimate_overage=ZERO,
        )


VIEW = View(
    logs=("approval", "budget"),
    tables=(
        Budget,
        Category,
        Account,
        Line,
        Overage,
        OverageAccount,
        HotBase,
        HotDay,
        DayCost,
    ),
    evolve=evolve,
    written_only=frozenset({Category, Line, OverageAccount, HotBase, HotDay}),
)
