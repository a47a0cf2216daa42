"""The codes of a day out of days (field guide 2.4: SetHero's cheat sheet, Movie Magic Scheduling).

An element works on some of the company's shoot days. Its first work day is marked S, its last F.
Between two of its work days lie days on which the company works without it: H, held and paid, where
it may be held, else I, idle. Where it may be dropped, the first gap of at least so many calendar
days is unpaid: the day before it is WD (work, drop), the day after it PW (pick up, work), and its
days have no code.

The trade does not say how a gap is counted. Here it is the calendar days between the two work
days, neither of them counted: from the 1st to the 12th are 10.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

WORK, HOLD, IDLE, DROPPED = "W", "H", "I", ""


@dataclass(frozen=True, slots=True)
class Terms:
    """Whether an element may be held, and whether, over how long a gap in calendar days at least,
    it may be dropped."""

    allow_hold: bool = True
    allow_drop: bool = False
    drop_days_min: int = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One element's line: its first and last work day, its days by what they are, and the code of
    each shoot day between them, both included."""

    start: date | None
    finish: date | None
    work_days: int
    hold_days: int
    idle_days: int
    drop_days: int
    codes: Mapping[date, str]

    @property
    def span_days(self) -> int:
        """Shoot days of the company from the first to the last work day."""
        return len(self.codes)


def line_of(worked: Iterable[date], company: Iterable[date], terms: Terms) -> Line:
    """The line of an element that works on those dates, of all on which the company does."""
    works = sorted(set(worked))
    if not works:
        return Line(None, None, 0, 0, 0, 0, {})
    first, last = works[0], works[-1]
    days = sorted({*works, *(day for day in company if first <= day <= last)})
    drop = _drop(works, terms)
    between = HOLD if terms.allow_hold else IDLE
    is_worked = set(works)
    codes: dict[date, str] = {}
    for day in days:
        if day in is_worked:
            codes[day] = _marked(day, first, last, drop)
        elif drop is not None and drop[0] < day < drop[1]:
            codes[day] = DROPPED
        else:
            codes[day] = between
    counted = list(codes.values())
    return Line(
        start=first,
        finish=last,
        work_days=len(works),
        hold_days=counted.count(HOLD),
        idle_days=counted.count(IDLE),
        drop_days=counted.count(DROPPED),
        codes=codes,
    )


def gap_days(before: date, after: date) -> int:
    """The calendar days between two work days, neither of them counted."""
    return (after - before).days - 1


def _drop(works: Sequence[date], terms: Terms) -> tuple[date, date] | None:
    """The work days around the first gap that is long enough; there is one drop at most."""
    if not terms.allow_drop:
        return None
    for before, after in pairwise(works):
        if gap_days(before, after) >= max(terms.drop_days_min, 1):
            return before, after
    return None


def _marked(day: date, first: date, last: date, drop: tuple[date, date] | None) -> str:
    start = "S" if day == first else ""
    picked_up = "P" if drop is not None and day == drop[1] else ""
    dropped = "D" if drop is not None and day == drop[0] else ""
    finish = "F" if day == last else ""
    return f"{start}{picked_up}{WORK}{dropped}{finish}"
