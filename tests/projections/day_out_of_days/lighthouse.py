"""Two boards of The Last Lighthouse, and what happened to the one that is shot by."""

from datetime import date

from events.calendar import Calendar, Weekday
from events.event import Event
from events.names import id_of
from events.schedule import (
    Board,
    BoardLaid,
    Breakdown,
    BreakdownsAdded,
    DatedDay,
    Element,
    ElementsAdded,
    PlannedDay,
    ScheduleLocked,
    ShootDaysMoved,
    ShootDaysPlanned,
    ShootDayWrapped,
)

HASH = "a" * 64
CALENDAR = Calendar(starts_on=date(2026, 9, 14), days_off=(Weekday.SATURDAY, Weekday.SUNDAY))
ELEMENTS = ElementsAdded(
    elements=(
        Element(element="SILAS", category="Cast", name="Silas Marr", board_id="1", is_cast=True),
        Element(
            element="WREN",
            category="Cast",
            name="Wren",
            board_id="10",
            is_cast=True,
            allow_drop=True,
        ),
        Element(
            element="NELL",
            category="Cast",
            name="Nell",
            board_id="2",
            is_cast=True,
            allow_hold=False,
        ),
        Element(element="LAMP", category="Props", name="The lamp"),
        Element(element="GHOST", category="Cast", name="Ghost", is_cast=True),
    )
)
SCENES = {
    "1": (11, ("SILAS", "LAMP")),
    "2": (8, ("SILAS", "NELL")),
    "3": (20, ("WREN",)),
    "4": (5, ("SILAS", "NELL", "WREN")),
}
BREAKDOWNS = BreakdownsAdded(
    breakdowns=tuple(
        Breakdown(breakdown=name, eighths=eighths, elements=elements)
        for name, (eighths, elements) in SCENES.items()
    )
)
BLUE = BoardLaid(board=Board(board="blue", days=(("1", "2"), ("3",), ("4",))))
PINK = BoardLaid(board=Board(board="pink", days=(("3",), ("1",), ("2", "4")), calendar=CALENDAR))


def planned(*days: tuple[str, tuple[str, ...]]) -> tuple[PlannedDay, ...]:
    return tuple(
        PlannedDay(
            day=number,
            on=date.fromisoformat(f"2026-{on}"),
            eighths=sum(SCENES[one][0] for one in breakdowns),
            breakdowns=breakdowns,
        )
        for number, (on, breakdowns) in enumerate(days, 1)
    )


DAYS = planned(("09-14", ("1", "2")), ("09-15", ("3",)), ("09-16", ("4",)))
CHOSEN = ShootDaysPlanned(board="blue", calendar=CALENDAR, days=DAYS)
LOCKED = ScheduleLocked(
    version=1,
    content_hash=HASH,
    request=id_of("request"),
    board="blue",
    calendar=CALENDAR,
    days=DAYS,
)
MOVED = ShootDaysMoved(
    day=3,
    was=date(2026, 9, 16),
    on=date(2026, 9, 17),
    reason="a storm at the lighthouse",
    days=(DatedDay(day=3, on=date(2026, 9, 17)),),
)
WRAPPED = ShootDayWrapped(
    day=1,
    on=date(2026, 9, 13),
    breakdowns=("1", "2"),
    eighths=19,
    eighths_planned=19,
    eighths_to_date=19,
    eighths_planned_to_date=19,
)
SHORTER = ShootDaysPlanned(board="pink", calendar=CALENDAR, days=DAYS[:2])
STORY: list[Event] = [ELEMENTS, BREAKDOWNS, BLUE, PINK, CHOSEN, LOCKED, MOVED]
OTHERS: list[Event] = [WRAPPED, SHORTER]
