"""Which board is asked about, with a date for each of its days."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from events.calendar import Calendar, NoWorkingDay, Weekday
from events.event import read_back
from projections.day_out_of_days.view import Board, Choice, ShootDay
from runtime.view import Rows

WEEKENDS = (Weekday.SATURDAY, Weekday.SUNDAY)


class NoSuchBoard(Exception):
    """Nobody laid that board."""


class BoardHasNoDates(Exception):
    """The days of a board cannot be dated as it was asked."""


@dataclass(frozen=True, slots=True)
class DatedDay:
    """A shoot day, its date and its breakdowns."""

    day: int
    on: date
    breakdowns: Sequence[str]


@dataclass(frozen=True, slots=True)
class DatedBoard:
    """A board with dates; `what_if` says that they are not those that are shot by. None are there
    while no board is chosen."""

    board: str | None
    what_if: bool
    calendar: Calendar | None
    days: Sequence[DatedDay]


def dated(
    rows: Rows, board: str | None, starts: date | None, days_off: tuple[Weekday, ...] | None
) -> DatedBoard:
    """The chosen board as it is expected; or any board, laid over its own calendar with what is
    given in its stead.

    Raises:
        NoSuchBoard: nobody laid a board of that name.
        BoardHasNoDates: it has no calendar and no start is given, or its working days run out.
    """
    choice = rows.get(Choice)
    if board is None and starts is None and days_off is None:
        return _expected(rows, choice)
    name = board if board is not None else choice and choice.board
    laid = rows.get(Board, name) if name is not None else None
    if laid is None:
        there = ", ".join(sorted(one.board for one in rows.all(Board))) or "none"
        raise NoSuchBoard(f"there is no board {name or 'chosen yet'}: name one of {there}")
    stored = laid.calendar
    if choice is not None and choice.board == laid.board and (board is None or stored is None):
        stored = choice.calendar
    calendar = _calendar(laid.board, stored, starts, days_off)
    breakdowns = json.loads(laid.days)
    try:
        dates = calendar.shoot_dates(len(breakdowns))
    except NoWorkingDay as error:
        raise BoardHasNoDates(f"{error}: begin earlier, or work on more days") from error
    days = [
        DatedDay(number, on, ids)
        for number, (on, ids) in enumerate(zip(dates, breakdowns, strict=True), 1)
    ]
    return DatedBoard(laid.board, True, calendar, days)


def _expected(rows: Rows, choice: Choice | None) -> DatedBoard:
    days = [
        DatedDay(row.day, on, json.loads(row.breakdowns))
        for row in rows.all(ShootDay)
        if (on := row.falls_on) is not None
    ]
    days.sort(key=lambda one: (one.on, one.day))
    if choice is None:
        return DatedBoard(None, False, None, days)
    return DatedBoard(choice.board, False, read_back(Calendar, choice.calendar), days)


def _calendar(
    board: str, stored: str | None, starts: date | None, days_off: tuple[Weekday, ...] | None
) -> Calendar:
    given: Mapping[str, object] = {
        name: value
        for name, value in (("starts_on", starts), ("days_off", days_off))
        if value is not None
    }
    if stored is not None:
        return read_back(Calendar, stored).model_copy(update=given)
    if starts is None:
        raise BoardHasNoDates(f"board {board} has no calendar: say with `starts` when it begins")
    return Calendar(starts_on=starts, days_off=WEEKENDS if days_off is None else days_off)
