"""The state of a schedule, and how facts lead from one to the next."""

from dataclasses import dataclass, field
from typing import assert_never

from events.schedule import (
    BehindThresholdSet,
    BoardLaid,
    BreakdownsAdded,
    ElementsAdded,
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    ScheduleDrafted,
    ScheduleImported,
    ScheduleLocked,
    ScheduleReopened,
    ScheduleReturned,
    ScheduleSubmitted,
    ShootDayFellBehind,
    ShootDaysMoved,
    ShootDaysPlanned,
    ShootDayWrapped,
    TaskFinished,
    TaskMoved,
    TaskSet,
)
from runtime.changing import changed
from runtime.versions import Undrafted
from services.schedule.model import dates, phases, shoot
from services.schedule.model.dates import Dates, DatesEvent
from services.schedule.model.phases import Phase, PhaseEvent
from services.schedule.model.shoot import Shoot, ShootEvent


@dataclass(frozen=True)
class Schedule:
    """The plan in its phase, what was shot, and the dates that the production is held to."""

    phase: Phase = field(default_factory=Undrafted)
    shoot: Shoot = field(default_factory=Shoot)
    dates: Dates = field(default_factory=Dates)


ScheduleEvent = PhaseEvent | ShootEvent | DatesEvent


def evolve(schedule: Schedule, event: ScheduleEvent) -> Schedule:
    """The schedule after `event`."""
    match event:
        case MilestoneSet() | MilestoneMoved() | MilestoneReached():
            return changed(schedule, dates=dates.evolve(schedule.dates, event))
        case TaskSet() | TaskMoved() | TaskFinished():
            return changed(schedule, dates=dates.evolve(schedule.dates, event))
        case BehindThresholdSet() | ShootDayWrapped() | ShootDayFellBehind():
            return changed(schedule, shoot=shoot.evolve(schedule.shoot, event))
        case ScheduleLocked():
            return changed(
                schedule,
                phase=phases.evolve(schedule.phase, event),
                shoot=shoot.evolve(schedule.shoot, event),
            )
        case ScheduleDrafted() | ElementsAdded() | BreakdownsAdded() | BoardLaid():
            return changed(schedule, phase=phases.evolve(schedule.phase, event))
        case ScheduleImported() | ShootDaysPlanned() | ShootDaysMoved():
            return changed(schedule, phase=phases.evolve(schedule.phase, event))
        case ScheduleSubmitted() | ScheduleReturned() | ScheduleReopened():
            return changed(schedule, phase=phases.evolve(schedule.phase, event))
        case _:
            assert_never(event)
