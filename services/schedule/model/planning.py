"""Dates for a board: the calendar that it is shot by, and what each of its days comes to."""

from collections.abc import Sequence
from datetime import date
from itertools import count

from events.calendar import Calendar, FreeDay, NoWorkingDay, Weekday
from events.event import Event
from events.schedule import Board, PlannedDay, ShootDaysPlanned
from runtime.paging import BYTES_MAX
from services.schedule.commands import ChooseBoard
from services.schedule.model.content import Content
from services.schedule.model.public_holidays import public_holidays
from services.schedule.model.rejections import (
    BoardHasNoDays,
    BoardIsTooLarge,
    FreeDaysAreTooMany,
    StartIsUnknown,
    WorkingDaysRunOut,
)

WEEKEND = (Weekday.SATURDAY, Weekday.SUNDAY)
FREE_DAYS_MAX = 1_000


def chosen(content: Content, command: ChooseBoard) -> ShootDaysPlanned:
    """The plan that follows from a choice; what it leaves out comes from the board's calendar."""
    board = with_days(content.board(command.board))
    own = board.calendar
    starts_on = command.starts_on or (own and own.starts_on)
    if starts_on is None:
        raise StartIsUnknown(
            f"board {board.board} brings no calendar: say with `starts_on` when it begins"
        )
    given = command.model_dump(include={"days_off", "free_days", "worked_days"}, exclude_none=True)
    calendar = Calendar(
        **{
            **(own.model_dump() if own else {"days_off": WEEKEND}),
            **given,
            "starts_on": starts_on,
        }
    )
    if command.holidays_of is not None:
        calendar = _with_holidays(calendar, command.holidays_of, len(board.days))
    return planned(content, board, calendar)


def chosen_by_its_own(content: Content, name: str) -> ShootDaysPlanned:
    """The plan of a board by the calendar that it brings."""
    return chosen(content, ChooseBoard(board=name))


def replanned(content: Content) -> Sequence[Event]:
    """The chosen board's plan anew, if what it says has changed."""
    if content.plan is None:
        return []
    plan = planned(content, content.boards[content.plan.board], content.plan.calendar)
    return [] if plan == content.plan else [plan]


def planned(content: Content, board: Board, calendar: Calendar) -> ShootDaysPlanned:
    """The days of `board` with dates by `calendar`. The cast of a day stand in the order in which
    its breakdowns name them."""
    dates = shoot_dates(calendar, len(board.days))
    plan = ShootDaysPlanned(
        board=board.board,
        calendar=calendar,
        days=tuple(
            PlannedDay(
                day=number,
                on=on,
                eighths=content.eighths_of(breakdowns),
                breakdowns=breakdowns,
                cast=_cast_of(content, breakdowns),
            )
            for number, on, breakdowns in zip(count(1), dates, board.days, strict=False)
        ),
    )
    check_weight(plan, board)
    return plan


def shoot_dates(calendar: Calendar, days: int) -> Sequence[date]:
    """The dates of so many shoot days; refuses a calendar that has too few."""
    try:
        return calendar.shoot_dates(days)
    except NoWorkingDay as error:
        raise WorkingDaysRunOut(
            f"{days} shoot days from {calendar.starts_on} on do not fit: {error}; begin earlier, "
            "or take days off out"
        ) from error


def with_days(board: Board) -> Board:
    """The board, or the refusal that there is nothing to give dates to."""
    if not board.days:
        raise BoardHasNoDays(
            f"board {board.board} has no days: lay its breakdowns out day by day, or choose another"
        )
    return board


def check_weight(fact: Event, board: Board) -> None:
    """Refuses what is over what one fact can hold."""
    size = len(fact.encode().encode())
    if size > BYTES_MAX:
        raise BoardIsTooLarge(
            f"board {board.board} takes {size // 1024:,} KiB and a fact holds {BYTES_MAX // 1024}: "
            "lay it in parts, one board for each unit or season"
        )


def _cast_of(content: Content, breakdowns: Sequence[str]) -> tuple[str, ...]:
    needed = (one for name in breakdowns for one in content.breakdowns[name].elements)
    return tuple(one for one in dict.fromkeys(needed) if content.elements[one].is_cast)


def _with_holidays(calendar: Calendar, place: str, days: int) -> Calendar:
    """The calendar with the holidays of all years in which it is shot: with them the shoot may end
    in a later one."""
    first_year, last_year = calendar.starts_on.year, 0
    with_them = calendar
    while (ends_on := shoot_dates(with_them, days)[-1]).year > last_year:
        last_year = ends_on.year
        with_them = _free_too(calendar, public_holidays(place, first_year, last_year))
    return with_them


def _free_too(calendar: Calendar, holidays: Sequence[FreeDay]) -> Calendar:
    by_date = {one.on: one for one in (*holidays, *calendar.free_days)}
    if len(by_date) > FREE_DAYS_MAX:
        raise FreeDaysAreTooMany(
            f"with the holidays there are {len(by_date):,} free days and a calendar holds "
            f"{FREE_DAYS_MAX:,}: leave holidays or days off out"
        )
    free_days = tuple(one for _, one in sorted(by_date.items()))
    return calendar.model_copy(update={"free_days": free_days})
