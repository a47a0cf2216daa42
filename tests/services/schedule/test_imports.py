"""A whole schedule taken in at once: all of it or, where a part does not fit, nothing."""

import pytest

from events.schedule import (
    Board,
    BoardLaid,
    Breakdown,
    BreakdownsAdded,
    ElementsAdded,
    ScheduleDrafted,
    ScheduleImported,
    Unplaced,
)
from runtime.paging import BYTES_MAX
from services.schedule.commands import ImportSchedule
from services.schedule.model.rejections import (
    BoardHasNoDays,
    BoardIsTooLarge,
    BoardIsUnknown,
    BreakdownIsUnknown,
    ElementIsUnknown,
    PartStandsTwice,
    ScheduleDoesNotFit,
    ScheduleIsTooLong,
    StartIsUnknown,
)
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import given
from tests.services.schedule.film import (
    ANNIE_DELL,
    APPROVED,
    BARE,
    CHOSEN,
    CHURCH,
    DRAFTED,
    EDDA,
    HARBOR,
    HEADLAND,
    LANTERN_ROOM,
    PLANNED,
    SILAS,
    WHITE,
    WRITTEN,
)

pytestmark = pytest.mark.unit

LOST = Unplaced(what="scene 7", problem="it is on no day", cure="lay the board anew")
FILE = ImportSchedule(
    source="White revision",
    name="The Last Lighthouse",
    elements=(EDDA, SILAS, ANNIE_DELL),
    breakdowns=(HEADLAND, HARBOR, LANTERN_ROOM, CHURCH),
    boards=(WHITE,),
    unplaced=(LOST,),
)
IMPORTED = ScheduleImported(
    source="White revision", breakdowns=4, eighths=45, boards=("White",), unplaced=(LOST,)
)
CHOOSING = FILE.model_copy(update={"choose": "White"})


def test_a_file_begins_a_schedule_and_brings_all_of_it():
    given(SCHEDULE).when(FILE).then(*WRITTEN, IMPORTED)


def test_a_file_without_a_name_begins_one_under_its_source():
    nameless = FILE.model_copy(update={"name": None})
    first, *_ = given(SCHEDULE).when(nameless).events
    assert first == ScheduleDrafted(name="White revision")


def test_a_file_may_choose_its_board():
    given(SCHEDULE).when(CHOOSING).then(*WRITTEN, IMPORTED, PLANNED)


@pytest.mark.parametrize("history", [CHOSEN, APPROVED])
def test_the_same_file_again_records_nothing(history):
    given(SCHEDULE, *history).when(CHOOSING).nothing()
    given(SCHEDULE, *history).when(FILE).nothing()


def test_a_file_adds_what_is_new_to_what_is_there():
    longer = CHURCH.model_copy(update={"eighths": 10})
    file = FILE.model_copy(update={"breakdowns": (HEADLAND, longer), "boards": (WHITE, BARE)})
    added, laid, imported, planned = given(SCHEDULE, *CHOSEN).when(file).events
    assert added == BreakdownsAdded(breakdowns=(longer,))
    assert laid == BoardLaid(board=BARE)
    assert imported == IMPORTED.model_copy(
        update={"breakdowns": 2, "eighths": 21, "boards": ("White", "Bare")}
    )
    assert planned.days[2].eighths == 10


def test_choosing_alone_is_recorded_with_the_file_that_chose():
    given(SCHEDULE, *WRITTEN).when(CHOOSING).then(IMPORTED, PLANNED)


def test_an_empty_file_begins_an_empty_schedule():
    empty = ImportSchedule(source="Nothing")
    drafted, imported = given(SCHEDULE).when(empty).events
    assert (imported.breakdowns, imported.boards) == (0, ())
    given(SCHEDULE, drafted, imported).when(empty).nothing()


def test_parts_that_do_not_fit_are_told_all_at_once():
    lost = HEADLAND.model_copy(update={"breakdown": "scene-2", "elements": ("wren",)})
    board = Board(board="Blue", days=(("scene-99",), ("scene-2", "scene-2")))
    file = ImportSchedule(
        source="x",
        elements=(EDDA, EDDA),
        breakdowns=(lost, CHURCH, CHURCH),
        boards=(board, board),
    )
    refused = given(SCHEDULE, DRAFTED, ElementsAdded(elements=(SILAS,))).when(file)
    assert {
        (one["problem"], *(one.get(kind) for kind in ("element", "breakdown", "board")))
        for one in refused.refused(ScheduleDoesNotFit, "mend them").problems
    } == {
        ("part-stands-twice", "edda", None, None),
        ("part-stands-twice", None, "scene-40", None),
        ("part-stands-twice", None, None, "Blue"),
        ("element-is-unknown", None, "scene-2", None),
        ("breakdown-is-unknown", None, "scene-99", None),
        ("breakdown-stands-twice", None, "scene-2", None),
    }


def test_one_part_that_does_not_fit_says_so_itself():
    for changes, rejection in (
        ({"elements": (EDDA, SILAS)}, ElementIsUnknown),
        ({"elements": (*FILE.elements, EDDA)}, PartStandsTwice),
        ({"breakdowns": FILE.breakdowns[:3]}, BreakdownIsUnknown),
    ):
        given(SCHEDULE).when(FILE.model_copy(update=changes)).refused(rejection)


def test_a_file_chooses_a_board_that_can_be_dated():
    for board, changes, rejection in (
        ("Blue", {}, BoardIsUnknown),
        ("Bare", {"boards": (BARE,)}, StartIsUnknown),
        ("Bare", {"boards": (BARE.model_copy(update={"days": ()}),)}, BoardHasNoDays),
    ):
        file = FILE.model_copy(update={**changes, "choose": board})
        given(SCHEDULE).when(file).refused(rejection)


def test_what_no_schedule_or_fact_can_hold_is_refused():
    vast = tuple(Breakdown(breakdown=f"b{n}", eighths=80_000) for n in range(2))
    given(SCHEDULE).when(ImportSchedule(source="x", breakdowns=vast)).refused(ScheduleIsTooLong)
    long = tuple(Breakdown(breakdown=f"{n:04}{'ü' * 60}", eighths=1) for n in range(3_500))
    board = Board(board="Vast", days=(tuple(one.breakdown for one in long),))
    given(SCHEDULE).when(ImportSchedule(source="x", breakdowns=long, boards=(board,))).refused(
        BoardIsTooLarge
    )


def test_what_could_not_be_placed_fits_into_one_fact():
    wordy = LOST.model_copy(update={"problem": "x" * 2_000})
    file = FILE.model_copy(update={"unplaced": (wordy,) * 1_000})
    imported = given(SCHEDULE).when(file).events[-1]
    assert isinstance(imported, ScheduleImported)
    assert len(imported.encode()) < BYTES_MAX + 4_000
    *first, last = imported.unplaced
    assert set(first) == {wordy}
    assert last.what == f"{1_000 - len(first)} more parts of the file"
