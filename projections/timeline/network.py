"""The network of milestones, tasks and shoot days: when each of them is expected, and how much it
may slip.

A thing is expected at the later of its own date and what its links force. Shoot days follow one
another in the order of their dates; photography starts with the first of them, and wraps with the
last.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

from events.calendar import Calendar
from events.schedule import LinkType, MilestoneKind
from projections.timeline.answers import ItemKind, Span
from projections.timeline.critical_path import Activity, Tie, Times, critical_path
from projections.timeline.rows.schedule import Milestone, Schedule, ShootDay, Task
from projections.timeline.working_days import WorkingDays
from runtime.view import Rows


@dataclass(frozen=True)
class Network:
    """All times, by the key of what they are of: `task/edit`, `shoot-day/12`."""

    days: WorkingDays
    times: dict[str, Times]

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
        if times.early_start == self.days.number(milestone.falls_on):
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
        while (pushed_by := self.times[of].pushed_by) is not None:
            of = pushed_by
        return of

    def slip(self, baseline: date | None, forecast: date | None) -> int | None:
        """Working days from the one to the other; none where either is not known."""
        if baseline is None or forecast is None:
            return None
        return self.days.between(baseline, forecast)


def key(kind: ItemKind, id_: str) -> str:
    """What names an item among those of all kinds."""
    return f"{kind.value}/{id_}"


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


def day_of(row: ShootDay) -> date | None:
    """When a shoot day was wrapped or else is to be; none if it is planned no more."""
    return row.wrapped_on or row.planned_for


def shoot_days(rows: Rows) -> list[ShootDay]:
    """The shoot days that were or are to be, by their dates."""
    dated = [(on, row.day, row) for row in rows.all(ShootDay) if (on := day_of(row)) is not None]
    return [row for _, _, row in sorted(dated, key=lambda one: one[:2])]


def network(rows: Rows) -> Network:
    """The times of everything that is linked, by the chosen calendar; Saturdays and Sundays are off
    while there is none, and a shoot day's date is worked whatever the calendar says."""
    shot = shoot_days(rows)
    schedule = rows.get(Schedule)
    stored = schedule and schedule.calendar
    days = WorkingDays(
        Calendar.model_validate_json(stored) if stored else None,
        [on for row in shot if (on := day_of(row)) is not None],
    )
    activities = [
        *_shooting(shot, days),
        *(_milestone(rows, row, shot, days) for row in rows.all(Milestone)),
        *(_task(rows, row, days) for row in rows.all(Task)),
    ]
    return Network(days, critical_path(activities))


def _by_date(shot: list[ShootDay]) -> list[list[ShootDay]]:
    return [list(units) for _, units in groupby(shot, day_of)]


def _shooting(shot: list[ShootDay], days: WorkingDays) -> Iterator[Activity]:
    """Each shoot day waits for those of the date before it."""
    for before, units in pairwise([[], *_by_date(shot)]):
        ties = tuple(Tie(_key_of(one)) for one in before)
        for row in units:
            on = day_of(row)
            assert on is not None
            yield Activity(
                _key_of(row),
                1,
                days.number(on),
                ties,
                None if row.wrapped_on is None else days.through(row.wrapped_on),
            )


def _key_of(row: ShootDay) -> str:
    return key(ItemKind.SHOOT_DAY, str(row.day))


def _milestone(rows: Rows, row: Milestone, shot: list[ShootDay], days: WorkingDays) -> Activity:
    ties = _ties(rows, row.links)
    if shot and row.kind == MilestoneKind.PHOTOGRAPHY_START:
        first = _by_date(shot)[0]
        ties += tuple(Tie(_key_of(one), LinkType.START_START) for one in first)
    if shot and row.kind == MilestoneKind.WRAP:
        ties += tuple(Tie(_key_of(one)) for one in _by_date(shot)[-1])
    return Activity(
        key(ItemKind.MILESTONE, row.milestone),
        0,
        days.number(row.reached_on or row.falls_on),
        ties,
        None if row.reached_on is None else days.through(row.reached_on),
    )


def _task(rows: Rows, row: Task, days: WorkingDays) -> Activity:
    own = row.starts_on or row.finished_on
    return Activity(
        key(ItemKind.TASK, row.task),
        row.days,
        0 if own is None else days.number(own),
        _ties(rows, row.links),
        None if row.finished_on is None else days.through(row.finished_on),
    )


def _ties(rows: Rows, links: str) -> tuple[Tie, ...]:
    """The links as stored; each names a milestone or a task."""
    return tuple(
        Tie(
            key(
                ItemKind.MILESTONE if rows.get(Milestone, after) else ItemKind.TASK,
                after,
            ),
            LinkType(type_),
            lag,
        )
        for after, type_, lag in json.loads(links)
    )
