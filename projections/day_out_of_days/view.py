"""The rows of a day out of days, and the fold that keeps them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from events import schedule as facts
from events.envelope import Recorded
from runtime.changing import changed
from runtime.view import Row, Rows, View


@dataclass(frozen=True)
class Element:
    """Something that scenes need, and whether it may be held or dropped between its days."""

    TABLE: ClassVar[str] = "element"
    KEY: ClassVar[tuple[str, ...]] = ("element",)

    element: str
    category: str
    name: str
    board_id: str
    is_cast: bool
    allow_hold: bool
    allow_drop: bool
    drop_days_min: int


@dataclass(frozen=True)
class Breakdown:
    """One scene: its length in eighths of a page, and what it needs (`elements`, ids as JSON)."""

    TABLE: ClassVar[str] = "breakdown"
    KEY: ClassVar[tuple[str, ...]] = ("breakdown",)

    breakdown: str
    eighths: int
    elements: str


@dataclass(frozen=True)
class Board:
    """A board that was laid: its days, each a list of breakdowns, and its own calendar, as JSON."""

    TABLE: ClassVar[str] = "board"
    KEY: ClassVar[tuple[str, ...]] = ("board",)

    board: str
    days: str
    calendar: str | None


@dataclass(frozen=True)
class Choice:
    """The board that is shot by, with its calendar as JSON."""

    TABLE: ClassVar[str] = "choice"
    KEY: ClassVar[tuple[str, ...]] = ()

    board: str
    calendar: str


@dataclass(frozen=True)
class ShootDay:
    """A day of the chosen board: when it is expected (none = planned no more), when it was wrapped,
    and its breakdowns, ids as JSON."""

    TABLE: ClassVar[str] = "shoot_day"
    KEY: ClassVar[tuple[str, ...]] = ("day",)

    day: int
    expected_on: date | None = None
    wrapped_on: date | None = None
    breakdowns: str = "[]"

    @property
    def falls_on(self) -> date | None:
        """When it was wrapped, or else is expected."""
        return self.wrapped_on or self.expected_on


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact of the schedule changes; other logs change none."""
    match recorded.event:
        case facts.ElementsAdded(elements=elements):
            yield from map(_element, elements)
        case facts.BreakdownsAdded(breakdowns=breakdowns):
            for one in breakdowns:
                yield Breakdown(one.breakdown, one.eighths, json.dumps(one.elements))
        case facts.BoardLaid(board=board):
            calendar = None if board.calendar is None else board.calendar.model_dump_json()
            yield Board(board.board, json.dumps(board.days), calendar)
        case facts.ShootDaysPlanned() | facts.ScheduleLocked() as planned:
            yield Choice(planned.board, planned.calendar.model_dump_json())
            yield from _planned(rows, planned.days)
        case facts.ShootDaysMoved(days=days):
            for moved in days:
                yield changed(_shoot_day(rows, moved.day), expected_on=moved.on)
        case facts.ShootDayWrapped() as wrapped:
            yield changed(_shoot_day(rows, wrapped.day), wrapped_on=wrapped.on)
        case _:
            return


def _element(one: facts.Element) -> Element:
    return Element(
        element=one.element,
        category=one.category,
        name=one.name,
        board_id=one.board_id,
        is_cast=one.is_cast,
        allow_hold=one.allow_hold,
        allow_drop=one.allow_drop,
        drop_days_min=one.drop_days_min,
    )


def _planned(rows: Rows, planned: Iterable[facts.PlannedDay]) -> Iterator[ShootDay]:
    """The days as they are planned now; those before them that are planned no more stay, without
    a date."""
    now = {one.day: one for one in planned}
    for row in list(rows.all(ShootDay)):
        if row.day not in now:
            yield changed(row, expected_on=None)
    for one in now.values():
        yield changed(
            _shoot_day(rows, one.day), expected_on=one.on, breakdowns=json.dumps(one.breakdowns)
        )


def _shoot_day(rows: Rows, day: int) -> ShootDay:
    return rows.get(ShootDay, day) or ShootDay(day)


VIEW = View(
    logs=("approval", "schedule"),
    tables=(Element, Breakdown, Board, Choice, ShootDay),
    evolve=evolve,
    written_only=frozenset({Element, Breakdown, Board, Choice}),
)
