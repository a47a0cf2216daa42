"""What the facts of the schedule change: its version, milestones, tasks and shoot days."""

import json
from collections.abc import Iterable, Iterator
from datetime import date

from events import schedule as facts
from events.envelope import Recorded
from projections.timeline.rows.schedule import Milestone, Schedule, ShootDay, Task
from runtime.changing import changed
from runtime.view import Row, Rows


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact of the schedule changes."""
    match recorded.event:
        case facts.ScheduleDrafted():
            yield changed(_schedule(rows), phase="draft", version=1)
        case facts.ScheduleSubmitted(version=version):
            yield changed(_schedule(rows), phase="submitted", version=version)
        case facts.ScheduleReturned(version=version):
            yield changed(_schedule(rows), phase="draft", version=version + 1)
        case facts.ScheduleReopened(version=version):
            yield changed(_schedule(rows), phase="draft", version=version)
        case facts.BehindThresholdSet(eighths=eighths):
            yield changed(_schedule(rows), behind_threshold=eighths)
        case facts.ShootDaysPlanned() as planned:
            yield _chosen(_schedule(rows), planned)
            yield from _days_planned(rows, planned.days, recorded.id)
        case facts.ScheduleLocked() as locked:
            yield from _locked(rows, locked, recorded.id)
        case facts.ShootDayWrapped() | facts.ShootDayFellBehind() | facts.ShootDaysMoved() as shot:
            yield from _shot(rows, shot, recorded.id)
        case facts.MilestoneSet() | facts.MilestoneMoved() | facts.MilestoneReached() as event:
            yield _milestone(rows, event, recorded.id)
        case facts.TaskSet() | facts.TaskMoved() | facts.TaskFinished() as event:
            yield _task(rows, event, recorded.id)
        case _:
            return


def _schedule(rows: Rows) -> Schedule:
    return rows.get(Schedule) or Schedule()


def _chosen(schedule: Schedule, by: facts.ShootDaysPlanned | facts.ScheduleLocked) -> Schedule:
    return changed(schedule, board=by.board, calendar=by.calendar.model_dump_json())


def _days_planned(
    rows: Rows, planned: Iterable[facts.PlannedDay], cause: str
) -> Iterator[ShootDay]:
    """The days as they are planned now; those that were planned before and no more have no date."""
    now = {one.day: one for one in planned}
    for row in list(rows.all(ShootDay)):
        if row.day not in now and row.planned_for is not None:
            yield changed(row, planned_for=None, reason=None, cause=cause)
    for one in now.values():
        row = rows.get(ShootDay, one.day) or ShootDay(one.day)
        if row.planned_for is not None and row.planned_for != one.on:
            row = changed(row, reason=None, cause=cause)
        eighths = one.eighths if row.wrapped_on is None else row.eighths_planned
        yield changed(row, planned_for=one.on, eighths_planned=eighths)


def _locked(rows: Rows, locked: facts.ScheduleLocked, cause: str) -> Iterator[Row]:
    """What stands now is the baseline from here on."""
    schedule = changed(_schedule(rows), phase="locked", version=locked.version)
    yield changed(_chosen(schedule, locked), locked_version=locked.version)
    days = {one.day: one.on for one in locked.days}
    told = set[int]()
    for row in _days_planned(rows, locked.days, cause):
        told.add(row.day)
        yield changed(row, baseline=days.get(row.day))
    for day in list(rows.all(ShootDay)):
        if day.day not in told:
            yield changed(day, baseline=None)
    for milestone in list(rows.all(Milestone)):
        yield changed(milestone, baseline=milestone.falls_on)
    for task in list(rows.all(Task)):
        yield changed(task, baseline_starts_on=task.starts_on, baseline_days=task.days)


def _shot(
    rows: Rows,
    event: facts.ShootDayWrapped | facts.ShootDayFellBehind | facts.ShootDaysMoved,
    cause: str,
) -> Iterator[ShootDay]:
    day = rows.get(ShootDay, event.day) or ShootDay(event.day)
    match event:
        case facts.ShootDayWrapped() as wrapped:
            yield changed(
                day,
                wrapped_on=wrapped.on,
                eighths_shot=wrapped.eighths,
                eighths_planned=wrapped.eighths_planned,
            )
        case facts.ShootDayFellBehind():
            yield changed(day, fell_behind=True)
        case facts.ShootDaysMoved() as moved:
            for one in moved.days:
                day = rows.get(ShootDay, one.day) or ShootDay(one.day)
                yield changed(day, planned_for=one.on, reason=moved.reason, cause=cause)


def _milestone(
    rows: Rows,
    event: facts.MilestoneSet | facts.MilestoneMoved | facts.MilestoneReached,
    cause: str,
) -> Milestone:
    kind, on = event.kind.value, event.on
    row = rows.get(Milestone, event.milestone)
    known = row or Milestone(event.milestone, kind, event.milestone, on)
    match event:
        case facts.MilestoneSet() as to:
            if row is not None and row.falls_on != on:
                known = changed(known, reason=None, cause=cause)
            return changed(
                known,
                kind=kind,
                name=to.name,
                falls_on=on,
                territory=to.territory,
                links=_links(to.links),
            )
        case facts.MilestoneMoved(reason=reason):
            return changed(known, falls_on=on, reason=reason, cause=cause)
        case facts.MilestoneReached():
            return changed(known, reached_on=on)


def _task(
    rows: Rows, event: facts.TaskSet | facts.TaskMoved | facts.TaskFinished, cause: str
) -> Task:
    row = rows.get(Task, event.task)
    known = row or Task(event.task, facts.TaskKind.OTHER.value, event.task, None, 1)
    match event:
        case facts.TaskSet() as to:
            if row is not None and _is_elsewhere(row, to.starts_on, to.days):
                known = changed(known, reason=None, cause=cause)
            return changed(
                known,
                kind=to.kind.value,
                name=to.name,
                starts_on=to.starts_on,
                days=to.days,
                links=_links(to.links),
            )
        case facts.TaskMoved() as to:
            return changed(
                known, starts_on=to.starts_on, days=to.days, reason=to.reason, cause=cause
            )
        case facts.TaskFinished(on=on):
            return changed(known, finished_on=on)


def _is_elsewhere(task: Task, starts_on: date, days: int) -> bool:
    return task.starts_on is not None and (task.starts_on, task.days) != (starts_on, days)


def _links(links: Iterable[facts.Link]) -> str:
    return json.dumps([(one.after, one.type.value, one.lag_days) for one in links])
