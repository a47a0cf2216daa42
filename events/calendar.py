"""Calendar rules: which days are worked, and how days are counted over those that are not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, islice
from typing import Annotated

from pydantic import Field

from events.event import Part
from events.names import Text

SEARCH_DAYS_MAX = 3_660
"""Ten years: where no working day comes in them, none is looked for any further."""


class Weekday(StrEnum):
    """The days of a week, from Monday on as `date.weekday()` counts them."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class FreeDay(Part):
    """A day on which nobody works, with its name: a holiday, or a day of a hiatus."""

    on: date
    name: Text


def end_of(day: date) -> datetime | None:
    """The moment from which `day` is over, in UTC, as all days of deadlines are; None for the last
    of all days, which never is."""
    if day == date.max:
        return None
    return datetime.combine(day + timedelta(days=1), time(), UTC)


class NoWorkingDay(ValueError):
    """A calendar has too few working days, or the end of all dates comes first."""


class Calendar(Part):
    """Which days a production works: all but the weekly `days_off` and the `free_days`, and also
    those `worked_days` that would be off. Day 1 is the first working day from `starts_on` on."""

    starts_on: date
    days_off: Annotated[tuple[Weekday, ...], Field(max_length=6)] = ()
    free_days: Annotated[tuple[FreeDay, ...], Field(max_length=1_000)] = ()
    worked_days: Annotated[tuple[date, ...], Field(max_length=1_000)] = ()

    def is_worked(self, day: date) -> bool:
        """Whether the production works on that day."""
        if day in self.worked_days:
            return True
        weekday = tuple(Weekday)[day.weekday()]
        return weekday not in self.days_off and all(day != free.on for free in self.free_days)

    def days_from(self, day: date) -> Iterator[date]:
        """The working days from `day` on (that day included).

        Raises:
            NoWorkingDay: none comes within ten years of the one before.
        """
        return self._days(day, timedelta(days=1))

    def shoot_dates(self, days: int) -> list[date]:
        """The dates of the first so many working days from `starts_on` on; raises
        `NoWorkingDay`."""
        return list(islice(self.days_from(self.starts_on), days))

    def plus(self, day: date, working_days: int) -> date:
        """The day so many working days after `day` (before it, if negative). A day off counts as
        the next working day, going forward, or the one before, going back; 0 answers just that.

        Raises:
            NoWorkingDay: there are not so many.
        """
        step = timedelta(days=-1 if working_days < 0 else 1)
        return next(islice(self._days(day, step), abs(working_days), None))

    def between(self, day: date, later: date) -> int:
        """Working days from `day` (excluded) to `later` (included); negative when `later` is
        earlier. It is how far something that was to be on `day` slips to be on `later`."""
        if later < day:
            return -self.between(later, day)
        days = (day + timedelta(days=n) for n in range(1, (later - day).days + 1))
        return sum(1 for one in days if self.is_worked(one))

    def _days(self, day: date, step: timedelta) -> Iterator[date]:
        last = 0
        for n in count():
            try:
                one = day + n * step
            except OverflowError as error:
                raise NoWorkingDay(f"there is no working day beyond {day}") from error
            if self.is_worked(one):
                last = n
                yield one
            elif n - last > SEARCH_DAYS_MAX:
                raise NoWorkingDay(f"no working day comes within ten years of {day}")
