"""The codes of a day out of days, as the trade writes them, and what holds of any of them."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.day_out_of_days.codes import Line, Terms, gap_days, line_of

pytestmark = pytest.mark.unit

FIRST = date(2026, 9, 1)
COMPANY = [FIRST + timedelta(days=n) for n in range(60)]
HELD = Terms()
DROPS = Terms(allow_drop=True, drop_days_min=10)


def on(*numbers: int) -> list[date]:
    """Dates of September 2026, and on from there."""
    return [FIRST + timedelta(days=number - 1) for number in numbers]


def line(*numbers: int, terms: Terms = HELD) -> Line:
    return line_of(on(*numbers), COMPANY, terms)


def codes(*numbers: int, terms: Terms = HELD) -> str:
    return " ".join(code or "-" for code in line(*numbers, terms=terms).codes.values())


def test_the_first_day_starts_the_last_finishes_and_what_is_between_is_held() -> None:
    assert codes(1, 2, 5, 6) == "SW W H H W WF"
    assert codes(3) == "SWF"
    assert codes(1, 2) == "SW WF"


def test_who_may_not_be_held_is_idle() -> None:
    assert codes(1, 3, terms=Terms(allow_hold=False)) == "SW I WF"


def test_days_off_of_the_company_have_no_code() -> None:
    weekdays = [day for day in COMPANY if day.weekday() < 5]
    told = line_of(on(4, 7), weekdays, Terms())
    assert list(told.codes.values()) == ["SW", "WF"]
    assert (told.span_days, told.hold_days) == (2, 0)


@pytest.mark.parametrize(("last", "dropped"), [(11, False), (12, True), (13, True)])
def test_a_gap_is_dropped_from_ten_days_between_on(last: int, dropped: bool) -> None:
    told = line(1, last, terms=DROPS)
    assert gap_days(*on(1, last)) == last - 2
    assert told.drop_days == (last - 2 if dropped else 0)
    assert told.hold_days == (0 if dropped else last - 2)
    assert told.codes[on(1)[0]] == ("SWD" if dropped else "SW")
    assert told.codes[on(last)[0]] == ("PWF" if dropped else "WF")


def test_the_first_gap_that_is_long_enough_is_dropped_and_no_other() -> None:
    told = line(1, 2, 5, 20, 21, 40, terms=DROPS)
    marks = [told.codes[day] for day in on(1, 2, 5, 20, 21, 40)]
    assert marks == ["SW", "W", "WD", "PW", "W", "WF"]
    assert (told.drop_days, told.hold_days) == (14, 2 + 18)


@pytest.mark.parametrize("least", [0, 1])
def test_the_shortest_gap_that_can_be_dropped_is_of_one_day(least: int) -> None:
    at_once = Terms(allow_drop=True, drop_days_min=least)
    assert codes(1, 2, 4, terms=at_once) == "SW WD - PWF"


def test_a_gap_counts_in_calendar_days_whatever_the_company_works() -> None:
    """Ten calendar days with six shoot days in them."""
    weekdays = [day for day in COMPANY if day.weekday() < 5]
    told = line_of(on(4, 15), weekdays, DROPS)
    assert (told.drop_days, told.span_days) == (6, 8)


def test_who_never_works_has_no_line() -> None:
    told = line_of([], COMPANY, DROPS)
    assert (told.start, told.finish, told.span_days, told.codes) == (None, None, 0, {})


NUMBERS = st.integers(1, 60)
TERMS = st.builds(
    Terms, allow_hold=st.booleans(), allow_drop=st.booleans(), drop_days_min=st.integers(0, 20)
)


@given(st.sets(NUMBERS), st.sets(NUMBERS, max_size=40), TERMS)
def test_every_day_of_the_span_is_one_thing(worked: set[int], also: set[int], terms: Terms) -> None:
    company = set(on(*worked | also))
    told = line_of(on(*worked), company, terms)
    counted = told.work_days + told.hold_days + told.idle_days + told.drop_days
    assert counted == told.span_days
    assert told.work_days == len(worked)
    assert list(told.codes) == sorted(told.codes)
    assert set(told.codes) <= company
    assert not (told.hold_days if not terms.allow_hold else told.idle_days)
    if not worked:
        return
    marks = list(told.codes.values())
    assert [mark for mark in marks if mark.startswith("S")] == marks[:1]
    assert [mark for mark in marks if mark.endswith("F")] == marks[-1:]


@given(st.sets(NUMBERS, min_size=2), TERMS)
def test_a_drop_comes_with_a_pick_up_around_the_first_gap_at_or_over_the_limit(
    worked: set[int], terms: Terms
) -> None:
    told = line(*worked, terms=terms)
    works = [day for day, code in told.codes.items() if "W" in code]
    drops = [day for day in works if "D" in told.codes[day]]
    picked_up = [day for day in works if "PW" in told.codes[day]]
    least = max(terms.drop_days_min, 1)
    long = [pair for pair in pairwise(works) if gap_days(*pair) >= least]
    if terms.allow_drop and long:
        assert (drops, picked_up) == ([long[0][0]], [long[0][1]])
        assert told.drop_days == gap_days(*long[0])
    else:
        assert (drops, picked_up, told.drop_days) == ([], [], 0)
