"""What the schedule room can be told to do."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from events.approval import Role
from events.calendar import FreeDay, Weekday
from events.names import ContentHash, Id, PersonId, Reference, Text
from events.schedule import (
    Board,
    Breakdown,
    DayNumber,
    Eighths,
    Element,
    Link,
    MilestoneKind,
    TaskKind,
    Unplaced,
)
from runtime.decider import Command

SCHEDULERS = frozenset({Role.EXECUTIVE_PRODUCER, Role.PRODUCER, Role.LINE_PRODUCER})
WRAPPERS = frozenset({Role.LINE_PRODUCER, Role.DIRECTOR, Role.PRODUCER})

Elements = Annotated[tuple[Element, ...], Field(max_length=5_000)]
Breakdowns = Annotated[tuple[Breakdown, ...], Field(max_length=5_000)]
Links = Annotated[tuple[Link, ...], Field(max_length=50)]
TaskDays = Annotated[int, Field(ge=1, le=5_000)]


class DraftSchedule(Command):
    """Begin a schedule."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    name: Text


class AddElements(Command):
    """Add what scenes need; an element with the same id takes the place of the one before."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    elements: Annotated[Elements, Field(min_length=1)]


class AddBreakdowns(Command):
    """Break scenes down, or break them down anew. Their elements must be there."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    breakdowns: Annotated[Breakdowns, Field(min_length=1)]


class LayBoard(Command):
    """Lay a board out, or lay it out anew. A breakdown stands on it once."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    board: Board


class ImportSchedule(Command):
    """Take in a file's elements, breakdowns and boards: all of them or, where one does not fit,
    none. `choose` names the board to shoot by, by its own calendar; `name` is the schedule's, where
    there is none yet."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    source: Text
    name: Text | None = None
    elements: Elements = ()
    breakdowns: Breakdowns = ()
    boards: Annotated[tuple[Board, ...], Field(max_length=100)] = ()
    choose: Reference | None = None
    unplaced: Annotated[tuple[Unplaced, ...], Field(max_length=1_000)] = ()


class ChooseBoard(Command):
    """Choose the board to shoot by and work its dates out. What is left out comes from the board's
    own calendar; where it has none, Saturdays and Sundays are off. `holidays_of` adds the public
    holidays of a country or one of its states as free days: `US`, `US-ME` (ISO 3166)."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    board: Reference
    starts_on: date | None = None
    days_off: Annotated[tuple[Weekday, ...], Field(max_length=6)] | None = None
    free_days: Annotated[tuple[FreeDay, ...], Field(max_length=500)] | None = None
    worked_days: Annotated[tuple[date, ...], Field(max_length=500)] | None = None
    holidays_of: Reference | None = None


class SubmitSchedule(Command):
    """Submit this version, with its dates, for approval."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS


class LockSchedule(Command):
    """Lock the version that was approved. A policy's command: nobody locks by hand."""

    version: Annotated[int, Field(ge=1)]
    content_hash: ContentHash
    request: Id


class ReturnSchedule(Command):
    """Give the version that was refused back to be drafted anew. A policy's command."""

    version: Annotated[int, Field(ge=1)]
    reason: Text
    by: PersonId


class ReopenSchedule(Command):
    """Set a submitted or locked version aside, with the reason, to draft the next one."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    reason: Text


class SetBehindThreshold(Command):
    """Say from how many eighths of a page behind plan on the shoot has fallen behind."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    eighths: Annotated[Eighths, Field(ge=1)]


class WrapShootDay(Command):
    """Wrap a shoot day: the breakdowns that were shot on it. Where only part of a scene was shot,
    `eighths` says how much in all; left out, it is the sum of the breakdowns."""

    MAY: ClassVar[frozenset[Role]] = WRAPPERS

    day: DayNumber
    on: date
    breakdowns: Annotated[tuple[Reference, ...], Field(max_length=500)] = ()
    eighths: Eighths | None = None
    note: Text | None = None


class MoveShootDay(Command):
    """Move a shoot day of the locked schedule to another date, with the reason. The days after it
    follow where they must, in their order. `work_on_day_off` agrees to work on a day off."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    day: DayNumber
    on: date
    reason: Text
    work_on_day_off: bool = False


class SetMilestone(Command):
    """Set a milestone and what it waits for. While no version is locked it may be set anew."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    milestone: Reference
    kind: MilestoneKind
    name: Text
    on: date
    links: Links = ()
    territory: Text | None = None


class MoveMilestone(Command):
    """Move a milestone to another day, with the reason."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    milestone: Reference
    on: date
    reason: Text


class ReachMilestone(Command):
    """Say that a milestone was reached, on that day."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    milestone: Reference
    on: date


class SetTask(Command):
    """Set a task: its first day, its length in working days, and what it waits for. While no
    version is locked it may be set anew."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    task: Reference
    kind: TaskKind
    name: Text
    starts_on: date
    days: TaskDays
    links: Links = ()


class MoveTask(Command):
    """Move a task, or make it longer or shorter, with the reason. What is left out stays."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    task: Reference
    starts_on: date | None = None
    days: TaskDays | None = None
    reason: Text


class FinishTask(Command):
    """Say that a task was finished, on that day."""

    MAY: ClassVar[frozenset[Role]] = SCHEDULERS

    task: Reference
    on: date


DraftEdit = DraftSchedule | AddElements | AddBreakdowns | LayBoard | ImportSchedule | ChooseBoard
VersionStep = SubmitSchedule | LockSchedule | ReturnSchedule | ReopenSchedule
ShootStep = SetBehindThreshold | WrapShootDay | MoveShootDay
DatesStep = SetMilestone | MoveMilestone | ReachMilestone | SetTask | MoveTask | FinishTask
ScheduleCommand = DraftEdit | VersionStep | ShootStep | DatesStep
