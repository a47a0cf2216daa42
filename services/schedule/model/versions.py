"""Steps of a version: submitted, locked, returned, reopened."""

from collections.abc import Sequence
from typing import assert_never

from events.event import Event
from events.schedule import (
    ScheduleLocked,
    ScheduleReopened,
    ScheduleReturned,
    ScheduleSubmitted,
    ShootDaysPlanned,
)
from runtime.versions import Draft, Submitted, comes_back, is_on, moved_on
from services.schedule.commands import (
    LockSchedule,
    ReopenSchedule,
    ReturnSchedule,
    SubmitSchedule,
    VersionStep,
)
from services.schedule.model.phases import (
    Drafted,
    Locked,
    Phase,
    drafted,
    still_draft,
)
from services.schedule.model.rejections import ScheduleMovedOn, ShootDaysAreNotPlanned


def decide_version(phase: Phase, command: VersionStep) -> Sequence[Event]:
    """The facts that follow from a step of the version."""
    match command:
        case SubmitSchedule():
            return _submit(phase)
        case LockSchedule():
            return _lock(drafted(phase), command)
        case ReturnSchedule():
            return _return(drafted(phase), command)
        case ReopenSchedule():
            return _reopen(drafted(phase), command)
        case _:
            assert_never(command)


def _submit(phase: Phase) -> Sequence[Event]:
    if isinstance(phase, Submitted):
        return []
    draft = still_draft(phase)
    plan = _plan_of(draft)
    return [
        ScheduleSubmitted(
            version=draft.version,
            content_hash=draft.content.content_hash(),
            shoot_days=len(plan.days),
            eighths=sum(one.eighths for one in plan.days),
            starts_on=plan.days[0].on,
            ends_on=plan.days[-1].on,
        )
    ]


def _lock(schedule: Drafted, command: LockSchedule) -> Sequence[Event]:
    match schedule:
        case Locked(locked=locked) if is_on(command, locked):
            return []
        case Submitted(submitted=submitted) if is_on(command, submitted):
            plan = _plan_of(schedule)
            return [
                ScheduleLocked(
                    **command.model_dump(),
                    board=plan.board,
                    calendar=plan.calendar,
                    days=plan.days,
                )
            ]
        case _:
            raise ScheduleMovedOn(moved_on(schedule, command.version))


def _return(schedule: Drafted, command: ReturnSchedule) -> Sequence[Event]:
    if command.version < schedule.version:
        return []
    if comes_back(schedule, command.version):
        return [ScheduleReturned(**command.model_dump())]
    raise ScheduleMovedOn(moved_on(schedule, command.version))


def _reopen(schedule: Drafted, command: ReopenSchedule) -> Sequence[Event]:
    if isinstance(schedule, Draft):
        return []
    return [
        ScheduleReopened(
            version=schedule.version + 1,
            was_locked=isinstance(schedule, Locked),
            reason=command.reason,
        )
    ]


def _plan_of(schedule: Drafted) -> ShootDaysPlanned:
    plan = schedule.content.plan
    if plan is None or not plan.days:
        raise ShootDaysAreNotPlanned(
            f"version {schedule.version} has no shoot days: choose a board that has some"
        )
    return plan
