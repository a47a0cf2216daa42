"""Shoot days moved after the lock."""

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.schedule import DatedDay, ShootDaysMoved, ShootDayWrapped
from runtime.decider import Rejection
from services.schedule.commands import MoveShootDay, WrapShootDay
from services.schedule.model.phases import Locked
from services.schedule.model.rejections import (
    ScheduleIsNotLocked,
    ShootDateIsTaken,
    ShootDayIsOff,
    ShootDayIsOutOfOrder,
    ShootDayIsUnknown,
    ShootDayIsWrapped,
    WorkingDaysRunOut,
)
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import asked, for_patience, given
from tests.services.schedule.film import APPROVED, CHOSEN, MONDAY, TUESDAY, WAITING, WEDNESDAY

pytestmark = pytest.mark.unit

REASON = "The nor'easter"
THURSDAY, FRIDAY, SATURDAY, SUNDAY, NEXT_MONDAY, NEXT_TUESDAY = (
    date(2026, 9, day) for day in (17, 18, 19, 20, 21, 22)
)


def move(day: int, on: date, **others: object) -> MoveShootDay:
    return MoveShootDay.model_validate({"day": day, "on": on, "reason": REASON, **others})


def moved(day: int, was: date, *dates: tuple[int, date]) -> ShootDaysMoved:
    return ShootDaysMoved(
        day=day,
        was=was,
        on=dates[0][1],
        reason=REASON,
        days=tuple(DatedDay(day=one, on=on) for one, on in dates),
    )


def wrapped(day: int, on: date) -> ShootDayWrapped:
    [event, *_] = given(SCHEDULE, *APPROVED).when(WrapShootDay(day=day, on=on)).events
    assert isinstance(event, ShootDayWrapped)
    return event


def test_later_days_follow_on_working_days():
    given(SCHEDULE, *APPROVED).when(move(2, FRIDAY)).then(
        moved(2, TUESDAY, (2, FRIDAY), (3, NEXT_MONDAY))
    )


def test_days_that_need_not_move_stay():
    given(SCHEDULE, *APPROVED).when(move(3, FRIDAY)).then(moved(3, WEDNESDAY, (3, FRIDAY)))
    gap = (*APPROVED, moved(3, WEDNESDAY, (3, FRIDAY)))
    given(SCHEDULE, *gap).when(move(2, THURSDAY)).then(moved(2, TUESDAY, (2, THURSDAY)))
    given(SCHEDULE, *gap).when(move(3, WEDNESDAY)).then(moved(3, FRIDAY, (3, WEDNESDAY)))
    friday_before = date(2026, 9, 11)
    given(SCHEDULE, *APPROVED).when(move(1, friday_before)).then(
        moved(1, MONDAY, (1, friday_before))
    )


def test_a_day_that_is_there_already_is_not_moved():
    given(SCHEDULE, *APPROVED).when(move(2, TUESDAY)).nothing()
    history = (*APPROVED, moved(2, TUESDAY, (2, FRIDAY), (3, NEXT_MONDAY)))
    given(SCHEDULE, *history).when(move(2, FRIDAY)).nothing()
    given(SCHEDULE, *history).when(move(3, NEXT_MONDAY)).nothing()


def test_a_move_waits_for_the_lock_and_a_known_day():
    for history in ((), CHOSEN, WAITING):
        given(SCHEDULE, *history).when(move(2, FRIDAY)).refused(ScheduleIsNotLocked)
    given(SCHEDULE, *APPROVED).when(move(4, FRIDAY)).refused(ShootDayIsUnknown, "3 shoot days")


def test_a_wrapped_day_stays_where_it_was_shot():
    history = (*APPROVED, wrapped(2, TUESDAY))
    given(SCHEDULE, *history).when(move(2, FRIDAY)).refused(ShootDayIsWrapped, "2026-09-15")
    given(SCHEDULE, *history).when(move(1, TUESDAY)).refused(ShootDateIsTaken, "day 2")
    given(SCHEDULE, *history).when(move(1, WEDNESDAY)).then(
        moved(1, MONDAY, (1, WEDNESDAY), (3, THURSDAY))
    )


def test_followers_step_over_dates_that_were_shot_on():
    history = (*APPROVED, wrapped(3, THURSDAY))
    given(SCHEDULE, *history).when(move(1, WEDNESDAY)).then(
        moved(1, MONDAY, (1, WEDNESDAY), (2, FRIDAY))
    )
    shared = (*APPROVED, wrapped(3, TUESDAY))
    given(SCHEDULE, *shared).when(move(1, date(2026, 9, 11))).then(
        moved(1, MONDAY, (1, date(2026, 9, 11)), (2, WEDNESDAY))
    )


def test_a_day_is_not_moved_before_one_that_precedes_it():
    given(SCHEDULE, *APPROVED).when(move(3, TUESDAY)).refused(
        ShootDayIsOutOfOrder, "day 2", "2026-09-15", "later date"
    )
    late = (*APPROVED, wrapped(1, FRIDAY))
    given(SCHEDULE, *late).when(move(2, THURSDAY)).refused(ShootDayIsOutOfOrder, "day 1")
    turned = (*late, wrapped(2, TUESDAY))
    given(SCHEDULE, *turned).when(move(3, THURSDAY)).refused(ShootDayIsOutOfOrder, "day 1")


def test_a_day_off_is_worked_only_if_that_is_agreed():
    given(SCHEDULE, *APPROVED).when(move(3, SATURDAY)).refused(
        ShootDayIsOff, "2026-09-21", "work_on_day_off"
    )
    given(SCHEDULE, *APPROVED).when(move(2, SATURDAY, work_on_day_off=True)).then(
        moved(2, TUESDAY, (2, SATURDAY), (3, NEXT_MONDAY))
    )


def test_a_day_off_that_was_worked_counts_as_worked_from_then_on():
    saturday = moved(3, WEDNESDAY, (3, SATURDAY))
    phase = SCHEDULE.fold((*APPROVED, saturday)).phase
    assert isinstance(phase, Locked)
    assert phase.calendar.is_worked(SATURDAY) and not phase.calendar.is_worked(SUNDAY)
    back = moved(3, SATURDAY, (3, WEDNESDAY))
    given(SCHEDULE, *APPROVED, saturday, back).when(move(2, FRIDAY)).then(
        moved(2, TUESDAY, (2, FRIDAY), (3, SATURDAY))
    )


def test_a_move_past_the_end_of_all_dates_is_refused():
    given(SCHEDULE, *APPROVED).when(move(2, date.max)).refused(WorkingDaysRunOut, "earlier date")
    given(SCHEDULE, *APPROVED).when(move(3, date.max)).then(moved(3, WEDNESDAY, (3, date.max)))


@for_patience
@for_all(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(-5, 25), st.booleans(), st.booleans()),
        max_size=8,
    )
)
def test_days_keep_their_order_and_share_no_date(steps):
    state = SCHEDULE.fold(APPROVED)
    for day, offset, off, wrap in steps:
        on = MONDAY + timedelta(days=offset)
        command = move(day, on, work_on_day_off=off)
        if wrap and day not in state.shoot.wrapped:
            command = WrapShootDay(day=day, on=state.phase.dates[day])
        try:
            events = SCHEDULE.decide(state, command, asked())
        except Rejection:
            continue
        for event in events:
            if isinstance(event, ShootDaysMoved):
                assert event.days[0] == DatedDay(day=day, on=on)
                assert all(one.day > day for one in event.days[1:])
        state = SCHEDULE.fold(events, state)
        dates = dict(sorted(state.phase.dates.items()))
        to_come = [on for number, on in dates.items() if number not in state.shoot.wrapped]
        assert to_come == sorted(to_come)
        assert len(set(dates.values())) == 3
        assert all(state.phase.calendar.is_worked(one) for one in dates.values())
