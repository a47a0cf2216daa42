"""Schedules that nobody on the project wrote."""

from collections import Counter
from datetime import date

import pytest

from events.event import Event
from events.schedule import ScheduleImported, ShootDaysPlanned
from services.schedule.commands import ChooseBoard, ImportSchedule
from services.schedule.files import read_uss
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import given
from tests.services.schedule.uss import REAL, needs_real_files, told

pytestmark = [pytest.mark.unit, needs_real_files]


def real(name: str) -> ImportSchedule:
    assert REAL is not None
    return read_uss((REAL / name).read_text(encoding="utf-8"))


def wonderful_life() -> tuple[ImportSchedule, list[Event]]:
    command = real("its-a-wonderful-life.uss")
    return command, list(given(SCHEDULE).when(command).events)


def planned(board: str) -> tuple[ShootDaysPlanned, Counter[str]]:
    """The days of a board, and how many of them each name of the cast works."""
    command, events = wonderful_life()
    [plan] = given(SCHEDULE, *events).when(ChooseBoard(board=board)).events
    assert isinstance(plan, ShootDaysPlanned)
    names = {one.element: one.name for one in command.elements}
    return plan, Counter(names[one] for day in plan.days for one in day.cast)


def test_a_whole_feature_is_imported():
    command, events = wonderful_life()
    imported = events[-1]
    assert isinstance(imported, ScheduleImported)
    assert (imported.breakdowns, imported.eighths) == (174, 1_421)
    assert imported.boards == ("Script Order", "First Pass", "Second Pass", "Rev. WHITE")
    assert sum(one.is_cast for one in command.elements) == 59
    assert command.choose is None
    given(SCHEDULE, *events).when(command).nothing()


def test_what_could_not_be_placed_is_told():
    said = told(wonderful_life()[0])
    for words in (
        "It's A Wonderful Life | they are on no board",
        "scene 7 | they stand after shoot day 7 of board First Pass",
        "Script Order (170 breakdowns)",
        "doodTravel on 2022-08-07",
        "GEORGE: travel on 2022-06-06",
        "LATER (scene 27)",
    ):
        assert words in said


def test_the_second_pass_is_shot_in_67_days():
    plan, cast = planned("Second Pass")
    assert len(plan.days) == 67
    assert (plan.days[0].on, plan.days[-1].on) == (date(2022, 8, 10), date(2022, 11, 10))
    assert sum(one.eighths for one in plan.days) == 1_419
    assert max(one.eighths for one in plan.days) == 69
    assert (cast["GEORGE"], cast["MARY"]) == (58, 33)


@pytest.mark.parametrize(
    ("board", "days", "first", "last"),
    [
        ("First Pass", 60, date(2022, 8, 3), date(2022, 10, 27)),
        ("Rev. WHITE", 56, date(2022, 8, 17), date(2022, 11, 2)),
    ],
)
def test_other_boards_are_shot_by_their_own_calendars(board, days, first, last):
    plan, _ = planned(board)
    assert len(plan.days) == days
    assert (plan.days[0].on, plan.days[-1].on) == (first, last)


def test_the_small_sample_has_one_board_with_days():
    command = real("small.uss")
    assert (command.choose, len(command.breakdowns)) == ("First Pass", 2)
    *_, plan = given(SCHEDULE).when(command).events
    assert isinstance(plan, ShootDaysPlanned)
    assert [(one.on, one.eighths) for one in plan.days] == [(date(2022, 6, 20), 2)]
