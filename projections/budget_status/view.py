"""The fold that keeps the rows of a budget's status."""

from collections.abc import Iterable, Iterator, Mapping

from events import budget as facts
from events.envelope import Recorded
from events.event import Event
from events.money import ZERO
from projections.budget_status.costs import COSTS, FoldOfOne, account_of
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
    event = recorded.event
    fold = FOLDS.get(type(event))
    return () if fold is None else fold(rows, event)


def _drafted(_: Rows, drafted: facts.BudgetDrafted) -> Iterable[Row]:
    return (Budget(drafted.currency, "draft", 1), *_categories(drafted.categories))


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


FOLDS: Mapping[type[Event], FoldOfOne] = {
    facts.BudgetDrafted: _drafted,
    facts.CategoriesAdded: lambda _, added: _categories(added.categories),
    facts.LineAdded: lambda rows, added: _planned(rows, [added.line]),
    facts.LinesImported: lambda rows, imported: _planned(rows, imported.lines),
    facts.LineRevised: lambda rows, revised: _planned(rows, [revised.after], revised.before),
    facts.LineRemoved: lambda rows, removed: _removed(rows, removed.line),
    facts.BudgetSubmitted: lambda rows, submitted: [_phase(rows, "submitted", submitted.version)],
    facts.BudgetLocked: _locked,
    facts.BudgetReturned: lambda rows, returned: [_phase(rows, "draft", returned.version + 1)],
    facts.BudgetReopened: lambda rows, reopened: [_phase(rows, "draft", reopened.version)],
    **COSTS,
}
"""By what they are, not one after another what they may be: facts of costs are many."""

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
