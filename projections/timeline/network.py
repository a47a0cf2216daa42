"""The network of milestones, tasks and shoot days: when each of them is expected, and how much it
may slip.

A thing is expected at the later of its own date and what its links force. Shoot days follow one
another in the order of their dates, and photography wraps with the last of them. It starts no
earlier than the first, and while that is not wrapped, none of them comes before its start.
"""

from dataclasses import dataclass
from datetime import date

from events.calendar import Calendar
from events.event import read_back
from projections.timeline.activities import (
    activities_of,
    day_of,
    key,
    key_of,
    shoot_days,
    start_of_photography,
)
from projections.timeline.answers import Span
from projections.timeline.critical_path import Times, critical_path
from projections.timeline.kinds import ItemKind
from projections.timeline.rows.schedule import Milestone, Schedule, ShootDay, Task
from projections.timeline.working_days import WorkingDays
from runtime.view import Rows


@dataclass(frozen=True)
class Network:
    """All times, by the key of what they are of: `task/edit`, `shoot-day/12`."""

    days: WorkingDays
    times: dict[str, Times]
    follows: dict[str, str]
    """The start of photography, by the shoot day that makes it later than by its own date."""

    def task(self, task: Task) -> Span:
        """When a task is expected; if it is finished, when it was."""
        times = self.times[key(ItemKind.TASK, task.task)]
        starts_on = self.days.day(times.early_start)
        if task.finished_on is not None:
            began = starts_on if task.starts_on is None else task.starts_on
            return Span(min(began, task.finished_on), task.finished_on)
        return Span(starts_on, self.days.day(times.early_finish - 1))

    def milestone(self, milestone: Milestone) -> date:
        """The day on which a milestone is expected, or was reached."""
        times = self.times[key(ItemKind.MILESTONE, milestone.milestone)]
        if milestone.reached_on is not None:
            return milestone.reached_on
        own = times.early_start == self.days.number(milestone.falls_on)
        if own and key_of(milestone) not in self.follows:
            return milestone.falls_on
        return self.days.day(times.early_start - (1 if times.evening else 0))

    def baseline(self, task: Task) -> Span | None:
        """From when until when a task was to take, at the lock."""
        if task.baseline_starts_on is None or task.baseline_days is None:
            return None
        first = self.days.number(task.baseline_starts_on)
        return Span(self.days.day(first), self.days.day(first + task.baseline_days - 1))

    def root_of(self, of: str) -> str:
        """What makes it as late as it is: the first of those that push one another."""
        while (driver := self.driver_of(of)) is not None:
            of = driver
        return of

    def driver_of(self, of: str) -> str | None:
        """What makes it later than by its own date."""
        return self.times[of].pushed_by or self.follows.get(of)

    def shoot_day(self, row: ShootDay) -> date:
        """When a shoot day is expected; if it is wrapped, when it was."""
        expected = self.times[key(ItemKind.SHOOT_DAY, str(row.day))].early_start
        return row.wrapped_on or self.days.day(expected)

    def slip(self, baseline: date | None, forecast: date | None) -> int | None:
        """Working days from the one to the other; none where either is not known."""
        if baseline is None or forecast is None:
            return None
        return self.days.between(baseline, forecast)


def row_of(rows: Rows, of: str) -> Milestone | Task | ShootDay | None:
    """The row of a milestone, a task or a shoot day, by that name."""
    kind, _, id_ = of.partition("/")
    match ItemKind(kind):
        case ItemKind.MILESTONE:
            return rows.get(Milestone, id_)
        case ItemKind.TASK:
            return rows.get(Task, id_)
        case ItemKind.SHOOT_DAY:
            return rows.get(ShootDay, int(id_))
        case _:
            return None


def network(rows: Rows) -> Network:
    """The times of everything that is linked, by the chosen calendar; Saturdays and Sundays are off
    while there is none, and a shoot day's date is worked whatever the calendar says."""
    shot = shoot_days(rows)
    schedule = rows.get(Schedule)
    stored = schedule and schedule.calendar
    days = WorkingDays(
        read_back(Calendar, stored) if stored else None,
        [on for row in shot if (on := day_of(row)) is not None],
    )
    start = start_of_photography(rows)
    activities = activities_of(rows, shot, start, days)
    follows: dict[str, str] = {}
    if start is not None and start.reached_on is None and shot:
        first = day_of(shot[0])
        if first is not None and first > start.falls_on:
            follows[key_of(start)] = key_of(shot[0])
    return Network(days, critical_path(activities), follows)
