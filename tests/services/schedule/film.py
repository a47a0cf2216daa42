"""The Last Lighthouse as its assistant director broke it down: three days of it."""

from datetime import date

from events.approval import ApprovalGranted, Subject
from events.calendar import Calendar, Weekday
from events.event import Event
from events.names import id_of
from events.schedule import (
    Board,
    BoardLaid,
    Breakdown,
    BreakdownsAdded,
    DayNight,
    Element,
    ElementsAdded,
    IntExt,
    PlannedDay,
    ScheduleDrafted,
    ScheduleLocked,
    ScheduleSubmitted,
    ShootDaysPlanned,
)
from services.schedule.model.content import Content
from services.schedule.model.schedule import SCHEDULE
from tests.services.lighthouse import PRODUCTION

REQUEST = id_of("request", PRODUCTION, "schedule")

EDDA = Element(element="edda", category="Cast", name="Edda Marr", board_id="1", is_cast=True)
SILAS = Element(
    element="silas",
    category="Cast",
    name="Silas Marr, the keeper",
    board_id="2",
    is_cast=True,
    allow_drop=True,
)
ANNIE_DELL = Element(element="annie-dell", category="Vehicles", name='"Annie Dell", lobster boat')

HEADLAND = Breakdown(
    breakdown="scene-14",
    scene="14",
    synopsis="Edda walks the headland before the storm",
    eighths=11,
    int_ext=IntExt.EXT,
    day_night=DayNight.DAY,
    set_name="HEADLAND",
    elements=("edda",),
)
HARBOR = Breakdown(
    breakdown="scene-31A",
    scene="31A",
    eighths=6,
    int_ext=IntExt.EXT,
    day_night=DayNight.DUSK,
    elements=("silas", "annie-dell", "edda"),
)
LANTERN_ROOM = Breakdown(
    breakdown="scene-12", scene="12", eighths=19, int_ext=IntExt.INT, elements=("silas",)
)
CHURCH = Breakdown(breakdown="scene-40", scene="40", eighths=9, elements=("edda", "silas"))

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 9, day) for day in (14, 15, 16))
WEEKEND = (Weekday.SATURDAY, Weekday.SUNDAY)
CALENDAR = Calendar(starts_on=MONDAY, days_off=WEEKEND)
WHITE = Board(
    board="White",
    days=(("scene-14", "scene-31A"), ("scene-12",), ("scene-40",)),
    calendar=CALENDAR,
)
BARE = Board(board="Bare", days=(("scene-12",),), boneyard=("scene-14", "scene-31A"))

DAYS = (
    PlannedDay(
        day=1,
        on=MONDAY,
        eighths=17,
        breakdowns=("scene-14", "scene-31A"),
        cast=("edda", "silas"),
    ),
    PlannedDay(day=2, on=TUESDAY, eighths=19, breakdowns=("scene-12",), cast=("silas",)),
    PlannedDay(day=3, on=WEDNESDAY, eighths=9, breakdowns=("scene-40",), cast=("edda", "silas")),
)
PLANNED = ShootDaysPlanned(board="White", calendar=CALENDAR, days=DAYS)

DRAFTED = ScheduleDrafted(name="The Last Lighthouse")
WRITTEN: tuple[Event, ...] = (
    DRAFTED,
    ElementsAdded(elements=(EDDA, SILAS, ANNIE_DELL)),
    BreakdownsAdded(breakdowns=(HEADLAND, HARBOR, LANTERN_ROOM, CHURCH)),
    BoardLaid(board=WHITE),
)
CHOSEN = (*WRITTEN, PLANNED)


def content_of(*events: Event) -> Content:
    phase = SCHEDULE.fold(events).phase
    assert hasattr(phase, "content")
    return phase.content


CONTENT_HASH = content_of(*CHOSEN).content_hash()
SUBMITTED = ScheduleSubmitted(
    version=1,
    content_hash=CONTENT_HASH,
    shoot_days=3,
    eighths=45,
    starts_on=MONDAY,
    ends_on=WEDNESDAY,
)
WAITING = (*CHOSEN, SUBMITTED)
LOCKED = ScheduleLocked(
    version=1,
    content_hash=CONTENT_HASH,
    request=REQUEST,
    board="White",
    calendar=CALENDAR,
    days=DAYS,
)
APPROVED = (*WAITING, LOCKED)
SUBJECT = Subject(kind="schedule", name="schedule", version=1, content_hash=CONTENT_HASH)
GRANTED = ApprovalGranted(request=REQUEST, subject=SUBJECT, by="henrietta")
