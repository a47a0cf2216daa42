"""The costs' part of the fold: what was promised, spent, estimated and forecast."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from events import budget as facts
from events.event import Event
from events.money import ZERO
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


def evolve_costs(rows: Rows, event: Event) -> Iterable[Row]:
    """The rows that one fact about costs, overages or hot costs changes."""
    match event:
        case facts.CostPosted() as posted:
            return (
                _spent(rows, posted.account, committed=-posted.relieved, cost=posted.amount),
                _on_day(rows, posted.account, posted.incurred_on, posted.amount),
            )
        case facts.CommitmentRaised() as raised:
            return (_spent(rows, raised.account, committed=raised.amount),)
        case facts.CommitmentClosed() as closed:
            return (_spent(rows, closed.account, committed=-closed.released),)
        case facts.CostReversed() as reversed_:
            account, amount = reversed_.account, -reversed_.amount
            return (
                _spent(rows, account, committed=reversed_.restored, cost=amount),
                _on_day(rows, account, reversed_.incurred_on, amount),
            )
        case facts.EstimateSet() as estimate:
            return (_estimated(rows, estimate),)
        case facts.OverageForecast() as forecast:
            return _forecast(forecast)
        case facts.OverageApproved() as approved:
            return _approved(rows, approved)
        case facts.OverageRefused() as refused:
            overage = _overage(rows, refused.overage, refused.amount)
            return (
                changed(
                    overage,
                    state="refused",
                    request=refused.request,
                    refused_by=refused.by,
                    refusal=refused.reason,
                ),
            )
        case facts.HotCostBaseSet() as base:
            return _hot_base(base)
        case _:
            return ()


def account_of(rows: Rows, account: str) -> Account:
    """The row of an account, which the plan or the costs may be the first to name."""
    return rows.get(Account, account) or Account(account)


def _spent(rows: Rows, account: str, *, committed: Decimal, cost: Decimal = ZERO) -> Account:
    row = account_of(rows, account)
    return changed(row, committed=row.committed + committed, cost_to_date=row.cost_to_date + cost)


def _on_day(rows: Rows, account: str, day: date, amount: Decimal) -> DayCost:
    row = rows.get(DayCost, account, day) or DayCost(account, day)
    return changed(row, amount=row.amount + amount)


def _estimated(rows: Rows, estimate: facts.EstimateSet) -> Account:
    account = account_of(rows, estimate.account)
    return changed(
        account,
        estimate_basis=estimate.basis.value,
        estimate=estimate.value,
        estimate_overage=account.overage,
    )


def _overage(rows: Rows, overage: str, amount: Decimal) -> Overage:
    """The overage; its answer may be all that is heard of it."""
    return rows.get(Overage, overage) or Overage(overage, amount, "open")


def _forecast(forecast: facts.OverageForecast) -> Iterator[Row]:
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


def _hot_base(base: facts.HotCostBaseSet) -> Iterator[Row]:
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
