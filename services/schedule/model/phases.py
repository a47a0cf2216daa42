"""The phases of a schedule, and how facts lead from one to the next."""

from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from immutables import Map

from events.calendar import Calendar
from events.schedule import (
    BoardLaid,
    BreakdownsAdded,
    ElementsAdded,
    ScheduleDrafted,
    ScheduleImported,
    ScheduleLocked,
    ScheduleReopened,
    ScheduleReturned,
    ScheduleSubmitted,
    ShootDaysMoved,
    ShootDaysPlanned,
)
from runtime.changing import changed
from runtime.versions import Approved, Draft, Submitted, Undrafted, to_edit
from services.schedule.model.content import Content
from services.schedule.model.rejections import (
    ScheduleIsLocked,
    ScheduleIsNotDrafted,
    ScheduleIsSubmitted,
)


@dataclass(frozen=True)
class Locked(Approved[Content, ScheduleLocked]):
    """This version was approved: the baseline, and where its days stand by now."""

    calendar: Calendar
    dates: Map[int, date] = field(default_factory=Map)


Drafted = Draft[Content] | Submitted[Content, ScheduleSubmitted] | Locked
Phase = Undrafted | Drafted

ContentEvent = ElementsAdded | BreakdownsAdded | BoardLaid | ScheduleImported | ShootDaysPlanned
VersionEvent = ScheduleSubmitted | ScheduleLocked | ScheduleReturned | ScheduleReopened
PhaseEvent = ScheduleDrafted | ContentEvent | VersionEvent | ShootDaysMoved


def evolve(phase: Phase, event: PhaseEvent) -> Phase:
    """The phase after `event`."""
    if isinstance(event, ScheduleDrafted):
        return Draft(Content(event.name), version=1)
    assert not isinstance(phase, Undrafted)
    match event:
        case ScheduleSubmitted():
            return Submitted(phase.content, event)
        case ScheduleLocked():
            dates = Map((one.day, one.on) for one in event.days)
            return Locked(phase.content, event, event.calendar, dates)
        case ScheduleReturned():
            return Draft(phase.content, event.version + 1)
        case ScheduleReopened():
            return Draft(phase.content, event.version)
        case ShootDaysMoved():
            assert isinstance(phase, Locked)
            return _moved(phase, event)
        case (
            ElementsAdded()
            | BreakdownsAdded()
            | BoardLaid()
            | ScheduleImported()
            | ShootDaysPlanned()
        ):
            assert isinstance(phase, Draft)
            return changed(phase, content=_edited(phase.content, event))
        case _:
            assert_never(event)


def drafted(phase: Phase) -> Drafted:
    """The schedule, whatever its phase, or the refusal that there is none."""
    if isinstance(phase, Undrafted):
        raise ScheduleIsNotDrafted("draft or import a schedule first")
    return phase


def still_draft(phase: Phase) -> Draft[Content]:
    """The draft, or the refusal to edit what is submitted or locked."""
    match drafted(phase):
        case Draft() as draft:
            return draft
        case Submitted(submitted=submitted):
            raise ScheduleIsSubmitted(
                f"version {submitted.version} is submitted: {to_edit(submitted.version)}, or "
                "wait for the decision"
            )
        case Locked(locked=locked):
            raise ScheduleIsLocked(
                f"version {locked.version} is locked: {to_edit(locked.version)}, or move its days"
            )
        case _ as never:
            assert_never(never)


def worked_too(calendar: Calendar, day: date) -> Calendar:
    """The calendar with `day` worked."""
    if calendar.is_worked(day):
        return calendar
    return calendar.model_copy(update={"worked_days": (*calendar.worked_days, day)})


def _moved(locked: Locked, event: ShootDaysMoved) -> Locked:
    return changed(
        locked,
        calendar=worked_too(locked.calendar, event.on),
        dates=locked.dates.update((one.day, one.on) for one in event.days),
    )


def _edited(content: Content, event: ContentEvent) -> Content:
    match event:
        case ElementsAdded():
            return content.with_elements(event.elements)
        case BreakdownsAdded():
            return content.with_breakdowns(event.breakdowns)
        case BoardLaid():
            return content.with_boards([event.board])
        case ShootDaysPlanned():
            return changed(content, plan=event)
        case ScheduleImported():
            return content
        case _:
            assert_never(event)
