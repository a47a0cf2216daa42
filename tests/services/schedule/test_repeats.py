"""Every command given twice records nothing the second time, whatever came before it."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.calendar import Weekday
from events.event import decode
from events.schedule import Board, Link, MilestoneKind, TaskKind
from runtime.versions import Submitted, Undrafted
from services.schedule.commands import (
    AddBreakdowns,
    AddElements,
    ChooseBoard,
    DraftSchedule,
    FinishTask,
    ImportSchedule,
    LayBoard,
    LockSchedule,
    MoveMilestone,
    MoveShootDay,
    MoveTask,
    ReachMilestone,
    ReopenSchedule,
    ReturnSchedule,
    SetBehindThreshold,
    SetMilestone,
    SetTask,
    SubmitSchedule,
    WrapShootDay,
)
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import asked, each_recorded_once, for_patience, given
from tests.services.schedule.film import (
    ANNIE_DELL,
    CHURCH,
    EDDA,
    HARBOR,
    HEADLAND,
    LANTERN_ROOM,
    MONDAY,
    REQUEST,
    SILAS,
    WHITE,
)

pytestmark = pytest.mark.unit

DATES = st.integers(0, 20).map(lambda days: MONDAY + timedelta(days=days))
ELEMENTS = st.sampled_from([EDDA, SILAS, ANNIE_DELL]).flatmap(
    lambda one: st.booleans().map(lambda is_cast: one.model_copy(update={"is_cast": is_cast}))
)
BREAKDOWNS = st.sampled_from([HEADLAND, HARBOR, LANTERN_ROOM, CHURCH]).flatmap(
    lambda one: st.integers(0, 30).map(lambda eighths: one.model_copy(update={"eighths": eighths}))
)
SCENES = ["scene-14", "scene-31A", "scene-12", "scene-40"]
CALENDARS = st.sampled_from([None, WHITE.calendar])
BOARDS = st.builds(
    lambda order, cut, calendar, name: Board(
        board=name,
        days=tuple((one,) for one in order[:cut]),
        boneyard=tuple(order[cut:]),
        calendar=calendar,
    ),
    st.permutations(SCENES),
    st.integers(0, 4),
    CALENDARS,
    st.sampled_from(["White", "Blue"]),
)
IDS = st.sampled_from(["edit", "lock", "mix"])
LINKS = st.lists(IDS.map(lambda one: Link(after=one)), max_size=2).map(tuple)


def some(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(parts, min_size=1, max_size=3).map(tuple)


FIRST = [
    DraftSchedule(name="The Last Lighthouse"),
    AddElements(elements=(EDDA, SILAS, ANNIE_DELL)),
    AddBreakdowns(breakdowns=(HEADLAND, HARBOR, LANTERN_ROOM, CHURCH)),
    LayBoard(board=WHITE),
    ChooseBoard(board="White"),
]
COMMANDS = st.one_of(
    st.builds(DraftSchedule, name=st.sampled_from(["The Last Lighthouse", "x"])),
    st.builds(AddElements, elements=some(ELEMENTS)),
    st.builds(AddBreakdowns, breakdowns=some(BREAKDOWNS)),
    st.builds(LayBoard, board=BOARDS),
    st.builds(
        ImportSchedule,
        source=st.just("A file"),
        elements=some(ELEMENTS),
        breakdowns=some(BREAKDOWNS),
        boards=some(BOARDS),
        choose=st.sampled_from([None, "White", "Blue"]),
    ),
    st.builds(
        ChooseBoard,
        board=st.sampled_from(["White", "Blue"]),
        starts_on=st.none() | DATES,
        days_off=st.none() | st.lists(st.sampled_from(Weekday), max_size=3).map(tuple),
        holidays_of=st.sampled_from([None, "US", "ZZ"]),
    ),
    st.just(SubmitSchedule()),
    st.just("lock"),
    st.builds(
        ReturnSchedule, version=st.integers(1, 3), reason=st.just("x"), by=st.just("henrietta")
    ),
    st.builds(ReopenSchedule, reason=st.just("Again")),
    st.builds(SetBehindThreshold, eighths=st.integers(1, 20)),
    st.builds(
        WrapShootDay,
        day=st.integers(1, 5),
        on=DATES,
        breakdowns=st.lists(st.sampled_from(SCENES), max_size=2).map(tuple),
        eighths=st.none() | st.integers(0, 40),
    ),
    st.builds(
        MoveShootDay,
        day=st.integers(1, 5),
        on=DATES,
        reason=st.just("Storm"),
        work_on_day_off=st.booleans(),
    ),
    st.builds(
        SetMilestone,
        milestone=IDS,
        kind=st.just(MilestoneKind.OTHER),
        name=st.just("x"),
        on=DATES,
        links=LINKS,
    ),
    st.builds(MoveMilestone, milestone=IDS, on=DATES, reason=st.just("x")),
    st.builds(ReachMilestone, milestone=IDS, on=DATES),
    st.builds(
        SetTask,
        task=IDS,
        kind=st.just(TaskKind.EDIT),
        name=st.just("x"),
        starts_on=DATES,
        days=st.integers(1, 9),
        links=LINKS,
    ),
    st.builds(
        MoveTask,
        task=IDS,
        starts_on=st.none() | DATES,
        days=st.none() | st.integers(1, 9),
        reason=st.just("x"),
    ),
    st.builds(FinishTask, task=IDS, on=DATES),
)


@for_patience
@for_all(st.booleans(), st.lists(COMMANDS, max_size=25))
def test_a_command_given_twice_records_nothing_the_second_time(is_begun, steps):
    history, state = each_recorded_once(SCHEDULE, ((one, asked()) for one in FIRST if is_begun))
    for step in steps:
        command = step
        if isinstance(command, str):
            phase = state.phase
            content_hash = "aa" * 32
            if isinstance(phase, Submitted):
                content_hash = phase.submitted.content_hash
            version = 1 if isinstance(phase, Undrafted) else phase.version
            command = LockSchedule(version=version, content_hash=content_hash, request=REQUEST)
        when = given(SCHEDULE, *history).when(command)
        history += when.events
        state = SCHEDULE.fold(history)
        if when.rejection is None:
            given(SCHEDULE, *history).when(command).nothing()
    again = [decode(*event.wire(), event.encode()) for event in history]
    assert again == history
    assert SCHEDULE.fold(again) == state


def test_a_repeat_is_the_same_in_every_phase():
    assert isinstance(SCHEDULE.initial.phase, Undrafted)
    history, state = each_recorded_once(SCHEDULE, ((one, asked()) for one in FIRST))
    assert len(history) == 5
    assert state.phase.content.plan.days[0].on == date(2026, 9, 14)
