"""Days wrapped against the baseline, and the slip that is told."""

from fractions import Fraction

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.schedule import (
    BehindThresholdSet,
    ScheduleLocked,
    ShootDayFellBehind,
    ShootDayWrapped,
)
from services.schedule.commands import (
    ReopenSchedule,
    SetBehindThreshold,
    WrapShootDay,
)
from services.schedule.model.rejections import (
    BreakdownIsShot,
    BreakdownIsUnknown,
    PartStandsTwice,
    ScheduleIsNotLocked,
    ScheduleIsTooLong,
    ShootDayIsUnknown,
    ShootDayIsWrapped,
)
from services.schedule.model.schedule import SCHEDULE
from services.schedule.model.shoot import evolve
from tests.services.given import asked, for_patience, given
from tests.services.schedule.film import (
    APPROVED,
    CHOSEN,
    LOCKED,
    MONDAY,
    TUESDAY,
    WAITING,
    WEDNESDAY,
)

pytestmark = pytest.mark.unit

FIRST = WrapShootDay(day=1, on=MONDAY, breakdowns=("scene-14", "scene-31A"))
FIRST_WRAPPED = ShootDayWrapped(
    day=1,
    on=MONDAY,
    breakdowns=("scene-14", "scene-31A"),
    eighths=17,
    eighths_planned=17,
    eighths_to_date=17,
    eighths_planned_to_date=17,
)
SHORT = WrapShootDay(day=1, on=MONDAY, breakdowns=("scene-14",), eighths=8, note="Lost the light")
SHORT_WRAPPED = ShootDayWrapped(
    day=1,
    on=MONDAY,
    breakdowns=("scene-14",),
    eighths=8,
    eighths_planned=17,
    eighths_to_date=8,
    eighths_planned_to_date=17,
    note="Lost the light",
)
NINE_BEHIND = ShootDayFellBehind(
    day=1, on=MONDAY, eighths_behind=9, threshold=8, tenths_of_days_behind=6
)


def test_a_day_is_wrapped_with_what_was_shot_beside_the_plan():
    given(SCHEDULE, *APPROVED).when(FIRST).then(FIRST_WRAPPED)


def test_days_are_wrapped_in_any_order_and_measured_against_those_wrapped():
    third = WrapShootDay(day=3, on=TUESDAY, breakdowns=("scene-40", "scene-31A"))
    wrapped = ShootDayWrapped(
        day=3,
        on=TUESDAY,
        breakdowns=("scene-40", "scene-31A"),
        eighths=15,
        eighths_planned=9,
        eighths_to_date=15,
        eighths_planned_to_date=9,
    )
    given(SCHEDULE, *APPROVED).when(third).then(wrapped)
    first = WrapShootDay(day=1, on=WEDNESDAY, breakdowns=("scene-14",))
    [later] = given(SCHEDULE, *APPROVED, wrapped).when(first).events
    assert (later.eighths_to_date, later.eighths_planned_to_date) == (26, 26)


def test_a_day_is_wrapped_once():
    given(SCHEDULE, *APPROVED, FIRST_WRAPPED).when(FIRST).nothing()
    same = FIRST.model_copy(update={"eighths": 17})
    given(SCHEDULE, *APPROVED, FIRST_WRAPPED).when(same).nothing()
    for other in ({"on": TUESDAY}, {"breakdowns": ("scene-14",)}, {"eighths": 3}, {"note": "x"}):
        given(SCHEDULE, *APPROVED, FIRST_WRAPPED).when(FIRST.model_copy(update=other)).refused(
            ShootDayIsWrapped, "2026-09-14", "17 eighths"
        )


def test_a_day_is_wrapped_only_against_a_locked_schedule():
    for history in ((), CHOSEN, WAITING):
        given(SCHEDULE, *history).when(FIRST).refused(ScheduleIsNotLocked, "submit")


def test_only_days_and_breakdowns_of_the_schedule_are_wrapped():
    given(SCHEDULE, *APPROVED).when(FIRST.model_copy(update={"day": 4})).refused(
        ShootDayIsUnknown, "3 shoot days"
    )
    unknown = FIRST.model_copy(update={"breakdowns": ("scene-99",)})
    given(SCHEDULE, *APPROVED).when(unknown).refused(BreakdownIsUnknown, "scene-99")
    twice = FIRST.model_copy(update={"breakdowns": ("scene-14", "scene-14")})
    given(SCHEDULE, *APPROVED).when(twice).refused(PartStandsTwice, "breakdown scene-14 stands")


def test_a_breakdown_is_shot_once():
    again = WrapShootDay(day=2, on=TUESDAY, breakdowns=("scene-12", "scene-14"))
    given(SCHEDULE, *APPROVED, FIRST_WRAPPED).when(again).refused(
        BreakdownIsShot, "scene-14", "day 1", "`eighths`"
    )


def test_a_shoot_of_over_ten_thousand_pages_is_refused():
    vast = FIRST.model_copy(update={"eighths": 80_000})
    whole = given(SCHEDULE, *APPROVED).when(vast.model_copy(update={"day": 2, "breakdowns": ()}))
    assert whole.rejection is None
    given(SCHEDULE, *APPROVED, SHORT_WRAPPED).when(
        vast.model_copy(update={"day": 2, "breakdowns": ()})
    ).refused(
        ScheduleIsTooLong, "80,008 eighths shot, over 10,000 pages: `eighths` counts eighths of"
    )


def test_a_day_without_anything_shot_is_wrapped_too():
    storm = WrapShootDay(day=2, on=TUESDAY, note="Nor'easter")
    wrapped, behind = given(SCHEDULE, *APPROVED).when(storm).events
    assert (wrapped.eighths, wrapped.eighths_planned) == (0, 19)
    assert behind.eighths_behind == 19


def test_a_slip_of_a_page_is_told_in_eighths_and_days():
    given(SCHEDULE, *APPROVED).when(SHORT).then(SHORT_WRAPPED, NINE_BEHIND)


def test_a_slip_below_the_threshold_is_not_told():
    seven = SHORT.model_copy(update={"eighths": 10})
    assert len(given(SCHEDULE, *APPROVED).when(seven).events) == 1
    eight = SHORT.model_copy(update={"eighths": 9})
    assert len(given(SCHEDULE, *APPROVED).when(eight).events) == 2


def test_one_slip_is_not_told_every_day():
    behind = (*APPROVED, SHORT_WRAPPED, NINE_BEHIND)
    as_planned = WrapShootDay(day=2, on=TUESDAY, breakdowns=("scene-12",))
    assert len(given(SCHEDULE, *behind).when(as_planned).events) == 1
    slower = as_planned.model_copy(update={"eighths": 18})
    _, told = given(SCHEDULE, *behind).when(slower).events
    assert (told.day, told.eighths_behind) == (2, 10)


def test_the_threshold_is_the_productions_own():
    given(SCHEDULE).when(SetBehindThreshold(eighths=12)).then(BehindThresholdSet(eighths=12))
    given(SCHEDULE).when(SetBehindThreshold(eighths=8)).nothing()
    patient = (*APPROVED, BehindThresholdSet(eighths=12))
    given(SCHEDULE, *patient).when(SetBehindThreshold(eighths=12)).nothing()
    given(SCHEDULE, *patient).when(SHORT).then(SHORT_WRAPPED)


def test_what_was_shot_stays_shot_when_the_schedule_is_reopened():
    behind = (*APPROVED, SHORT_WRAPPED, NINE_BEHIND)
    [reopened] = given(SCHEDULE, *behind).when(ReopenSchedule(reason="New baseline")).events
    history = (*behind, reopened)
    given(SCHEDULE, *history).when(FIRST.model_copy(update={"day": 2})).refused(ScheduleIsNotLocked)
    shoot = SCHEDULE.fold(history).shoot
    assert (shoot.eighths, dict(shoot.shot), shoot.told_behind) == (8, {"scene-14": 1}, 9)
    relocked = LOCKED.model_copy(update={"version": 2})
    assert isinstance(relocked, ScheduleLocked)
    assert evolve(shoot, relocked).told_behind == 0


@for_patience
@for_all(st.lists(st.integers(0, 60), min_size=3, max_size=3), st.permutations([1, 2, 3]))
def test_figures_to_date_are_sums_and_a_told_slip_always_grows(shot, order):
    state, told = SCHEDULE.fold(APPROVED), 0
    planned = {one.day: one.eighths for one in LOCKED.days}
    for count, day in enumerate(order, 1):
        command = WrapShootDay(day=day, on=MONDAY, eighths=shot[day - 1])
        wrapped, *behind = SCHEDULE.decide(state, command, asked())
        state = SCHEDULE.fold([wrapped, *behind], state)
        done = order[:count]
        assert wrapped.eighths_to_date == sum(shot[one - 1] for one in done)
        assert wrapped.eighths_planned_to_date == sum(planned[one] for one in done)
        slip = wrapped.eighths_planned_to_date - wrapped.eighths_to_date
        assert bool(behind) == (slip >= 8 and slip > told)
        for one in behind:
            told = one.eighths_behind
            assert told == slip
            average = Fraction(sum(planned.values()), len(planned))
            exact = 10 * Fraction(slip) / average
            assert abs(one.tenths_of_days_behind - exact) <= Fraction(1, 2)
            assert one.tenths_of_days_behind >= exact - Fraction(1, 2)


def test_tenths_of_days_round_half_up():
    days = tuple(one.model_copy(update={"eighths": 40}) for one in LOCKED.days)
    locked = LOCKED.model_copy(update={"days": days})
    ten = WrapShootDay(day=1, on=MONDAY, eighths=30)
    _, told = given(SCHEDULE, *WAITING, locked).when(ten).events
    assert told.tenths_of_days_behind == 3
