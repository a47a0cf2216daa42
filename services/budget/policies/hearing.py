"""How the budget room comes to know what it remembers of a production. Pure."""

from events.approval import ProductionOpened
from events.budget import (
    BudgetLocked,
    BudgetReopened,
    CommitmentClosed,
    HotCostBaseSet,
    OverageApproved,
    OverageRefused,
    OverageThresholdSet,
)
from events.contract import ContractAmended, ContractExecuted
from events.envelope import Recorded
from events.schedule import ScheduleLocked, ScheduleReopened
from services.budget.commands import PlannedShootDay
from services.budget.model.deals import closed_by_hand, promised_by
from services.budget.model.known import HotBase, Known, LockedPlan, LockedSchedule

POLICY = "policy:budget"
"""This room itself. What it closed it need not be told, and a reaction that was interrupted must
give the same commands again."""


def hear(known: Known, recorded: Recorded) -> Known:
    """Remembers what was opened, locked, answered, and promised by deals."""
    match recorded.event:
        case ProductionOpened(currency=currency, title=title):
            return _with(known, currency=currency, title=title)
        case BudgetLocked() as locked:
            return _with(known, plan=_plan_of(known, locked), is_locked=True)
        case BudgetReopened(was_locked=True):
            return _with(known, is_locked=False)
        case OverageApproved(overage=overage) | OverageRefused(overage=overage):
            return _with(known, answered=known.answered | {overage})
        case OverageThresholdSet() as threshold:
            return _with(known, threshold=threshold)
        case HotCostBaseSet() as base:
            return _with(known, hot_base=_base_of(base))
        case ScheduleLocked() as schedule:
            return _with(known, schedule=_schedule_of(schedule))
        case ScheduleReopened(was_locked=True):
            return _with(known, schedule=None)
        case ContractExecuted() | ContractAmended() as deal:
            return _with(known, promised=promised_by(known.promised, deal))
        case CommitmentClosed(commitment=commitment) if recorded.actor != POLICY:
            return _with(known, promised=closed_by_hand(known.promised, commitment))
        case _:
            return known


def _with(known: Known, **changed: object) -> Known:
    return known.model_copy(update=changed)


def _plan_of(known: Known, locked: BudgetLocked) -> LockedPlan | None:
    """A lock from before accounts were told says nothing to measure against."""
    if not locked.accounts:
        return None
    return LockedPlan(
        accounts={one.account: one.total for one in locked.accounts}, answered=known.answered
    )


def _schedule_of(locked: ScheduleLocked) -> LockedSchedule:
    return LockedSchedule(
        version=locked.version,
        days=tuple(
            PlannedShootDay(day=one.day, on=one.on, eighths=one.eighths) for one in locked.days
        ),
    )


def _base_of(base: HotCostBaseSet) -> HotBase:
    return HotBase(schedule_version=base.schedule_version, total=base.total, days=len(base.days))
