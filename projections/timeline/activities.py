"""Milestones, tasks and shoot days as activities of one network."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import groupby, pairwise

from events.schedule import LinkType, MilestoneKind
from projections.timeline.critical_path import Activity, Tie
from projections.timeline.kinds import ItemKind
from projections.timeline.rows.schedule import Milestone, ShootDay, Task
from projections.timeline.working_days import WorkingDays
from runtime.view import Rows


def key(kind: ItemKind, id_: str) -> str:
    """What names an item among those of all kinds."""
    return f"{kind.value}/{id_}"


def key_of(row: ShootDay | Milestone) -> str:
    """The key of a shoot day or a milestone."""
    if isinstance(row, Milestone):
        return key(ItemKind.MILESTONE, row.milestone)
    return key(ItemKind.SHOOT_DAY, str(row.day))


def day_of(row: ShootDay) -> date | None:
    """When a shoot day was wrapped or else is to be; none if it is planned no more."""
    return row.wrapped_on or row.planned_for


def shoot_days(rows: Rows) -> list[ShootDay]:
    """The shoot days that were or are to be, by their dates."""
    dated = [(on, row.day, row) for row in rows.all(ShootDay) if (on := day_of(row)) is not None]
    return [row for _, _, row in sorted(dated, key=lambda one: one[:2])]


def start_of_photography(rows: Rows) -> Milestone | None:
    """The milestone of the first unit, where there are several."""
    starts = [row for row in rows.all(Milestone) if row.kind == MilestoneKind.PHOTOGRAPHY_START]
    return min(starts, key=lambda row: (row.falls_on, row.milestone), default=None)


def activities_of(
    rows: Rows, shot: list[ShootDay], start: Milestone | None, days: WorkingDays
) -> list[Activity]:
    """Everything that is linked, with what ties it to the others beside its own links."""
    return [
        *_shooting(shot, days, start),
        *(_milestone(rows, row, shot, days, row == start) for row in rows.all(Milestone)),
        *(_task(rows, row, days) for row in rows.all(Task)),
    ]


def _shooting(
    shot: list[ShootDay], days: WorkingDays, start: Milestone | None
) -> Iterator[Activity]:
    """Each shoot day waits for those of the date before it, the first for the start."""
    for before, units in pairwise([[], *_by_date(shot)]):
        waits_for: list[ShootDay | Milestone] = [*before]
        if not before and start is not None:
            waits_for.append(start)
        ties = tuple(Tie(key_of(one)) for one in waits_for)
        for row in units:
            on = day_of(row)
            assert on is not None
            yield Activity(
                key_of(row),
                1,
                days.number(on),
                ties,
                None if row.wrapped_on is None else days.through(row.wrapped_on),
            )


def _milestone(
    rows: Rows, row: Milestone, shot: list[ShootDay], days: WorkingDays, is_start: bool
) -> Activity:
    ties = _ties(rows, row.links)
    if shot and row.kind == MilestoneKind.WRAP:
        ties += tuple(Tie(key_of(one)) for one in _by_date(shot)[-1])
    own = row.reached_on or row.falls_on
    first = day_of(shot[0]) if shot and is_start and row.reached_on is None else None
    return Activity(
        key_of(row),
        0,
        days.number(own if first is None else max(own, first)),
        ties,
        None if row.reached_on is None else days.through(row.reached_on),
    )


def _task(rows: Rows, row: Task, days: WorkingDays) -> Activity:
    own = row.starts_on or row.finished_on
    assert own is not None
    return Activity(
        key(ItemKind.TASK, row.task),
        row.days,
        days.number(own),
        _ties(rows, row.links),
        None if row.finished_on is None else days.through(row.finished_on),
    )


def _by_date(shot: list[ShootDay]) -> list[list[ShootDay]]:
    return [list(units) for _, units in groupby(shot, day_of)]


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
