"""What the production is expected to cost beside what is approved, account by account."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from events.budget import AccountTotal, OverageCause
from events.cost_formulas import estimated_final_cost, total_cost, variance
from events.money import ZERO, allocated
from services.budget.model.asked import OpenOverage, RefusedOverage
from services.budget.model.known import LockedPlan
from services.budget.model.ledger import Ledger, Standing

ACCOUNTS_TOLD_MAX = 10


@dataclass(frozen=True)
class Forecast:
    """One account, in currency units."""

    approved: Decimal
    efc: Decimal
    asked: Decimal
    """What is forecast for it and waits for an answer."""

    @property
    def over(self) -> Decimal:
        """How far its EFC is over what is approved and asked for; negative = under."""
        return -variance(self.approved, self.efc) - self.asked


@dataclass(frozen=True)
class Need:
    """What the whole production needs beyond what is approved and asked for; negative = less."""

    approved: Decimal
    efc: Decimal
    amount: Decimal

    def overage(self, accounts: Mapping[str, Forecast], currency: str) -> dict[str, object]:
        """The need as an overage: where it arises, in proportion to what is over there, with
        nothing lost. An account that is under gives to those that are over."""
        over = {account: one.over for account, one in sorted(accounts.items()) if one.over > 0}
        shares = allocated(self.amount, list(over.values()), currency)
        return {
            "cause": OverageCause.FORECAST,
            "approved": self.approved,
            "efc": self.efc,
            "amount": self.amount,
            "accounts": tuple(
                AccountTotal(account=account, total=share)
                for account, share in zip(over, shares, strict=True)
                if share
            ),
            "reason": _reason(over),
        }


def accounts_of(ledger: Ledger, plan: LockedPlan) -> dict[str, Forecast]:
    """Every account of the plan and of the costs.

    Approved is the last locked plan and the overages approved since (formula 20). What an estimate
    of a variance is measured against are those that had been approved when it was set.
    """
    added: dict[str, Decimal] = {}
    before_estimate: dict[str, Decimal] = {}
    for number, approval in enumerate(ledger.approvals):
        if approval.overage in plan.answered:
            continue
        for one in approval.accounts:
            _add(added, one)
            if number < ledger.accounts.get(one.account, Standing()).approvals_before:
                _add(before_estimate, one)
    asked: dict[str, Decimal] = {}
    for overage in ledger.overages.values():
        if isinstance(overage, OpenOverage):
            for one in overage.forecast.accounts:
                _add(asked, one)
    forecasts = {}
    for account in {*plan.accounts, *ledger.accounts, *added, *asked}:
        planned = plan.accounts.get(account, ZERO)
        approved = planned + added.get(account, ZERO)
        standing = ledger.accounts.get(account, Standing())
        estimate = standing.estimate
        efc = estimated_final_cost(
            total_cost(standing.cost_to_date, standing.committed),
            approved,
            estimate.basis if estimate else None,
            estimate.value if estimate else None,
            planned + before_estimate.get(account, ZERO),
        )
        forecasts[account] = Forecast(approved, efc, asked.get(account, ZERO))
    return forecasts


def need_of(accounts: Mapping[str, Forecast]) -> Need:
    """What all accounts need together."""
    approved = sum((one.approved for one in accounts.values()), ZERO)
    efc = sum((one.efc for one in accounts.values()), ZERO)
    return Need(approved, efc, sum((one.over for one in accounts.values()), ZERO))


def refused_before(ledger: Ledger, plan: LockedPlan) -> Decimal:
    """What was forecast from costs and refused since the budget was locked, and not asked for
    again."""
    return sum(
        (
            one.refused.amount
            for reference, one in ledger.overages.items()
            if isinstance(one, RefusedOverage)
            and one.forecast.cause is OverageCause.FORECAST
            and not one.asked_again
            and reference not in plan.answered
        ),
        ZERO,
    )


def _add(amounts: dict[str, Decimal], one: AccountTotal) -> None:
    amounts[one.account] = amounts.get(one.account, ZERO) + one.total


def _reason(over: Mapping[str, Decimal]) -> str:
    """The accounts that are over, the largest first."""
    by_size = sorted(over.items(), key=lambda one: (-one[1], one[0]))
    told = ", ".join(f"{account} by {amount}" for account, amount in by_size[:ACCOUNTS_TOLD_MAX])
    more = len(by_size) - ACCOUNTS_TOLD_MAX
    return f"over: account {told}" + (f" and {more} more" if more > 0 else "")
