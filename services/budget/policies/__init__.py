"""How the budget room answers approvals, deals and the schedule."""

from collections.abc import Sequence
from decimal import Decimal

from events.approval import ApprovalGranted, ApprovalRefused, Subject
from events.budget import (
    BudgetLocked,
    BudgetReturned,
    CommitmentClosed,
    CommitmentRaised,
    HotCostBaseSet,
    OverageApproved,
    OverageCause,
    OverageForecast,
    OverageRefused,
)
from events.contract import ContractAmended, ContractExecuted, ContractTerminated
from events.envelope import Recorded
from events.money import rounded
from events.schedule import ScheduleLocked, ShootDayFellBehind
from runtime.decider import Command, Policies, Reaction
from services.budget.commands import (
    ApproveOverage,
    CloseCommitment,
    ForecastOverage,
    LockBudget,
    RaiseCommitment,
    RefuseOverage,
    ReturnBudget,
    SetHotCostBase,
)
from services.budget.model.deals import let_go_by, raised_for, released_by
from services.budget.model.known import Known
from services.budget.policies.hearing import hear

__all__ = ["Known", "hear", "policies"]


def _grant(recorded: Recorded, _: Known) -> Sequence[Command]:
    match recorded.event:
        case ApprovalGranted(subject=Subject(kind="budget") as subject, request=request):
            return [
                LockBudget(
                    version=subject.version, content_hash=subject.content_hash, request=request
                )
            ]
        case ApprovalGranted(subject=Subject(kind="overage") as subject, request=request):
            return [
                ApproveOverage(
                    overage=subject.name, content_hash=subject.content_hash, request=request
                )
            ]
        case _:
            return []


def _refuse(recorded: Recorded, _: Known) -> Sequence[Command]:
    match recorded.event:
        case ApprovalRefused(subject=Subject(kind="budget") as subject, reason=reason, by=by):
            return [ReturnBudget(version=subject.version, reason=reason, by=by)]
        case ApprovalRefused(subject=Subject(kind="overage") as subject) as refused:
            return [
                RefuseOverage(
                    overage=subject.name,
                    content_hash=subject.content_hash,
                    request=refused.request,
                    reason=refused.reason,
                    by=refused.by,
                )
            ]
        case _:
            return []


def _spread(_: Recorded, known: Known) -> Sequence[Command]:
    schedule = known.schedule
    if not known.is_locked or schedule is None or not schedule.days:
        return []
    return [SetHotCostBase(schedule_version=schedule.version, days=schedule.days)]


def _commit(recorded: Recorded, known: Known) -> Sequence[Command]:
    executed = recorded.event
    assert isinstance(executed, ContractExecuted)
    return list(raised_for(known.promised, executed))


def _commit_anew(recorded: Recorded, known: Known) -> Sequence[Command]:
    amended = recorded.event
    assert isinstance(amended, ContractAmended)
    return [*let_go_by(known.promised, amended), *raised_for(known.promised, amended)]


def _let_go(recorded: Recorded, known: Known) -> Sequence[Command]:
    terminated = recorded.event
    assert isinstance(terminated, ContractTerminated)
    return list(released_by(known.promised, terminated))


def _forecast(recorded: Recorded, known: Known) -> Sequence[Command]:
    behind = recorded.event
    assert isinstance(behind, ShootDayFellBehind)
    base, threshold, currency = known.hot_base, known.threshold, known.currency
    if base is None or threshold is None or currency is None:
        return []
    days = Decimal(behind.tenths_of_days_behind) / 10
    amount = rounded(base.total * days / base.days, currency)
    if amount <= 0 or amount < threshold.amount:
        return []
    # Days are counted anew on another schedule, and so is what is behind.
    series = f"OV-behind-v{base.schedule_version}-"
    return [
        ForecastOverage(
            overage=f"{series}{behind.day}",
            series=series,
            cause=OverageCause.BEHIND_SCHEDULE,
            amount=amount,
            account=threshold.behind_account,
            reason=f"after shoot day {behind.day} on {behind.on} the shoot is "
            f"{behind.eighths_behind} eighths behind, {days} average days of the hot-cost base",
        )
    ]


REACTIONS = (
    Reaction(
        on=ApprovalGranted,
        because="an approved budget is locked, an approved overage added to it",
        gives={LockBudget: (BudgetLocked,), ApproveOverage: (OverageApproved,)},
        react=_grant,
    ),
    Reaction(
        on=ApprovalRefused,
        because="a refused budget comes back, a refused overage is told",
        gives={ReturnBudget: (BudgetReturned,), RefuseOverage: (OverageRefused,)},
        react=_refuse,
    ),
    Reaction(
        on=BudgetLocked,
        because="a locked budget is spread over the days of the locked schedule",
        gives={SetHotCostBase: (HotCostBaseSet,)},
        react=_spread,
    ),
    Reaction(
        on=ScheduleLocked,
        because="over the days of a locked schedule the locked budget is spread",
        gives={SetHotCostBase: (HotCostBaseSet,)},
        react=_spread,
    ),
    Reaction(
        on=ShootDayFellBehind,
        because="a late shoot needs more money than is approved",
        gives={ForecastOverage: (OverageForecast,)},
        react=_forecast,
    ),
    Reaction(
        on=ContractExecuted,
        because="what a deal owes is committed, payment by payment",
        gives={RaiseCommitment: (CommitmentRaised, OverageForecast)},
        react=_commit,
    ),
    Reaction(
        on=ContractAmended,
        because="what an amended deal owes otherwise is committed anew",
        gives={
            CloseCommitment: (CommitmentClosed, OverageForecast),
            RaiseCommitment: (CommitmentRaised, OverageForecast),
        },
        react=_commit_anew,
    ),
    Reaction(
        on=ContractTerminated,
        because="what a terminated deal no longer owes is let go",
        gives={CloseCommitment: (CommitmentClosed, OverageForecast)},
        react=_let_go,
    ),
)

policies = Policies(
    logs=("approval", "budget", "contract", "schedule"),
    nothing_known=Known(),
    hear=hear,
    reactions=REACTIONS,
)
