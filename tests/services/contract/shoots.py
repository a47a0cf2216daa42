"""Shoot days of The Last Lighthouse: the keeper works on the first two of them."""

from datetime import date, timedelta

from events.calendar import Calendar
from events.schedule import PlannedDay, ScheduleLocked
from tests.services.contract.deals import REQUEST

FIRST_DAY = date(2026, 9, 14)
CALENDAR = Calendar(starts_on=FIRST_DAY)


def planned(first: date = FIRST_DAY, days: int = 3) -> tuple[PlannedDay, ...]:
    return tuple(
        PlannedDay(
            day=n + 1,
            on=first + timedelta(days=n),
            eighths=8,
            breakdowns=(f"b{n}",),
            cast=("keeper", "daughter") if n < 2 else ("daughter",),
        )
        for n in range(days)
    )


LOCKED = ScheduleLocked(
    version=1,
    content_hash="5c" * 32,
    request=REQUEST,
    board="first",
    calendar=CALENDAR,
    days=planned(),
)
