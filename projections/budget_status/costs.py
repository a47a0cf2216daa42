"""The costs' part of the fold: what was promised, spent, estimated and forecast."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from events import budget as facts
from events.event import Event
from projections.budget_status.rows import (
    Account,
    DayCost,
    HotBase,
    HotDay,
    Overage,
    OverageAccount,
)
from runtime.changing import changed
from runtime.view import Row, Rows


def account_of(rows: Rows, account: str) -> Account:
    """The row of an account, which the plan or the costs may be the first to name."""
    return rows.get(Account, account) or Account(account)


def _posted(rows: Rows, posted: facts.CostPosted) -> Iterable[Row]:
    return (
        _spent(rows, posted.account, committed=-posted.relieved, cost=posted.amount),
        _on_day(rows, posted.account, posted.incurred_on, posted.amount),
    )


def _reversed(rows: Rows, back: facts.CostReversed) -> Iterable[Row]:
    return (
        _spent(rows, back.account, committed=back.restored, cost=-back.amount),
        _on_day(rows, back.account, back.incurred_on, -back.amount),
    )


def _raised(rows: Rows, raised: facts.CommitmentRaised) -> Iterable[Row]:
    return (_committed(rows, raised.account, raised.amount),)


def _closed(rows: Rows, closed: facts.CommitmentClosed) -> Iterable[Row]:
    return (_committed(rows, closed.account, -closed.released),)


def _spent(rows: Rows, account: str, *, committed: Decimal, cost: Decimal) -> Account:
    row = account_of(rows, account)
    return changed(row, committed=row.committed + committed, cost_to_date=row.cost_to_date + cost)


def _committed(rows: Rows, account: str, amount: Decimal) -> Account:
    row = account_of(rows, account)
    return changed(row, committed=row.committed + amount)


def _on_day(rows: Rows, account: str, day: date, amount: Decimal) -> DayCost:
    row = rows.get(DayCost, account, day) or DayCost(account, day)
    return changed(row, amount=row.amount + amount)


def _estimated(rows: Rows, estimate: facts.EstimateSet) -> Iterable[Row]:
    account = account_of(rows, estimate.account)
    return (
        changed(
            account,
            estimate_basis=estimate.basis.value,
            estimate=estimate.value,
            estimate_overage=account.overage,
        ),
    )


def _overage(rows: Rows, overage: str, amount: Decimal) -> Overage:
    """The overage; its answer may be all that is heard of it."""
    return rows.get(Overage, overage) or Overage(overage, amount, "open")


def _forecast(_: Rows, forecast: facts.OverageForecast) -> Iterator[Row]:
    yield Overage(
        overage=forecast.overage,
        amount=forecast.amount,
        state="open",
        number=forecast.number,
        cause=forecast.cause.value,
        approved=forecast.approved,
        efc=forecast.efc,
        reason=forecast.reason,
    )
    for one in forecast.accounts:
        yield OverageAccount(forecast.overage, one.account, one.total)


def _approved(rows: Rows, approved: facts.OverageApproved) -> Iterator[Row]:
    yield changed(
        _overage(rows, approved.overage, approved.amount),
        state="approved",
        request=approved.request,
    )
    for one in approved.accounts:
        account = account_of(rows, one.account)
        yield changed(
            account,
            approved=account.approved + one.total,
            overage=account.overage + one.total,
        )


def _refused(rows: Rows, refused: facts.OverageRefused) -> Iterable[Row]:
    return (
        changed(
            _overage(rows, refused.overage, refused.amount),
            state="refused",
            request=refused.request,
            refused_by=refused.by,
            refusal=refused.reason,
        ),
    )


def _hot_base(_: Rows, base: facts.HotCostBaseSet) -> Iterator[Row]:
    yield HotBase(base.schedule_version, base.budget_version, base.total)
    for one in base.days:
        yield HotDay(
            schedule_version=base.schedule_version,
            budget_version=base.budget_version,
            day=one.day,
            shot_on=one.on,
            eighths=one.eighths,
            budgeted=one.budgeted,
        )


FoldOfOne = Callable[[Rows, Any], Iterable[Row]]
"""The rows that one kind of fact changes."""

COSTS: Mapping[type[Event], FoldOfOne] = {
    facts.CostPosted: _posted,
    facts.CostReversed: _reversed,
    facts.CommitmentRaised: _raised,
    facts.CommitmentClosed: _closed,
    facts.EstimateSet: _estimated,
    facts.OverageForecast: _forecast,
    facts.OverageApproved: _approved,
    facts.OverageRefused: _refused,
    facts.HotCostBaseSet: _hot_base,
}
