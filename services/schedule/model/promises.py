"""Milestones and tasks: set, moved with a reason, reached or finished. In any phase."""

from collections.abc import Sequence
from typing import assert_never

from events.event import Event
from events.schedule import (
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    TaskFinished,
    TaskMoved,
    TaskSet,
)
from services.schedule.commands import (
    DatesStep,
    FinishTask,
    MoveMilestone,
    MoveTask,
    ReachMilestone,
    SetMilestone,
    SetTask,
)
from services.schedule.model.dates import (
    Dates,
    FinishedTask,
    Milestone,
    ReachedMilestone,
    Task,
)
from services.schedule.model.phases import Locked, Phase
from services.schedule.model.rejections import (
    IdIsTaken,
    MilestoneExists,
    MilestoneIsReached,
    MilestoneIsUnknown,
    TaskExists,
    TaskIsFinished,
    TaskIsUnknown,
)


def decide_dates(phase: Phase, dates: Dates, command: DatesStep) -> Sequence[Event]:
    """The facts that follow from a command about milestones and tasks."""
    match command:
        case SetMilestone():
            return _set_milestone(phase, dates, command)
        case MoveMilestone():
            return _move_milestone(dates, command)
        case ReachMilestone():
            return _reach_milestone(dates, command)
        case SetTask():
            return _set_task(phase, dates, command)
        case MoveTask():
            return _move_task(dates, command)
        case FinishTask():
            return _finish_task(dates, command)
        case _:
            assert_never(command)


def _set_milestone(phase: Phase, dates: Dates, command: SetMilestone) -> Sequence[Event]:
    milestone = MilestoneSet(**dict(command))
    before = dates.milestones.get(command.milestone)
    if before is not None and before.stands == milestone:
        return []
    if command.milestone in dates.tasks:
        raise IdIsTaken(f"{command.milestone} is a task: give the milestone an id of its own")
    if before is not None:
        _check_awaited(before)
        if isinstance(phase, Locked):
            raise MilestoneExists(
                f"{command.milestone} is {before.stands.name!r} on {before.stands.on} and the "
                "schedule is locked: move it, with the reason"
            )
    dates.check_links(command.milestone, command.links)
    return [milestone]


def _move_milestone(dates: Dates, command: MoveMilestone) -> Sequence[Event]:
    milestone = _milestone(dates, command.milestone)
    if milestone.stands.on == command.on:
        return []
    _check_awaited(milestone)
    return [
        MilestoneMoved(
            milestone=command.milestone,
            kind=milestone.stands.kind,
            was=milestone.stands.on,
            on=command.on,
            reason=command.reason,
        )
    ]


def _reach_milestone(dates: Dates, command: ReachMilestone) -> Sequence[Event]:
    milestone = _milestone(dates, command.milestone)
    if isinstance(milestone, ReachedMilestone) and milestone.on == command.on:
        return []
    _check_awaited(milestone)
    return [
        MilestoneReached(milestone=command.milestone, kind=milestone.stands.kind, on=command.on)
    ]


def _set_task(phase: Phase, dates: Dates, command: SetTask) -> Sequence[Event]:
    task = TaskSet(**dict(command))
    before = dates.tasks.get(command.task)
    if before is not None and before.stands == task:
        return []
    if command.task in dates.milestones:
        raise IdIsTaken(f"{command.task} is a milestone: give the task an id of its own")
    if before is not None:
        _check_open(before)
        if isinstance(phase, Locked):
            raise TaskExists(
                f"{command.task} is {before.stands.name!r} from {before.stands.starts_on} on and "
                "the schedule is locked: move it, with the reason"
            )
    dates.check_links(command.task, command.links)
    return [task]


def _move_task(dates: Dates, command: MoveTask) -> Sequence[Event]:
    task = _task(dates, command.task)
    stands = task.stands
    moved = TaskMoved(
        task=command.task,
        was_on=stands.starts_on,
        was_days=stands.days,
        starts_on=command.starts_on or stands.starts_on,
        days=command.days or stands.days,
        reason=command.reason,
    )
    if (moved.starts_on, moved.days) == (stands.starts_on, stands.days):
        return []
    _check_open(task)
    return [moved]


def _finish_task(dates: Dates, command: FinishTask) -> Sequence[Event]:
    task = _task(dates, command.task)
    if isinstance(task, FinishedTask) and task.on == command.on:
        return []
    _check_open(task)
    return [TaskFinished(task=command.task, on=command.on)]


def _milestone(dates: Dates, name: str) -> Milestone:
    milestone = dates.milestones.get(name)
    if milestone is None:
        raise MilestoneIsUnknown(f"there is no milestone {name}: set it first, or check its id")
    return milestone


def _task(dates: Dates, name: str) -> Task:
    task = dates.tasks.get(name)
    if task is None:
        raise TaskIsUnknown(f"there is no task {name}: set it first, or check its id")
    return task


def _check_awaited(milestone: Milestone) -> None:
    if isinstance(milestone, ReachedMilestone):
        raise MilestoneIsReached(
            f"{milestone.stands.milestone} was reached on {milestone.on}: set another milestone"
        )


def _check_open(task: Task) -> None:
    if isinstance(task, FinishedTask):
        raise TaskIsFinished(f"{task.stands.task} was finished on {task.on}: set another task")
