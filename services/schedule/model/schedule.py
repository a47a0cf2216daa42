"""The schedule and its versions: draft, submitted, locked, and back to draft as the next one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from events.event import Event
from events.schedule import (
    BehindThresholdSet,
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    ScheduleLocked,
    ShootDayFellBehind,
    ShootDayWrapped,
    TaskFinished,
    TaskMoved,
    TaskSet,
)
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
from services.schedule.model import dates, phases, shoot
from services.schedule.model.edits import decide_edit
from services.schedule.model.moves import move_day
from services.schedule.model.promises import decide_dates
from services.schedule.model.versions import decide_version


@dataclass(frozen=True)
class Schedule:
    """The plan in its phase, what was shot, and the dates that the production is held to."""

    phase: phases.Phase = field(default_factory=phases.Undrafted)
    shoot: shoot.Shoot = field(default_factory=shoot.Shoot)
    dates: dates.Dates = field(default_factory=dates.Dates)


ScheduleEvent = phases.PhaseEvent | shoot.ShootEvent | dates.DatesEvent


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
            return shoot.set_threshold(schedule.shoot, command)
        case WrapShootDay():
            return shoot.wrap(schedule.phase, schedule.shoot, command)
        case MoveShootDay():
            return move_day(schedule.phase, schedule.shoot, command)
        case SetMilestone() | MoveMilestone() | ReachMilestone():
            return decide_dates(schedule.phase, schedule.dates, command)
        case SetTask() | MoveTask() | FinishTask():
            return decide_dates(schedule.phase, schedule.dates, command)
        case _:
            assert_never(command)


def evolve(schedule: Schedule, event: ScheduleEvent) -> Schedule:
    """The schedule after `event`."""
    match event:
        case MilestoneSet() | MilestoneMoved() | MilestoneReached():
            return replace(schedule, dates=dates.evolve(schedule.dates, event))
        case TaskSet() | TaskMoved() | TaskFinished():
            return replace(schedule, dates=dates.evolve(schedule.dates, event))
        case BehindThresholdSet() | ShootDayWrapped() | ShootDayFellBehind():
            return replace(schedule, shoot=shoot.evolve(schedule.shoot, event))
        case ScheduleLocked():
            return replace(
                schedule,
                phase=phases.evolve(schedule.phase, event),
                shoot=shoot.evolve(schedule.shoot, event),
            )
        case _:
            return replace(schedule, phase=phases.evolve(schedule.phase, event))


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
