"""What the day out of days answers, as its callers see it."""

from dataclasses import dataclass
from datetime import date

from pydantic import Field

from events.calendar import Weekday
from events.names import Id
from runtime.reading.answer import Answer


@dataclass(frozen=True, slots=True)
class ElementLine:
    """When one element works. Days are shoot days of the board; `codes` has one for each of them
    from its start to its finish, by date: S start, W work, H hold, I idle, D drop, P pick up, F
    finish, joined; the days of a drop have none."""

    element: str
    board_id: str
    name: str
    category: str
    start: date | None
    finish: date | None
    span_days: int
    work_days: int
    hold_days: int
    idle_days: int
    drop_days: int
    codes: dict[str, str]


@dataclass(frozen=True, slots=True)
class DayLine:
    """One shoot day, with its length in eighths of a page."""

    day: int
    on: date
    eighths: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The board as a whole, in shoot days and eighths of a page."""

    shoot_days: int
    first_on: date | None
    last_on: date | None
    eighths: int
    eighths_a_day_max: int


class DayOutOfDays(Answer):
    """Who works when, on the chosen board or on any other."""

    production: Id
    title: str
    currency: str
    board: str | None = Field(description="none while no board is chosen")
    boards: list[str] = Field(description="every board that was laid")
    what_if: bool = Field(description="whether the dates are other than those that are shot by")
    starts_on: date | None
    days_off: list[Weekday]
    totals: Totals
    days: list[DayLine]
    elements: list[ElementLine]
    next: str | None
