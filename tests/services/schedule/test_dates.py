"""Milestones and tasks: set, linked, moved, reached and finished."""

from datetime import date

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.schedule import (
    Link,
    LinkType,
    MilestoneKind,
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    ScheduleReopened,
    TaskFinished,
    TaskKind,
    TaskMoved,
    TaskSet,
)
from runtime.decider import Rejection
from services.schedule.commands import (
    FinishTask,
    MoveMilestone,
    MoveTask,
    ReachMilestone,
    SetMilestone,
    SetTask,
)
from services.schedule.model.rejections import (
    IdIsTaken,
    LinkIsUnknown,
    LinksFormACircle,
    MilestoneExists,
    MilestoneIsReached,
    MilestoneIsUnknown,
    TaskExists,
    TaskIsFinished,
    TaskIsUnknown,
)
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import asked, for_patience, given
from tests.services.schedule.film import APPROVED, CHOSEN, WAITING

pytestmark = pytest.mark.unit

EDIT = SetTask(task="edit", kind=TaskKind.EDIT, name="Edit", starts_on=date(2026, 9, 15), days=90)
EDIT_SET = TaskSet(**dict(EDIT))
LOCK = SetMilestone(
    milestone="picture-lock",
    kind=MilestoneKind.PICTURE_LOCK,
    name="Picture lock",
    on=date(2027, 1, 29),
    links=(Link(after="edit", lag_days=5),),
)
LOCK_SET = MilestoneSet(**dict(LOCK))
MIX = SetTask(
    task="mix",
    kind=TaskKind.SOUND_MIX,
    name="Mix",
    starts_on=date(2027, 2, 1),
    days=15,
    links=(Link(after="picture-lock", type=LinkType.FINISH_START),),
)
MIX_SET = TaskSet(**dict(MIX))
SET = (EDIT_SET, LOCK_SET, MIX_SET)
LATER = date(2027, 2, 12)
MOVE_LOCK = MoveMilestone(milestone="picture-lock", on=LATER, reason="Recut after the test")
LOCK_MOVED = MilestoneMoved(
    milestone="picture-lock",
    kind=MilestoneKind.PICTURE_LOCK,
    was=LOCK.on,
    on=LATER,
    reason=MOVE_LOCK.reason,
)
MOVE_EDIT = MoveTask(task="edit", days=100, reason="Photography ended late")
EDIT_MOVED = TaskMoved(
    task="edit",
    was_on=EDIT.starts_on,
    was_days=90,
    starts_on=EDIT.starts_on,
    days=100,
    reason=MOVE_EDIT.reason,
)
REACHED = MilestoneReached(milestone="picture-lock", kind=MilestoneKind.PICTURE_LOCK, on=LATER)
FINISHED = TaskFinished(task="edit", on=LATER)
BACK_IN_DRAFT = (*APPROVED, ScheduleReopened(version=2, was_locked=True, reason="Again"))


@pytest.mark.parametrize("history", [(), CHOSEN, WAITING, APPROVED, BACK_IN_DRAFT])
def test_dates_are_set_moved_and_kept_in_any_phase(history):
    given(SCHEDULE, *history).when(EDIT).then(EDIT_SET)
    given(SCHEDULE, *history, EDIT_SET).when(LOCK).then(LOCK_SET)
    given(SCHEDULE, *history, *SET).when(MOVE_LOCK).then(LOCK_MOVED)
    given(SCHEDULE, *history, *SET).when(MOVE_EDIT).then(EDIT_MOVED)
    reach = ReachMilestone(milestone="picture-lock", on=LATER)
    given(SCHEDULE, *history, *SET).when(reach).then(REACHED)
    given(SCHEDULE, *history, *SET).when(FinishTask(task="edit", on=LATER)).then(FINISHED)


@pytest.mark.parametrize("history", [CHOSEN, APPROVED])
def test_what_already_stands_so_records_nothing(history):
    for command, after in (
        (EDIT, ()),
        (LOCK, ()),
        (MOVE_LOCK, (LOCK_MOVED,)),
        (MOVE_EDIT, (EDIT_MOVED,)),
        (MoveTask(task="edit", reason="No reason"), ()),
        (ReachMilestone(milestone="picture-lock", on=LATER), (REACHED,)),
        (FinishTask(task="edit", on=LATER), (FINISHED,)),
    ):
        given(SCHEDULE, *history, *SET, *after).when(command).nothing()


def test_dates_are_set_anew_only_while_nothing_is_locked():
    shorter = EDIT.model_copy(update={"days": 80})
    renamed = LOCK.model_copy(update={"name": "Lock"})
    for history in ((), CHOSEN, WAITING, BACK_IN_DRAFT):
        given(SCHEDULE, *history, *SET).when(shorter).then(TaskSet(**dict(shorter)))
        given(SCHEDULE, *history, *SET).when(renamed).then(MilestoneSet(**dict(renamed)))
    given(SCHEDULE, *APPROVED, *SET).when(shorter).refused(TaskExists, "move it", "reason")
    given(SCHEDULE, *APPROVED, *SET).when(renamed).refused(MilestoneExists, "move it")


def test_milestones_and_tasks_share_their_ids():
    milestone = LOCK.model_copy(update={"milestone": "edit", "links": ()})
    given(SCHEDULE, *SET).when(milestone).refused(IdIsTaken, "edit is a task")
    task = EDIT.model_copy(update={"task": "picture-lock"})
    given(SCHEDULE, *SET).when(task).refused(IdIsTaken, "is a milestone")


def test_nothing_waits_for_what_nobody_has_set():
    given(SCHEDULE).when(LOCK).refused(LinkIsUnknown, "edit", "set that first")
    given(SCHEDULE, LOCK_SET.model_copy(update={"links": ()})).when(
        MIX.model_copy(update={"links": (Link(after="premiere"),)})
    ).refused(LinkIsUnknown, "premiere")


def test_a_circle_of_links_is_named():
    given(SCHEDULE, *SET).when(EDIT.model_copy(update={"links": (Link(after="edit"),)})).refused(
        LinksFormACircle, "edit waits for itself"
    )
    given(SCHEDULE, *SET).when(EDIT.model_copy(update={"links": (Link(after="mix"),)})).refused(
        LinksFormACircle,
        "edit waits for mix waits for picture-lock waits for edit",
        "so that something can begin",
    )


def test_only_what_was_set_is_moved_reached_or_finished():
    given(SCHEDULE).when(MOVE_LOCK).refused(MilestoneIsUnknown, "set it first")
    given(SCHEDULE, EDIT_SET).when(ReachMilestone(milestone="edit", on=LATER)).refused(
        MilestoneIsUnknown
    )
    given(SCHEDULE).when(MOVE_EDIT).refused(TaskIsUnknown, "set it first")
    given(SCHEDULE).when(FinishTask(task="edit", on=LATER)).refused(TaskIsUnknown)


def test_what_was_reached_or_finished_stays_on_its_day():
    reached = (*SET, REACHED)
    other_day = ReachMilestone(milestone="picture-lock", on=date(2027, 2, 15))
    renamed = LOCK.model_copy(update={"name": "Lock"})
    for command in (MOVE_LOCK, other_day, renamed):
        given(SCHEDULE, *reached).when(command).refused(MilestoneIsReached, "2027-02-12")
    finished = (*SET, FINISHED)
    for command in (
        MOVE_EDIT,
        FinishTask(task="edit", on=date(2027, 2, 15)),
        EDIT.model_copy(update={"days": 80}),
    ):
        given(SCHEDULE, *finished).when(command).refused(TaskIsFinished, "2027-02-12")


def test_a_moved_milestone_is_moved_on_from_where_it_is():
    history = (*SET, LOCK_MOVED)
    [again] = given(SCHEDULE, *history).when(MOVE_LOCK.model_copy(update={"on": LOCK.on})).events
    assert (again.was, again.on) == (LATER, LOCK.on)


def test_a_moved_task_is_moved_on_from_where_it_is():
    later = MoveTask(task="edit", starts_on=date(2026, 9, 21), reason="The storm")
    [moved] = given(SCHEDULE, *SET).when(later).events
    back = MoveTask(task="edit", starts_on=EDIT.starts_on, days=80, reason="It passed")
    [again] = given(SCHEDULE, *SET, moved).when(back).events
    assert (again.was_on, again.was_days) == (later.starts_on, EDIT.days)


NAMES = ["a", "b", "c", "d", "e"]


@for_patience
@for_all(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3)),
        max_size=25,
    )
)
def test_whatever_is_set_can_be_put_into_an_order(steps):
    state = SCHEDULE.initial
    for name, after in steps:
        command = EDIT.model_copy(
            update={"task": name, "links": tuple(Link(after=one) for one in after)}
        )
        try:
            state = SCHEDULE.fold(SCHEDULE.decide(state, command, asked()), state)
        except Rejection:
            continue
    done: set[str] = set()
    tasks = dict(state.dates.tasks)
    for _ in tasks:
        done |= {
            name
            for name, task in tasks.items()
            if {link.after for link in task.stands.links} <= done
        }
    assert done == set(tasks)
