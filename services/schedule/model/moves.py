"""Shoot days moved to other dates, after the lock."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from events.calendar import Calendar, NoWorkingDay
from events.event import Event
from events.schedule import DatedDay, ShootDaysMoved
from services.schedule.commands import MoveShootDay
from services.schedule.model.phases import Locked, Phase, worked_too
from services.schedule.model.rejections import (
    ShootDateIsTaken,
    ShootDayIsOff,
    ShootDayIsOutOfOrder,
    ShootDayIsWrapped,
    WorkingDaysRunOut,
)
from services.schedule.model.shoot import Shoot, locked_only, planned_day


def move_day(phase: Phase, shoot: Shoot, command: MoveShootDay) -> Sequence[Event]:
    """The fact that a day was moved, with all days that had to follow it."""
    locked = locked_only(phase)
    planned_day(locked, command.day)
    if command.day in shoot.wrapped:
        raise ShootDayIsWrapped(
            f"day {command.day} was wrapped on {shoot.wrapped[command.day].on}: move a day that is "
            "still to be shot"
        )
    was = locked.dates[command.day]
    if was == command.on:
        return []
    _check_order(locked, shoot, command)
    _check_free(shoot, command)
    _check_worked(locked.calendar, command)
    calendar = worked_too(locked.calendar, command.on)
    return [
        ShootDaysMoved(
            day=command.day,
            was=was,
            on=command.on,
            reason=command.reason,
            days=(
                DatedDay(day=command.day, on=command.on),
                *_followers(locked, shoot, calendar, command),
            ),
        )
    ]


def _check_order(locked: Locked, shoot: Shoot, command: MoveShootDay) -> None:
    earlier = {day: on for day, on in _standing(locked, shoot).items() if day < command.day}
    if not earlier:
        return
    latest, on = max(earlier.items(), key=lambda one: one[1])
    if command.on <= on:
        raise ShootDayIsOutOfOrder(
            f"day {latest} is on {on} and comes before day {command.day}: choose a later date than "
            "that, or reopen the schedule to shoot in another order"
        )


def _check_free(shoot: Shoot, command: MoveShootDay) -> None:
    for one in shoot.wrapped.values():
        if one.on == command.on:
            raise ShootDateIsTaken(
                f"day {one.day} was shot on {one.on}: choose a date that has no shoot day"
            )


def _check_worked(calendar: Calendar, command: MoveShootDay) -> None:
    if command.work_on_day_off or calendar.is_worked(command.on):
        return
    raise ShootDayIsOff(
        f"nobody works on {command.on}: move it to {_next_worked(calendar, command.on)}, or agree "
        "to work with `work_on_day_off`"
    )


def _followers(
    locked: Locked, shoot: Shoot, calendar: Calendar, command: MoveShootDay
) -> Iterator[DatedDay]:
    """The later days still to be shot that cannot stay where they are, on the next working days."""
    taken = {one.on for one in shoot.wrapped.values()}
    last = command.on
    for day, on in sorted(_still_to_be_shot(locked, shoot).items()):
        if day <= command.day:
            continue
        stays = on > last and on not in taken
        last = on if stays else _next_free(calendar, max(on, last), taken)
        if not stays:
            yield DatedDay(day=day, on=last)


def _standing(locked: Locked, shoot: Shoot) -> dict[int, date]:
    """Where every day of the baseline stands: shot on, or expected on."""
    return {
        day: shoot.wrapped[day].on if day in shoot.wrapped else on
        for day, on in locked.dates.items()
    }


def _still_to_be_shot(locked: Locked, shoot: Shoot) -> dict[int, date]:
    return {day: on for day, on in locked.dates.items() if day not in shoot.wrapped}


def _next_free(calendar: Calendar, after: date, taken: set[date]) -> date:
    while (after := _next_worked(calendar, after)) in taken:
        pass
    return after


def _next_worked(calendar: Calendar, after: date) -> date:
    try:
        return next(calendar.days_from(after + timedelta(days=1)))
    except (NoWorkingDay, OverflowError) as error:
        raise WorkingDaysRunOut(
            f"no working day comes after {after}: choose an earlier date"
        ) from error
