"""Facts of the schedule room: scenes and boards, shoot days, milestones and tasks."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from events.calendar import Calendar
from events.event import Event, Part
from events.names import ContentHash, Id, PersonId, Reference, Text

Eighths = Annotated[int, Field(ge=0, le=80_000)]
"""Eighths of a page, counted whole: 11 prints as 1 3/8."""

DayNumber = Annotated[int, Field(ge=1, le=1_000)]
"""A shoot day's number on its board, from 1."""


class IntExt(StrEnum):
    """Whether a scene plays inside, outside or both."""

    INT = "int"
    EXT = "ext"
    BOTH = "int-ext"


class DayNight(StrEnum):
    """The light that a scene plays in; with `IntExt` it gives a strip its colour."""

    DAY = "day"
    NIGHT = "night"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    DAWN = "dawn"
    DUSK = "dusk"


class LinkType(StrEnum):
    """How one thing waits for another: finish or start of the one, start or finish of the other."""

    FINISH_START = "FS"
    START_START = "SS"
    FINISH_FINISH = "FF"
    START_FINISH = "SF"


class MilestoneKind(StrEnum):
    """The dates that an executive producer is held to, from greenlight to release."""

    GREENLIGHT = "greenlight"
    PREP_START = "prep-start"
    PHOTOGRAPHY_START = "photography-start"
    WRAP = "wrap"
    ASSEMBLY = "assembly"
    DIRECTORS_CUT = "directors-cut"
    TEST_SCREENING = "test-screening"
    PICTURE_LOCK = "picture-lock"
    MIX_COMPLETE = "mix-complete"
    GRADE_COMPLETE = "grade-complete"
    QC_PASS = "qc-pass"
    DELIVERY = "delivery"
    JUNKET = "junket"
    PREMIERE = "premiere"
    RELEASE = "release"
    OTHER = "other"


class TaskKind(StrEnum):
    """Work that takes days, before, during and after photography."""

    DEVELOPMENT = "development"
    CASTING = "casting"
    PREP = "prep"
    EDIT = "edit"
    RESHOOT = "reshoot"
    MUSIC = "music"
    SOUND_MIX = "sound-mix"
    VISUAL_EFFECTS = "visual-effects"
    COLOUR = "colour"
    QC = "qc"
    POSTER = "poster"
    TRAILER = "trailer"
    PRESS = "press"
    MARKETING = "marketing"
    DISTRIBUTION = "distribution"
    OTHER = "other"


class Element(Part):
    """Something that scenes need: a member of the cast, a prop, a vehicle. `board_id` is its
    number on the board. It may be held (paid) or dropped (unpaid) between its days; dropped only
    over gaps of at least `drop_days_min` calendar days."""

    element: Reference
    category: Text
    name: Text
    board_id: Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")] = ""
    is_cast: bool = False
    allow_hold: bool = True
    allow_drop: bool = False
    drop_days_min: Annotated[int, Field(ge=0, le=1_000)] = 10


class Breakdown(Part):
    """One scene broken down: its length in eighths of a page, where and when it plays, and the
    elements that it needs. `scene` is a number as people write it, "110A"."""

    breakdown: Reference
    scene: Reference | None = None
    synopsis: Text | None = None
    eighths: Eighths
    int_ext: IntExt | None = None
    day_night: DayNight | None = None
    set_name: Text | None = None
    location: Text | None = None
    script_day: Reference | None = None
    unit: Text | None = None
    elements: Annotated[tuple[Reference, ...], Field(max_length=500)] = ()


class Board(Part):
    """An order of shooting: day by day the breakdowns to shoot; those of the `boneyard` are on no
    day. A board of a file may bring its own calendar."""

    board: Reference
    days: Annotated[tuple[tuple[Reference, ...], ...], Field(max_length=1_000)]
    boneyard: tuple[Reference, ...] = ()
    calendar: Calendar | None = None


class PlannedDay(Part):
    """One shoot day with its date, what is to be shot, and which cast elements work."""

    day: DayNumber
    on: date
    eighths: Eighths
    breakdowns: tuple[Reference, ...]
    cast: tuple[Reference, ...] = ()


class DatedDay(Part):
    """A shoot day and the date that it is now expected on."""

    day: DayNumber
    on: date


class Link(Part):
    """What a milestone or task waits for; `lag_days` counts working days and may be negative."""

    after: Reference
    type: LinkType = LinkType.FINISH_START
    lag_days: Annotated[int, Field(ge=-1_000, le=1_000)] = 0


class Unplaced(Part):
    """What stood in a file and could not be placed: what it was, why, and what to do."""

    what: Text
    problem: Text
    cure: Text


class ScheduleDrafted(Event):
    """A schedule was begun; it is version 1."""

    name: Text


class ElementsAdded(Event):
    """A page of elements was added, or took the place of those with the same ids."""

    elements: Annotated[tuple[Element, ...], Field(min_length=1, max_length=500)]


class BreakdownsAdded(Event):
    """A page of scenes was broken down, or broken down anew."""

    breakdowns: Annotated[tuple[Breakdown, ...], Field(min_length=1, max_length=500)]


class BoardLaid(Event):
    """A board was laid out, or laid out anew."""

    board: Board


class ScheduleImported(Event):
    """A schedule was taken in from a file; all that could not be placed is told."""

    source: Text
    breakdowns: int
    eighths: Eighths
    boards: tuple[Reference, ...]
    unplaced: Annotated[tuple[Unplaced, ...], Field(max_length=1_000)] = ()


class ShootDaysPlanned(Event):
    """A board was chosen to shoot by, and its days have dates by this calendar."""

    board: Reference
    calendar: Calendar
    days: tuple[PlannedDay, ...]


class ScheduleSubmitted(Event):
    """This version was submitted for approval; its content hash names exactly what was meant."""

    version: int
    content_hash: ContentHash
    shoot_days: int
    eighths: Eighths
    starts_on: date
    ends_on: date


class ScheduleLocked(Event):
    """This version was approved and locked: it is the baseline that is measured against."""

    version: int
    content_hash: ContentHash
    request: Id
    board: Reference
    calendar: Calendar
    days: tuple[PlannedDay, ...]


class ScheduleReturned(Event):
    """This version was refused and came back with the reason; the next version may be edited."""

    version: int
    reason: Text
    by: PersonId


class ScheduleReopened(Event):
    """A submitted or locked version was set aside, with the reason; `version` is the next one."""

    version: int
    was_locked: bool
    reason: Text


class BehindThresholdSet(Event):
    """From how many eighths behind plan on a day counts as fallen behind."""

    eighths: Eighths


class ShootDayWrapped(Event):
    """A shoot day was wrapped: what was shot on it, in eighths, beside the plan of that day and of
    all days wrapped so far."""

    day: DayNumber
    on: date
    breakdowns: tuple[Reference, ...]
    eighths: Eighths
    eighths_planned: Eighths
    eighths_to_date: Eighths
    eighths_planned_to_date: Eighths
    note: Text | None = None

    def effective_on(self) -> date | None:
        return self.on


class ShootDayFellBehind(Event):
    """With this day the shoot is behind plan by the production's threshold or more; `days_behind`
    is that many average days of what was planned, in tenths."""

    day: DayNumber
    on: date
    eighths_behind: Eighths
    threshold: Eighths
    tenths_of_days_behind: int

    def effective_on(self) -> date | None:
        return self.on


class ShootDaysMoved(Event):
    """A shoot day was moved to another date, with the reason; `days` are all the dates that this
    changed, its own first."""

    day: DayNumber
    was: date
    on: date
    reason: Text
    days: tuple[DatedDay, ...]


class MilestoneSet(Event):
    """A milestone was set, or set anew: its date, and what it waits for."""

    milestone: Reference
    kind: MilestoneKind
    name: Text
    on: date
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()
    territory: Text | None = None


class MilestoneMoved(Event):
    """A milestone was moved to another day, with the reason."""

    milestone: Reference
    kind: MilestoneKind
    was: date
    on: date
    reason: Text


class MilestoneReached(Event):
    """A milestone was reached on that day."""

    milestone: Reference
    kind: MilestoneKind
    on: date

    def effective_on(self) -> date | None:
        return self.on


class TaskSet(Event):
    """A task was set, or set anew: its first day, its length in working days, what it waits
    for."""

    task: Reference
    kind: TaskKind
    name: Text
    starts_on: date
    days: Annotated[int, Field(ge=1, le=5_000)]
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()


class TaskMoved(Event):
    """A task was moved, or made longer or shorter, with the reason."""

    task: Reference
    was_on: date
    was_days: int
    starts_on: date
    days: Annotated[int, Field(ge=1, le=5_000)]
    reason: Text


class TaskFinished(Event):
    """A task was finished on that day."""

    task: Reference
    on: date

    def effective_on(self) -> date | None:
        return self.on
