"""A board chosen to shoot by, and the dates that follow from its calendar."""

from datetime import date, timedelta

import pytest
from holidays import country_holidays
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.calendar import FreeDay, Weekday
from events.schedule import Board, BoardLaid, Breakdown, BreakdownsAdded, ShootDaysPlanned
from services.schedule.commands import ChooseBoard
from services.schedule.model.rejections import (
    BoardHasNoDays,
    BoardIsTooLarge,
    BoardIsUnknown,
    FreeDaysAreTooMany,
    HolidaysAreUnknown,
    ScheduleIsLocked,
    ScheduleIsNotDrafted,
    ScheduleIsSubmitted,
    StartIsUnknown,
    WorkingDaysRunOut,
)
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import for_patience, given
from tests.services.schedule.film import (
    APPROVED,
    BARE,
    CHOSEN,
    DRAFTED,
    MONDAY,
    PLANNED,
    TUESDAY,
    WAITING,
    WEEKEND,
    WRITTEN,
)

pytestmark = pytest.mark.unit

BY_ITS_OWN = ChooseBoard(board="White")
LABOR_DAY = FreeDay(on=TUESDAY, name="A holiday of the crew")


def long_board(days: int) -> tuple[BreakdownsAdded, BoardLaid]:
    """A board of so many days, with a scene of one eighth on each."""
    ids = [f"b{n}" for n in range(days)]
    scenes = tuple(Breakdown(breakdown=one, eighths=1) for one in ids)
    return (
        BreakdownsAdded.model_construct(breakdowns=scenes),
        BoardLaid(board=Board(board="Long", days=tuple((one,) for one in ids))),
    )


def planned(days: int, **choice: object) -> ShootDaysPlanned:
    [event] = (
        given(SCHEDULE, DRAFTED, *long_board(days))
        .when(ChooseBoard.model_validate({"board": "Long", **choice}))
        .events
    )
    assert isinstance(event, ShootDaysPlanned)
    return event


def test_a_board_is_shot_by_its_own_calendar():
    given(SCHEDULE, *WRITTEN).when(BY_ITS_OWN).then(PLANNED)
    given(SCHEDULE, *CHOSEN).when(BY_ITS_OWN).nothing()


def test_what_is_chosen_already_records_nothing_in_any_phase():
    given(SCHEDULE, *WAITING).when(BY_ITS_OWN).nothing()
    given(SCHEDULE, *APPROVED).when(BY_ITS_OWN).nothing()


def test_another_choice_waits_for_a_draft():
    later = ChooseBoard(board="White", starts_on=TUESDAY)
    given(SCHEDULE).when(later).refused(ScheduleIsNotDrafted)
    given(SCHEDULE, *WAITING).when(later).refused(ScheduleIsSubmitted, "reopen")
    given(SCHEDULE, *APPROVED).when(later).refused(ScheduleIsLocked, "reopen")


def test_what_the_command_says_goes_before_what_the_board_brings():
    [event] = (
        given(SCHEDULE, *WRITTEN)
        .when(
            ChooseBoard(
                board="White",
                starts_on=date(2026, 9, 11),
                days_off=(Weekday.SUNDAY,),
                free_days=(LABOR_DAY,),
                worked_days=(date(2026, 9, 13),),
            )
        )
        .events
    )
    assert [one.on.day for one in event.days] == [11, 12, 13]
    assert event.calendar.free_days == (LABOR_DAY,)
    later = ChooseBoard(board="White", starts_on=date(2026, 9, 17))
    [event] = given(SCHEDULE, *WRITTEN).when(later).events
    assert [one.on.day for one in event.days] == [17, 18, 21]


def test_a_board_without_a_calendar_needs_a_start_and_rests_at_the_weekend():
    laid = (*WRITTEN, BoardLaid(board=BARE))
    given(SCHEDULE, *laid).when(ChooseBoard(board="Bare")).refused(StartIsUnknown, "starts_on")
    saturday = date(2026, 9, 12)
    [event] = given(SCHEDULE, *laid).when(ChooseBoard(board="Bare", starts_on=saturday)).events
    assert event.calendar.days_off == WEEKEND
    assert event.calendar.starts_on == saturday
    assert event.days[0].on == MONDAY


def test_a_board_is_chosen_only_where_there_is_one_with_days():
    given(SCHEDULE, *WRITTEN).when(ChooseBoard(board="Blue")).refused(BoardIsUnknown, "White")
    given(SCHEDULE, DRAFTED).when(ChooseBoard(board="Blue")).refused(BoardIsUnknown, "none yet")
    empty = BoardLaid(board=Board(board="Script", days=(), boneyard=("scene-14",)))
    given(SCHEDULE, *WRITTEN, empty).when(ChooseBoard(board="Script")).refused(
        BoardHasNoDays, "day by day"
    )


def test_public_holidays_of_a_state_are_free_days():
    event = planned(40, starts_on="2026-09-01", holidays_of="US-ME")
    names = {one.on: one.name for one in event.calendar.free_days}
    assert names[date(2026, 9, 7)] == "Labor Day"
    assert names[date(2026, 10, 12)] == "Indigenous Peoples' Day"
    assert not {one.on for one in event.days} & set(names)
    us = planned(40, starts_on="2026-09-01", holidays_of="us").calendar
    assert "Columbus Day" in {one.name for one in us.free_days}


def test_holidays_are_known_a_year_beyond_the_last_shoot_day():
    free = planned(100, starts_on="2026-12-01", holidays_of="US").calendar.free_days
    assert {one.on.year for one in free} == {2026, 2027, 2028}
    over_new_year = planned(2, starts_on="2026-12-31", holidays_of="US").calendar.free_days
    assert {one.on.year for one in over_new_year} == {2026, 2027, 2028}


def test_own_free_days_keep_their_names_beside_holidays():
    day = {"on": "2026-09-07", "name": "Labor Day, unit party"}
    free = planned(9, starts_on="2026-09-01", free_days=[day], holidays_of="US").calendar.free_days
    assert [one.name for one in free if one.on == date(2026, 9, 7)] == ["Labor Day, unit party"]
    assert list(free) == sorted(free, key=lambda one: one.on)


@pytest.mark.parametrize("place", ["ZZ", "Maine", "US-QQ", "VA-1", "__class__", "US-ME-X", "-"])
def test_an_unknown_place_has_no_holidays(place):
    given(SCHEDULE, *WRITTEN).when(ChooseBoard(board="White", holidays_of=place)).refused(
        HolidaysAreUnknown
    )


@pytest.mark.parametrize(
    ("place", "cure"),
    [
        ("US-QQ", "of a state QQ of US: write US, or US- and one of AK, AL, AR, AS, AZ and"),
        ("VA-1", "of a state 1 of VA: write VA"),
    ],
)
def test_states_that_are_known_are_named_beside_one_that_is_not(place, cure):
    when = given(SCHEDULE, *WRITTEN).when(ChooseBoard(board="White", holidays_of=place))
    told = str(when.refused(HolidaysAreUnknown, cure))
    assert ("and one of" in told) == (place == "US-QQ")


def test_holidays_are_known_from_their_first_year_on():
    first_year = country_holidays("US").start_year
    event = planned(3, starts_on=date(first_year, 3, 1), holidays_of="US")
    assert event.days[0].on.year == first_year


@pytest.mark.parametrize("year", ["0001", "1700", "9998"])
def test_holidays_of_years_that_nobody_keeps_are_refused(year):
    given(SCHEDULE, *WRITTEN).when(
        ChooseBoard(board="White", starts_on=f"{year}-03-01", holidays_of="US")
    ).refused(HolidaysAreUnknown, "known from")


def test_holidays_that_end_early_are_kept_to_their_end():
    known = country_holidays("LK")
    starts_on = date(known.end_year, 11, 2)
    free = planned(5, starts_on=starts_on, holidays_of="LK").calendar.free_days
    assert {one.on.year for one in free} == {known.end_year}


def test_days_without_end_or_work_are_refused():
    last = date(9999, 12, 31)
    given(SCHEDULE, *WRITTEN).when(ChooseBoard(board="White", starts_on=last)).refused(
        WorkingDaysRunOut, "begin earlier"
    )


def test_more_free_days_than_a_calendar_holds_are_refused():
    laid = WRITTEN[-1].board

    def choosing_beside(own: int):
        free_days = tuple(
            FreeDay(on=date(2030, 1, 1) + timedelta(days=n), name="x") for n in range(own)
        )
        crowded = laid.calendar.model_copy(update={"free_days": free_days})
        board = BoardLaid(board=laid.model_copy(update={"calendar": crowded}))
        return given(SCHEDULE, *WRITTEN, board).when(ChooseBoard(board="White", holidays_of="US"))

    [alone] = choosing_beside(0).events
    room = 1_000 - len(alone.calendar.free_days)
    assert choosing_beside(room).events
    choosing_beside(room + 1).refused(FreeDaysAreTooMany, "1,001 free days", "leave holidays")


def test_a_plan_that_no_fact_can_hold_is_refused_in_a_sentence():
    ids = [f"{n:04}{'ü' * 60}" for n in range(3_500)]
    scenes = BreakdownsAdded.model_construct(
        breakdowns=tuple(Breakdown(breakdown=one, eighths=1) for one in ids)
    )
    board = BoardLaid(board=Board(board="Vast", days=(tuple(ids),)))
    given(SCHEDULE, DRAFTED, scenes, board).when(
        ChooseBoard(board="Vast", starts_on=MONDAY)
    ).refused(BoardIsTooLarge, "in parts")


@for_patience
@for_all(
    st.integers(1, 30),
    st.dates(date(2020, 1, 1), date(2029, 12, 31)),
    st.sets(st.sampled_from(Weekday), max_size=6),
    st.sampled_from([None, "US", "GB-SCT", "DE", "IN"]),
)
def test_shoot_days_are_the_working_days_in_their_order(days, starts_on, days_off, place):
    event = planned(days, starts_on=starts_on, days_off=tuple(days_off), holidays_of=place)
    dates = [one.on for one in event.days]
    assert [one.day for one in event.days] == list(range(1, days + 1))
    assert dates == event.calendar.shoot_dates(days)
    assert dates == sorted(set(dates)) and dates[0] >= starts_on
    assert all(event.calendar.is_worked(one) for one in dates)
    assert [one.breakdowns for one in event.days] == [(f"b{n}",) for n in range(days)]
