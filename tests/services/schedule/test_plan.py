"""The schedule while it is drafted: elements, breakdowns and boards."""

import pytest

from events.event import Event
from events.schedule import (
    Board,
    BoardLaid,
    Breakdown,
    BreakdownsAdded,
    ElementsAdded,
    PlannedDay,
    ScheduleDrafted,
    ShootDaysPlanned,
)
from runtime.paging import BYTES_MAX
from services.schedule.commands import AddBreakdowns, AddElements, DraftSchedule, LayBoard
from services.schedule.model.rejections import (
    BoardDoesNotFit,
    BoardIsTooLarge,
    BreakdownIsUnknown,
    BreakdownsDoNotFit,
    BreakdownStandsTwice,
    ElementIsUnknown,
    PartStandsTwice,
    ScheduleIsDrafted,
    ScheduleIsNotDrafted,
    ScheduleIsTooLong,
    WorkingDaysRunOut,
)
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import given
from tests.services.schedule.film import (
    ANNIE_DELL,
    BARE,
    CHOSEN,
    CHURCH,
    DAYS,
    DRAFTED,
    EDDA,
    HARBOR,
    HEADLAND,
    LANTERN_ROOM,
    PLANNED,
    SILAS,
    WEDNESDAY,
    WHITE,
    WRITTEN,
)

pytestmark = pytest.mark.unit

WREN = EDDA.model_copy(update={"element": "wren", "name": "Wren Marr, age 11", "board_id": "3"})


def test_a_schedule_is_drafted_once_under_its_name():
    draft = DraftSchedule(name="The Last Lighthouse")
    given(SCHEDULE).when(draft).then(DRAFTED)
    given(SCHEDULE, DRAFTED).when(draft).nothing()
    given(SCHEDULE, DRAFTED).when(DraftSchedule(name="Another film")).refused(
        ScheduleIsDrafted, "version 1", "add to it"
    )


@pytest.mark.parametrize(
    "edit",
    [
        AddElements(elements=(EDDA,)),
        AddBreakdowns(breakdowns=(HEADLAND,)),
        LayBoard(board=BARE),
    ],
)
def test_nothing_is_added_to_a_schedule_that_nobody_drafted(edit):
    given(SCHEDULE).when(edit).refused(ScheduleIsNotDrafted, "draft or import")


def test_elements_are_added_and_what_stands_so_is_not_added_again():
    add = AddElements(elements=(EDDA, SILAS))
    given(SCHEDULE, DRAFTED).when(add).then(ElementsAdded(elements=(EDDA, SILAS)))
    given(SCHEDULE, *WRITTEN).when(add).nothing()
    given(SCHEDULE, *WRITTEN).when(AddElements(elements=(EDDA, WREN))).then(
        ElementsAdded(elements=(WREN,))
    )


def test_elements_come_in_pages():
    many = tuple(EDDA.model_copy(update={"element": f"e{n}"}) for n in range(1_001))
    events = given(SCHEDULE, DRAFTED).when(AddElements(elements=many)).events
    assert [len(page.elements) for page in events] == [500, 500, 1]


def test_an_id_stands_once_in_a_command():
    given(SCHEDULE, *WRITTEN).when(AddElements(elements=(EDDA, EDDA))).refused(
        PartStandsTwice, "element edda stands here 2 times"
    )
    given(SCHEDULE, *WRITTEN).when(AddBreakdowns(breakdowns=(CHURCH, CHURCH))).refused(
        PartStandsTwice, "scene-40"
    )


def test_a_breakdown_needs_elements_that_are_there():
    one = HEADLAND.model_copy(update={"breakdown": "scene-2", "elements": ("edda", "wren")})
    two = one.model_copy(update={"breakdown": "scene-3"})
    given(SCHEDULE, *WRITTEN).when(AddBreakdowns(breakdowns=(one,))).refused(
        ElementIsUnknown, "scene-2", "wren", "add it first"
    )
    refused = (
        given(SCHEDULE, *WRITTEN)
        .when(AddBreakdowns(breakdowns=(one, two)))
        .refused(BreakdownsDoNotFit, "2 parts")
    )
    assert [(one["breakdown"], one["problem"]) for one in refused.problems] == [
        ("scene-2", "element-is-unknown"),
        ("scene-3", "element-is-unknown"),
    ]


@pytest.mark.parametrize(
    ("missing", "told"),
    [(5, "needs e0, e1, e2, e3, e4, which"), (6, "needs e0, e1, e2, e3, e4 and 1 more, which")],
)
def test_five_of_the_elements_that_are_missing_are_named(missing, told):
    elements = tuple(f"e{one}" for one in range(missing))
    needy = HEADLAND.model_copy(update={"breakdown": "scene-2", "elements": elements})
    given(SCHEDULE, *WRITTEN).when(AddBreakdowns(breakdowns=(needy,))).refused(
        ElementIsUnknown, told
    )


def test_breakdowns_are_added_and_broken_down_anew():
    given(SCHEDULE, *WRITTEN[:2]).when(AddBreakdowns(breakdowns=(HEADLAND, HARBOR))).then(
        BreakdownsAdded(breakdowns=(HEADLAND, HARBOR))
    )
    longer = CHURCH.model_copy(update={"eighths": 10})
    given(SCHEDULE, *WRITTEN).when(AddBreakdowns(breakdowns=(HEADLAND, longer))).then(
        BreakdownsAdded(breakdowns=(longer,))
    )


def test_no_schedule_has_over_ten_thousand_pages():
    vast = tuple(Breakdown(breakdown=f"b{n}", eighths=40_000) for n in range(3))
    given(SCHEDULE, DRAFTED).when(AddBreakdowns(breakdowns=vast)).refused(
        ScheduleIsTooLong, "10,000 pages"
    )
    assert given(SCHEDULE, DRAFTED).when(AddBreakdowns(breakdowns=vast[:2])).events


def test_a_board_is_laid_and_laid_anew():
    given(SCHEDULE, *WRITTEN).when(LayBoard(board=BARE)).then(BoardLaid(board=BARE))
    given(SCHEDULE, *WRITTEN).when(LayBoard(board=WHITE)).nothing()
    turned = WHITE.model_copy(update={"days": tuple(reversed(WHITE.days))})
    given(SCHEDULE, *WRITTEN).when(LayBoard(board=turned)).then(BoardLaid(board=turned))


def test_a_board_holds_what_is_broken_down_and_each_once():
    unknown = Board(board="Blue", days=(("scene-14", "scene-99"),))
    given(SCHEDULE, *WRITTEN).when(LayBoard(board=unknown)).refused(
        BreakdownIsUnknown, "scene-99", "add it first"
    )
    twice = Board(board="Blue", days=(("scene-14",),), boneyard=("scene-14",))
    given(SCHEDULE, *WRITTEN).when(LayBoard(board=twice)).refused(
        BreakdownStandsTwice, "scene-14", "2 times"
    )
    both = Board(board="Blue", days=(("scene-14", "scene-14", "scene-99"),))
    refused = given(SCHEDULE, *WRITTEN).when(LayBoard(board=both)).refused(BoardDoesNotFit)
    assert {one["problem"] for one in refused.problems} == {
        "breakdown-stands-twice",
        "breakdown-is-unknown",
    }


def test_a_board_that_no_fact_can_hold_is_refused_in_a_sentence():
    ids = [f"{n:05}{'x' * 59}" for n in range(BYTES_MAX // 59)]
    long = BreakdownsAdded.model_construct(
        breakdowns=tuple(Breakdown(breakdown=one, eighths=1) for one in ids)
    )
    board = Board(board="Vast", days=(tuple(ids),))
    size = len(BoardLaid(board=board).encode())
    given(SCHEDULE, DRAFTED, long).when(LayBoard(board=board)).refused(
        BoardIsTooLarge, f"Vast takes {size // 1024} KiB and a fact holds 400: lay it in parts"
    )


@pytest.mark.parametrize("too_many", [0, 1])
def test_a_board_may_fill_a_fact_to_its_last_byte(too_many):
    def laid(ids):
        return BoardLaid(board=Board(board="Vast", days=(tuple(ids),)))

    each = len('"",') + 60
    count, rest = divmod(BYTES_MAX + too_many - len(laid(["f"]).encode()), each)
    ids = ["f" + "x" * rest, *(f"{n:05}{'x' * 55}" for n in range(count))]
    scenes = tuple(Breakdown(breakdown=one, eighths=1) for one in ids)
    history = (DRAFTED, BreakdownsAdded.model_construct(breakdowns=scenes))
    when = given(SCHEDULE, *history).when(LayBoard(board=laid(ids).board))
    if too_many:
        when.refused(BoardIsTooLarge)
    else:
        when.then(laid(ids))


@pytest.mark.parametrize(
    ("edit", "added", "day"),
    [
        (
            AddBreakdowns(breakdowns=(CHURCH.model_copy(update={"eighths": 12}),)),
            BreakdownsAdded(breakdowns=(CHURCH.model_copy(update={"eighths": 12}),)),
            DAYS[2].model_copy(update={"eighths": 12}),
        ),
        (
            AddElements(elements=(SILAS.model_copy(update={"is_cast": False}),)),
            ElementsAdded(elements=(SILAS.model_copy(update={"is_cast": False}),)),
            None,
        ),
        (
            LayBoard(board=WHITE.model_copy(update={"days": WHITE.days[:2]})),
            BoardLaid(board=WHITE.model_copy(update={"days": WHITE.days[:2]})),
            None,
        ),
    ],
)
def test_what_changes_the_chosen_days_plans_them_anew(
    edit: AddBreakdowns, added: Event, day: PlannedDay | None
):
    first, second = given(SCHEDULE, *CHOSEN).when(edit).events
    assert first == added
    assert isinstance(second, ShootDaysPlanned)
    assert second.board == "White" and second.calendar == PLANNED.calendar
    assert second != PLANNED
    if day is not None:
        assert second.days == (*DAYS[:2], day)


def test_what_does_not_change_the_chosen_days_plans_nothing():
    boat = ANNIE_DELL.model_copy(update={"name": "Another boat"})
    for edit in (
        AddElements(elements=(WREN, boat)),
        AddBreakdowns(breakdowns=(Breakdown(breakdown="scene-2", eighths=3),)),
        LayBoard(board=BARE),
    ):
        assert len(given(SCHEDULE, *CHOSEN).when(edit).events) == 1


def test_a_chosen_board_may_lose_all_its_days():
    bare = WHITE.model_copy(update={"days": (), "boneyard": ("scene-12",)})
    _, planned = given(SCHEDULE, *CHOSEN).when(LayBoard(board=bare)).events
    assert planned == PLANNED.model_copy(update={"days": ()})


def test_a_board_that_outgrows_its_calendar_is_refused():
    last = WEDNESDAY.replace(year=9999, month=12, day=31)
    calendar = WHITE.calendar.model_copy(update={"starts_on": last})
    day = PlannedDay(day=1, on=last, eighths=19, breakdowns=("scene-12",), cast=("silas",))
    planned = ShootDaysPlanned(board="Bare", calendar=calendar, days=(day,))
    longer = BARE.model_copy(update={"days": (("scene-12",), ("scene-40",))})
    given(SCHEDULE, *WRITTEN, BoardLaid(board=BARE), planned).when(LayBoard(board=longer)).refused(
        WorkingDaysRunOut, "2 shoot days"
    )


def test_the_state_is_the_fold_of_its_facts():
    content = SCHEDULE.fold(WRITTEN).phase.content
    assert set(content.elements) == {"edda", "silas", "annie-dell"}
    assert dict(content.breakdowns)["scene-12"] == LANTERN_ROOM
    assert SCHEDULE.fold(CHOSEN).phase.content.plan == PLANNED
    assert SCHEDULE.fold(CHOSEN[3:], SCHEDULE.fold(CHOSEN[:3])) == SCHEDULE.fold(CHOSEN)
    assert isinstance(CHOSEN[0], ScheduleDrafted)
