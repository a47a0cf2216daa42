"""The schedule: what follows from each of its commands."""

from collections.abc import Sequence
from typing import assert_never

from events.event import Event
from runtime.decider import Context, Decider
from services.schedule.commands import (
    AddBreakdowns,
    AddElements,
    ChooseBoard,
    DraftSchedule,
    FinishTask,
    ImportSchedule,
    LayBoard,
    LockSchedule,
    MoveMilestone,
    MoveShootDay,
    MoveTask,
    ReachMilestone,
    ReopenSchedule,
    ReturnSchedule,
    ScheduleCommand,
    SetBehindThreshold,
    SetMilestone,
    SetTask,
    SubmitSchedule,
    WrapShootDay,
)
from services.schedule.model.edits import decide_edit
from services.schedule.model.moves import move_day
from services.schedule.model.promises import decide_dates
from services.schedule.model.shoot import set_threshold, wrap
from services.schedule.model.state import Schedule, evolve
from services.schedule.model.versions import decide_version


def decide(schedule: Schedule, command: ScheduleCommand, _: Context) -> Sequence[Event]:
    """The facts that follow from `command`."""
    match command:
        case DraftSchedule() | AddElements() | AddBreakdowns() | LayBoard():
            return decide_edit(schedule.phase, command)
        case ImportSchedule() | ChooseBoard():
            return decide_edit(schedule.phase, command)
        case SubmitSchedule() | LockSchedule() | ReturnSchedule() | ReopenSchedule():
            return decide_version(schedule.phase, command)
        case SetBehindThreshold():
            return set_threshold(schedule.shoot, command)
        case WrapShootDay():
            return wrap(schedule.phase, schedule.shoot, command)
        case MoveShootDay():
            return move_day(schedule.phase, schedule.shoot, command)
        case SetMilestone() | MoveMilestone() | ReachMilestone():
            return decide_dates(schedule.phase, schedule.dates, command)
        case SetTask() | MoveTask() | FinishTask():
            return decide_dates(schedule.phase, schedule.dates, command)
        case _:
            assert_never(command)


SCHEDULE: Decider[Schedule, ScheduleCommand] = Decider(
    kind="schedule",
    initial=Schedule(),
    commands=(
        DraftSchedule,
        AddElements,
        AddBreakdowns,
        LayBoard,
        ImportSchedule,
        ChooseBoard,
        SubmitSchedule,
        LockSchedule,
        ReturnSchedule,
        ReopenSchedule,
        SetBehindThreshold,
        WrapShootDay,
        MoveShootDay,
        SetMilestone,
        MoveMilestone,
        ReachMilestone,
        SetTask,
        MoveTask,
        FinishTask,
    ),
    decide=decide,
    evolve=evolve,
)
