"""The versions of a schedule: submitted, locked, returned, reopened."""

import pytest

from events.calendar import FreeDay
from events.schedule import (
    Board,
    BoardLaid,
    ScheduleLocked,
    ScheduleReopened,
    ScheduleReturned,
    ScheduleSubmitted,
    ShootDaysPlanned,
)
from runtime.versions import Draft, Submitted
from services.schedule.commands import (
    AddBreakdowns,
    AddElements,
    ChooseBoard,
    DraftSchedule,
    ImportSchedule,
    LayBoard,
    LockSchedule,
    ReopenSchedule,
    ReturnSchedule,
    SubmitSchedule,
)
from services.schedule.model.phases import Locked
from services.schedule.model.rejections import (
    ScheduleIsLocked,
    ScheduleIsNotDrafted,
    ScheduleIsSubmitted,
    ScheduleMovedOn,
    ShootDaysAreNotPlanned,
)
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import given
from tests.services.schedule.film import (
    APPROVED,
    BARE,
    CHOSEN,
    CHURCH,
    CONTENT_HASH,
    DRAFTED,
    EDDA,
    HARBOR,
    HEADLAND,
    LANTERN_ROOM,
    LOCKED,
    PLANNED,
    REQUEST,
    SILAS,
    SUBMITTED,
    TUESDAY,
    WAITING,
    WHITE,
    WRITTEN,
    content_of,
)

pytestmark = pytest.mark.unit

LOCK = LockSchedule(version=1, content_hash=CONTENT_HASH, request=REQUEST)
RETURN = ReturnSchedule(version=1, reason="No turnaround after two nights", by="henrietta")
RETURNED = ScheduleReturned(**RETURN.model_dump())
REOPEN = ReopenSchedule(reason="The real gallery was condemned")
REOPENED = ScheduleReopened(version=2, was_locked=False, reason=REOPEN.reason)
REOPENED_FROM_LOCK = ScheduleReopened(version=2, was_locked=True, reason=REOPEN.reason)
EDITS = [
    AddElements(elements=(EDDA.model_copy(update={"element": "wren"}),)),
    AddBreakdowns(breakdowns=(CHURCH.model_copy(update={"eighths": 10}),)),
    LayBoard(board=BARE),
    ImportSchedule(source="Another one-liner", boards=(BARE,)),
    ChooseBoard(board="White", starts_on=TUESDAY),
]


def test_a_version_is_submitted_with_its_hash_days_and_dates():
    given(SCHEDULE, *CHOSEN).when(SubmitSchedule()).then(SUBMITTED)
    given(SCHEDULE, *WAITING).when(SubmitSchedule()).nothing()
    assert isinstance(SCHEDULE.fold(WAITING).phase, Submitted)


def test_a_schedule_without_shoot_days_is_not_submitted():
    given(SCHEDULE).when(SubmitSchedule()).refused(ScheduleIsNotDrafted)
    given(SCHEDULE, *WRITTEN).when(SubmitSchedule()).refused(
        ShootDaysAreNotPlanned, "choose a board"
    )
    emptied = (
        BoardLaid(board=Board(board="White", days=())),
        PLANNED.model_copy(update={"days": ()}),
    )
    given(SCHEDULE, *CHOSEN, *emptied).when(SubmitSchedule()).refused(ShootDaysAreNotPlanned)


def test_a_locked_schedule_is_not_submitted_again():
    given(SCHEDULE, *APPROVED).when(SubmitSchedule()).refused(ScheduleIsLocked, "reopen it")


@pytest.mark.parametrize("edit", EDITS)
def test_nothing_is_edited_while_others_decide(edit):
    given(SCHEDULE, *WAITING).when(edit).refused(ScheduleIsSubmitted, "version 1", "reopen it")


@pytest.mark.parametrize("edit", EDITS)
def test_a_locked_version_stays_what_it_is(edit):
    given(SCHEDULE, *APPROVED).when(edit).refused(ScheduleIsLocked, "version 1", "reopen it")


@pytest.mark.parametrize("history", [CHOSEN, WAITING, APPROVED])
def test_an_edit_that_already_stands_so_records_nothing_in_any_phase(history):
    for edit in (
        DraftSchedule(name=DRAFTED.name),
        AddElements(elements=(SILAS,)),
        AddBreakdowns(breakdowns=(HEADLAND, HARBOR)),
        LayBoard(board=WHITE),
        ImportSchedule(source="x", elements=(EDDA,), breakdowns=(LANTERN_ROOM,), boards=(WHITE,)),
        ChooseBoard(board="White"),
    ):
        given(SCHEDULE, *history).when(edit).nothing()


def test_exactly_the_approved_version_is_locked_with_its_calendar_and_days():
    given(SCHEDULE, *WAITING).when(LOCK).then(LOCKED)
    assert isinstance(SCHEDULE.fold(APPROVED).phase, Locked)
    given(SCHEDULE, *APPROVED).when(LOCK).nothing()


def test_an_approval_of_another_content_or_version_locks_nothing():
    other_hash = LOCK.model_copy(update={"content_hash": "aa" * 32})
    other_version = LOCK.model_copy(update={"version": 2})
    given(SCHEDULE).when(LOCK).refused(ScheduleIsNotDrafted)
    for other in (other_hash, other_version):
        given(SCHEDULE, *WAITING).when(other).refused(ScheduleMovedOn, "version 1 is submitted")
        given(SCHEDULE, *APPROVED).when(other).refused(ScheduleMovedOn, "version 1 is locked")


def test_an_approval_that_comes_after_the_reopening_locks_nothing():
    given(SCHEDULE, *WAITING, REOPENED).when(LOCK).refused(
        ScheduleMovedOn, "on version 1", "version 2 is a draft", "submit it"
    )


def test_a_refused_version_comes_back_as_the_next_draft():
    given(SCHEDULE, *WAITING).when(RETURN).then(RETURNED)
    phase = SCHEDULE.fold((*WAITING, RETURNED)).phase
    assert isinstance(phase, Draft)
    assert (phase.version, phase.content.content_hash()) == (2, CONTENT_HASH)


def test_returning_what_came_back_or_was_reopened_records_nothing():
    given(SCHEDULE, *WAITING, RETURNED).when(RETURN).nothing()
    given(SCHEDULE, *WAITING, REOPENED).when(RETURN).nothing()


def test_a_locked_or_unsubmitted_version_is_not_returned():
    given(SCHEDULE, *APPROVED).when(RETURN).refused(ScheduleMovedOn, "version 1 is locked")
    later = RETURN.model_copy(update={"version": 2})
    given(SCHEDULE, *WAITING).when(later).refused(ScheduleMovedOn, "version 1 is submitted")


def test_a_submitted_or_locked_version_is_reopened_as_the_next_draft():
    given(SCHEDULE).when(REOPEN).refused(ScheduleIsNotDrafted)
    given(SCHEDULE, *WAITING).when(REOPEN).then(REOPENED)
    given(SCHEDULE, *APPROVED).when(REOPEN).then(REOPENED_FROM_LOCK)
    given(SCHEDULE, *CHOSEN).when(REOPEN).nothing()
    given(SCHEDULE, *APPROVED, REOPENED_FROM_LOCK).when(REOPEN).nothing()


def test_the_next_version_is_planned_submitted_and_locked_under_its_own_number():
    history = (*APPROVED, REOPENED_FROM_LOCK)
    later = ChooseBoard(board="White", starts_on=TUESDAY)
    [planned] = given(SCHEDULE, *history).when(later).events
    assert isinstance(planned, ShootDaysPlanned)
    [second] = given(SCHEDULE, *history, planned).when(SubmitSchedule()).events
    assert isinstance(second, ScheduleSubmitted)
    assert (second.version, second.starts_on) == (2, TUESDAY)
    assert second.content_hash != CONTENT_HASH
    lock = LockSchedule(version=2, content_hash=second.content_hash, request=REQUEST)
    [locked] = given(SCHEDULE, *history, planned, second).when(lock).events
    assert isinstance(locked, ScheduleLocked)
    assert locked.days == planned.days


def test_the_hash_names_all_that_is_approved_in_whatever_order_it_was_added():
    turned = (
        DRAFTED,
        WRITTEN[1].model_copy(update={"elements": WRITTEN[1].elements[::-1]}),
        WRITTEN[2].model_copy(update={"breakdowns": WRITTEN[2].breakdowns[::-1]}),
        *CHOSEN[3:],
    )
    assert content_of(*turned).content_hash() == CONTENT_HASH
    free = PLANNED.calendar.model_copy(update={"free_days": (FreeDay(on=TUESDAY, name="Storm"),)})
    for change in (
        WRITTEN[1].model_copy(update={"elements": (EDDA.model_copy(update={"allow_drop": True}),)}),
        WRITTEN[2].model_copy(
            update={"breakdowns": (CHURCH.model_copy(update={"synopsis": "Vespers"}),)}
        ),
        BoardLaid(board=BARE),
        PLANNED.model_copy(update={"calendar": free}),
    ):
        assert content_of(*CHOSEN, change).content_hash() != CONTENT_HASH
    assert content_of(*WRITTEN).content_hash() != CONTENT_HASH
