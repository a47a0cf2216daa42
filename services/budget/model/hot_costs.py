"""The hot-cost base: what the locked budget gives each shoot day of the locked schedule."""

from collections.abc import Sequence
from decimal import Decimal

from events.budget import HotCostBaseSet, HotDay, Level
from events.event import Event
from events.money import allocated
from services.budget.commands import SetHotCostBase
from services.budget.model.phases import Drafted, Locked
from services.budget.model.rejections import BudgetIsNotLocked


def set_hot_cost_base(budget: Drafted, command: SetHotCostBase) -> Sequence[Event]:
    """The fact that the production level was spread over the shoot days, in equal shares."""
    if not isinstance(budget, Locked):
        raise BudgetIsNotLocked(
            f"version {budget.version} is not locked: the base follows from its approval"
        )
    content = budget.content
    total = content.total_of(Level.PRODUCTION)
    shares = allocated(total, [Decimal(1)] * len(command.days), content.currency)
    base = HotCostBaseSet(
        schedule_version=command.schedule_version,
        budget_version=budget.version,
        total=total,
        days=tuple(
            HotDay(day=one.day, on=one.on, eighths=one.eighths, budgeted=share)
            for one, share in zip(command.days, shares, strict=True)
        ),
    )
    return [] if base == budget.hot_base else [base]
