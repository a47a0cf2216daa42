"""Working days counted by arithmetic, so that a date far away costs no more than one nearby."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date

from events.calendar import Calendar, Weekday

WEEK = tuple(Weekday)
WEEKENDS_OFF = Calendar(starts_on=date.min, days_off=(Weekday.SATURDAY, Weekday.SUNDAY))
"""What is counted by while a production has no calendar."""


class WorkingDays:
    """The days that a calendar works, and `also` those, numbered from 0 in their order.

    It counts as `Calendar.between` does; a day off has the number of the next working day.
    """

    def __init__(self, calendar: Calendar | None = None, also: Iterable[date] = ()) -> None:
        calendar = calendar or WEEKENDS_OFF
        self._weekly = [day not in calendar.days_off for day in WEEK]
        worked = {*calendar.worked_days, *also}
        free = {one.on for one in calendar.free_days} - worked
        self._less = sorted(day.toordinal() for day in free if self._weekly[day.weekday()])
        self._more = sorted(day.toordinal() for day in worked if not self._weekly[day.weekday()])

    def number(self, day: date) -> int:
        """How many working days come before `day`."""
        return self._before(day.toordinal())

    def through(self, day: date) -> int:
        """How many working days there are until the end of `day`."""
        return self._before(day.toordinal() + 1)

    def day(self, number: int) -> date:
        """The working day of that number; the first or last of all dates where there is none."""
        first, last = date.min.toordinal(), date.max.toordinal()
        while first < last:
            middle = (first + last) // 2
            if self._before(middle + 1) > number:
                last = middle
            else:
                first = middle + 1
        return date.fromordinal(first)

    def between(self, day: date, later: date) -> int:
        """Working days from `day` (excluded) to `later` (included), negative when it is earlier:
        how far something that was to be on `day` slips to be on `later`."""
        return self.through(later) - self.through(day)

    def _before(self, ordinal: int) -> int:
        """Ordinal 1 is a Monday."""
        weeks, days = divmod(ordinal - 1, len(WEEK))
        weekly = weeks * sum(self._weekly) + sum(self._weekly[:days])
        return weekly - bisect_left(self._less, ordinal) + bisect_left(self._more, ordinal)
