"""How facts of all rooms become what the contract room remembers."""

from events.approval import ProductionOpened
from events.budget import BudgetLocked, BudgetReopened
from events.contract import (
    Condition,
    ConditionMet,
    ContractAmended,
    ContractCompleted,
    ContractDrafted,
    ContractExecuted,
    ContractExpired,
    ContractTerminated,
    OfferCountered,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
    TermsRedrafted,
)
from events.envelope import Recorded
from events.schedule import (
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    ScheduleLocked,
    ScheduleReopened,
    ShootDaysMoved,
    ShootDaysPlanned,
    ShootDayWrapped,
)
from services.contract.model.known import Known

BUDGET_LOCKED, SCHEDULE_LOCKED = Condition.BUDGET_LOCKED, Condition.SCHEDULE_LOCKED


def hear(known: Known, recorded: Recorded) -> Known:
    """What is remembered after this fact."""
    match recorded.log:
        case "contract":
            return _hear_of_a_deal(known, recorded)
        case "schedule":
            return _hear_of_the_schedule(known, recorded)
        case _:
            return _hear_of_the_money(known, recorded)


def _hear_of_the_money(known: Known, recorded: Recorded) -> Known:
    match recorded.event:
        case ProductionOpened(currency=currency):
            return known.but(currency=currency)
        case BudgetLocked():
            return known.locked(BUDGET_LOCKED, recorded.id)
        case BudgetReopened():
            return known.reopened(BUDGET_LOCKED)
        case _:
            return known


def _hear_of_the_schedule(known: Known, recorded: Recorded) -> Known:
    shoot = known.shoot
    match recorded.event:
        case ScheduleLocked(days=days):
            locked = known.locked(SCHEDULE_LOCKED, recorded.id)
            return locked.but(shoot=shoot.planned(days).but(is_binding=True))
        case ScheduleReopened():
            return known.reopened(SCHEDULE_LOCKED)
        case ShootDaysPlanned(days=days):
            return known.but(shoot=shoot.planned(days))
        case ShootDaysMoved(days=days):
            return known.but(shoot=shoot.moved(days))
        case ShootDayWrapped(day=day):
            return known.but(shoot=shoot.with_wrapped(day))
        case MilestoneSet() | MilestoneMoved() | MilestoneReached() as event:
            return known.but(milestones={**known.milestones, event.milestone: event.on})
        case _:
            return known


def _hear_of_a_deal(known: Known, recorded: Recorded) -> Known:
    match recorded.event:
        case ContractTerminated() | ContractCompleted() | ContractExpired() as ended:
            return known.without(ended.contract)
        case ContractDrafted() | TermsRedrafted() | OfferCountered() as event:
            held = known.deal(event.contract).waiting(event.terms)
        case ConditionMet() as event:
            held = known.deal(event.contract).having_met(event.condition)
        case ContractExecuted() as event:
            held = known.deal(event.contract).signed(event.terms)
        case ContractAmended() as event:
            held = known.deal(event.contract).signed(event.after)
        case OptionExtended() as event:
            held = known.deal(event.contract).extended(event.option, event.exercise_by)
        case OptionExercised() | OptionLapsed() as event:
            held = known.deal(event.contract).settled(event.option)
        case _:
            return known
    return known.having(event.contract, held)
