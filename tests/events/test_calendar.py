"""Working days: which days are worked, and how they are counted."""

from datetime import UTC, date, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calendar import (
    SEARCH_DAYS_MAX,
    Calendar,
    FreeDay,
    NoWorkingDay,
    Weekday,
    end_of,
)

pytestmark = pytest.mark.unit

PATIENT = settings(deadline=None, max_examples=100)

MONDAY = date(2026, 9, 14)
WEEKEND = (Weekday.SATURDAY, Weekday.SUNDAY)
PLAIN = Calendar(starts_on=MONDAY, days_off=WEEKEND)

DAYS = st.dates(date(2026, 8, 1), date(2026, 12, 31))
CALENDARS = st.builds(
    Calendar,
    starts_on=DAYS,
    days_off=st.sets(st.sampled_from(Weekday), max_size=6).map(tuple),
    free_days=st.sets(DAYS, max_size=12).map(
        lambda days: tuple(FreeDay(on=day, name="Holiday") for day in sorted(days))
    ),
    worked_days=st.sets(DAYS, max_size=4).map(tuple),
)
COUNTS = st.integers(0, 60)


def worked(calendar: Calendar, first: date, last: date) -> list[date]:
    """Every working day from first to last, looked at one by one."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if calendar.is_worked(day)]


@PATIENT
@given(CALENDARS, DAYS)
def test_a_day_is_worked_unless_it_is_off_or_free(calendar, day):
    off = tuple(Weekday)[day.weekday()] in calendar.days_off
    free = day in {one.on for one in calendar.free_days}
    assert calendar.is_worked(day) == (day in calendar.worked_days or not (off or free))


@PATIENT
@given(CALENDARS, COUNTS)
def test_shoot_dates_are_the_first_working_days_from_the_start_on(calendar, days):
    dates = calendar.shoot_dates(days)
    assert len(dates) == days
    if dates:
        assert dates == worked(calendar, calendar.starts_on, dates[-1])
    assert not {one.on for one in calendar.free_days} - set(calendar.worked_days) & set(dates)


@PATIENT
@given(CALENDARS, DAYS, COUNTS)
def test_as_many_working_days_later_is_as_many_working_days_between(calendar, day, count):
    first = calendar.plus(day, 0)
    later = calendar.plus(day, count)
    assert calendar.is_worked(first) and calendar.is_worked(later)
    assert calendar.between(first, later) == count
    assert calendar.plus(first, calendar.between(first, later)) == later


@PATIENT
@given(CALENDARS, DAYS, COUNTS)
def test_going_back_undoes_going_on(calendar, day, count):
    first = calendar.plus(day, 0)
    assert calendar.plus(calendar.plus(first, count), -count) == first
    last = calendar.plus(day, -1)
    assert last < day


@PATIENT
@given(CALENDARS, DAYS, DAYS, DAYS)
def test_days_between_add_up_and_turn_round(calendar, one, two, three):
    assert calendar.between(one, two) == -calendar.between(two, one)
    assert calendar.between(one, two) + calendar.between(two, three) == calendar.between(one, three)
    if one <= two:
        assert calendar.between(one, two) == len(worked(calendar, one, two)) - calendar.is_worked(
            one
        )


@PATIENT
@given(CALENDARS, DAYS, COUNTS)
def test_steps_add_up(calendar, day, count):
    one_by_one = calendar.plus(day, 0)
    for _ in range(count):
        one_by_one = calendar.plus(one_by_one, 1)
    assert one_by_one == calendar.plus(day, count)


def test_a_weekend_and_a_holiday_are_stepped_over():
    friday = date(2026, 9, 18)
    assert PLAIN.plus(friday, 1) == date(2026, 9, 21)
    holiday = PLAIN.model_copy(
        update={"free_days": (FreeDay(on=date(2026, 9, 21), name="Holiday"),)}
    )
    assert holiday.plus(friday, 1) == date(2026, 9, 22)
    assert holiday.between(friday, date(2026, 9, 22)) == 1
    saturday = PLAIN.model_copy(update={"worked_days": (date(2026, 9, 19),)})
    assert saturday.plus(friday, 1) == date(2026, 9, 19)


def test_a_day_off_counts_as_the_next_working_day_or_the_one_before():
    saturday = date(2026, 9, 19)
    assert PLAIN.plus(saturday, 0) == date(2026, 9, 21)
    assert PLAIN.plus(saturday, 1) == date(2026, 9, 22)
    assert PLAIN.plus(saturday, -1) == date(2026, 9, 17)


def test_the_second_pass_of_a_whole_feature_ends_on_its_67th_day():
    dates = Calendar(starts_on=date(2022, 8, 10), days_off=WEEKEND).shoot_dates(67)
    assert (dates[0], dates[-1]) == (date(2022, 8, 10), date(2022, 11, 10))


def test_a_calendar_without_working_days_says_so():
    hiatus = tuple(FreeDay(on=MONDAY + timedelta(days=7 * n), name="Hiatus") for n in range(1_000))
    mondays = Calendar(
        starts_on=MONDAY,
        days_off=tuple(one for one in Weekday if one is not Weekday.MONDAY),
        free_days=hiatus,
    )
    with pytest.raises(NoWorkingDay, match="ten years"):
        mondays.shoot_dates(1)
    assert mondays.plus(MONDAY, -1) < MONDAY


@pytest.mark.parametrize(("day", "step"), [(date.max, 2), (date.min, -8)])
def test_dates_come_to_an_end(day, step):
    with pytest.raises(NoWorkingDay, match="no working day beyond"):
        PLAIN.plus(day, step)


@given(st.dates(max_value=date(9999, 12, 30)), st.integers(-12, 14))
@PATIENT
def test_a_day_is_over_with_its_last_moment_in_utc_wherever_one_is(day, hours):
    zone = timezone(timedelta(hours=hours))
    over = end_of(day)
    assert over is not None and over.tzinfo is UTC
    last, moment = (over - timedelta(microseconds=1)), over
    if 3 < day.year < 9998:
        last, moment = last.astimezone(zone), over.astimezone(zone)
    assert last.astimezone(UTC).date() == day < moment.astimezone(UTC).date()
    assert end_of(date.max) is None


def one_day_a_week(free_weeks: int) -> Calendar:
    """Mondays alone are worked, the first of them not for so many weeks."""
    mondays = (MONDAY + timedelta(weeks=n) for n in range(free_weeks))
    return Calendar(
        starts_on=MONDAY,
        days_off=tuple(Weekday)[1:],
        free_days=tuple(FreeDay(on=day, name="Hiatus") for day in mondays),
    )


def test_a_working_day_is_found_within_ten_years_and_not_beyond():
    weeks = SEARCH_DAYS_MAX // 7 + 1
    found = MONDAY + timedelta(weeks=weeks)
    assert (found - MONDAY).days == SEARCH_DAYS_MAX + 1, "the last day that is looked at"
    assert one_day_a_week(weeks).plus(MONDAY, 0) == found
    with pytest.raises(NoWorkingDay):
        one_day_a_week(weeks).plus(MONDAY - timedelta(days=1), 0)
    with pytest.raises(NoWorkingDay):
        one_day_a_week(weeks + 1).plus(MONDAY, 0)


def test_the_ten_years_count_anew_from_every_working_day():
    assert PLAIN.plus(MONDAY, 5 * 400) == MONDAY + timedelta(weeks=400)
