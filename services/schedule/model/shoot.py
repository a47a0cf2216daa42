"""The shoot: days wrapped, eighths shot, and whether it is behind what was planned."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from immutables import Map

from events.event import Event
from events.schedule import (
    BehindThresholdSet,
    PlannedDay,
    ScheduleLocked,
    ShootDayFellBehind,
    ShootDayWrapped,
)
from runtime.changing import changed
from services.schedule.commands import SetBehindThreshold, WrapShootDay
from services.schedule.model.content import EIGHTHS_MAX
from services.schedule.model.fitting import once, refuse
from services.schedule.model.phases import Locked, Phase
from services.schedule.model.rejections import (
    BreakdownIsShot,
    BreakdownsDoNotFit,
    ScheduleIsNotLocked,
    ScheduleIsTooLong,
    ShootDayIsUnknown,
    ShootDayIsWrapped,
)

A_PAGE = 8


@dataclass(frozen=True)
class Shoot:
    """What was shot, whatever the phase of the plan. `shot` knows the day of every breakdown;
    `told_behind` is the last slip that was told against the present baseline, in eighths."""

    threshold: int = A_PAGE
    wrapped: Map[int, ShootDayWrapped] = field(default_factory=Map)
    shot: Map[str, int] = field(default_factory=Map)
    told_behind: int = 0

    @property
    def eighths(self) -> int:
        """What was shot so far, in eighths of a page."""
        return sum(one.eighths for one in self.wrapped.values())


ShootEvent = BehindThresholdSet | ShootDayWrapped | ShootDayFellBehind | ScheduleLocked


def evolve(shoot: Shoot, event: ShootEvent) -> Shoot:
    """The shoot after `event`. Against a new baseline a slip is told anew."""
    match event:
        case BehindThresholdSet():
            return changed(shoot, threshold=event.eighths)
        case ShootDayWrapped():
            return changed(
                shoot,
                wrapped=shoot.wrapped.set(event.day, event),
                shot=shoot.shot.update((one, event.day) for one in event.breakdowns),
            )
        case ShootDayFellBehind():
            return changed(shoot, told_behind=event.eighths_behind)
        case ScheduleLocked():
            return changed(shoot, told_behind=0)
        case _:
            assert_never(event)


def set_threshold(shoot: Shoot, command: SetBehindThreshold) -> Sequence[Event]:
    """The fact from how many eighths behind plan on the shoot has fallen behind."""
    if shoot.threshold == command.eighths:
        return []
    return [BehindThresholdSet(eighths=command.eighths)]


def wrap(phase: Phase, shoot: Shoot, command: WrapShootDay) -> Sequence[Event]:
    """The fact that a day was wrapped, and that the shoot fell behind with it, if it did."""
    before = shoot.wrapped.get(command.day)
    if before is not None and _is_same(before, command):
        return []
    locked = locked_only(phase)
    planned = planned_day(locked, command.day)
    if before is not None:
        raise ShootDayIsWrapped(
            f"day {command.day} was wrapped on {before.on} with {before.eighths} eighths: wrap the "
            "next one"
        )
    _check_shot(locked, shoot, command)
    wrapped = _wrapped(locked, shoot, command, planned)
    return [wrapped, *_fallen_behind(locked.locked, shoot, wrapped)]


def locked_only(phase: Phase) -> Locked:
    """The locked schedule, or the refusal that there is none."""
    if not isinstance(phase, Locked):
        raise ScheduleIsNotLocked(
            "no version is locked: submit this one, and it is locked when it is approved"
        )
    return phase


def planned_day(locked: Locked, day: int) -> PlannedDay:
    """The baseline's day of that number, or the refusal that there is none."""
    days = locked.locked.days
    if day > len(days):
        raise ShootDayIsUnknown(
            f"the locked schedule has {len(days)} shoot days, and no day {day}: check its number, "
            "or reopen the schedule to add days"
        )
    return days[day - 1]


def _is_same(before: ShootDayWrapped, command: WrapShootDay) -> bool:
    return (before.on, before.breakdowns, before.note) == (
        command.on,
        command.breakdowns,
        command.note,
    ) and command.eighths in (None, before.eighths)


def _check_shot(locked: Locked, shoot: Shoot, command: WrapShootDay) -> None:
    refuse(once("breakdown", command.breakdowns), BreakdownsDoNotFit)
    for one in command.breakdowns:
        locked.content.check_known(one)
        if one in shoot.shot:
            raise BreakdownIsShot(
                f"breakdown {one} was shot on day {shoot.shot[one]}: leave it out; what was shot "
                "of it again goes into `eighths`"
            )


def _wrapped(
    locked: Locked, shoot: Shoot, command: WrapShootDay, planned: PlannedDay
) -> ShootDayWrapped:
    eighths = command.eighths
    if eighths is None:
        eighths = locked.content.eighths_of(command.breakdowns)
    to_date = shoot.eighths + eighths
    if to_date > EIGHTHS_MAX:
        raise ScheduleIsTooLong(
            f"with day {command.day} there are {to_date:,} eighths shot, over {EIGHTHS_MAX // 8:,} "
            "pages: `eighths` counts eighths of a page"
        )
    days = {*shoot.wrapped, command.day}
    return ShootDayWrapped(
        day=command.day,
        on=command.on,
        breakdowns=command.breakdowns,
        eighths=eighths,
        eighths_planned=planned.eighths,
        eighths_to_date=to_date,
        eighths_planned_to_date=sum(one.eighths for one in locked.locked.days if one.day in days),
        note=command.note,
    )


def _fallen_behind(
    baseline: ScheduleLocked, shoot: Shoot, wrapped: ShootDayWrapped
) -> Sequence[Event]:
    """A slip is told when it reaches the threshold, and again only when it has grown."""
    behind = wrapped.eighths_planned_to_date - wrapped.eighths_to_date
    if behind < shoot.threshold or behind <= shoot.told_behind:
        return []
    return [
        ShootDayFellBehind(
            day=wrapped.day,
            on=wrapped.on,
            eighths_behind=behind,
            threshold=shoot.threshold,
            tenths_of_days_behind=_tenths_of_days(behind, baseline),
        )
    ]


def _tenths_of_days(behind: int, baseline: ScheduleLocked) -> int:
    """10 x eighths behind / average eighths of a planned day, half up."""
    total = sum(one.eighths for one in baseline.days)
    return (2 * 10 * behind * len(baseline.days) + total) // (2 * total)
