"""Who works when on The Last Lighthouse: as it is shot, and as it might be."""

import random
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.event import Event
from events.schedule import (
    Breakdown,
    BreakdownsAdded,
    Element,
    ElementsAdded,
    PlannedDay,
    ShootDaysPlanned,
)
from projections.day_out_of_days.answers import DayOutOfDays
from projections.day_out_of_days.api import projection
from projections.day_out_of_days.boards import BoardHasNoDates, NoSuchBoard, dated
from projections.day_out_of_days.explained import explained
from projections.day_out_of_days.report import days_of, elements_of
from projections.day_out_of_days.screens import show_day_out_of_days
from projections.day_out_of_days.view import VIEW
from runtime.printing import out
from runtime.view import Rows
from tests.explaining.film import TOLD_FEES
from tests.projections.asking import Asked
from tests.projections.day_out_of_days import lighthouse as film
from tests.projections.telling import by_log, interleaved, told
from tests.projections.timeline.lighthouse import STORY as OF_ALL_LOGS

pytestmark = pytest.mark.unit

FILM = Asked(projection, VIEW.fold(told(*film.STORY)))
QUERY = "day-out-of-days"


def test_the_length_of_a_scene_is_told_by_whom_it_is_with_and_on_which_day() -> None:
    crowd = ("LAMP", "WREN", "GHOST", "NELL", "SILAS")
    scenes = [
        Breakdown(breakdown="24d7269f92bc42024706d4f1", eighths=11, elements=crowd),
        Breakdown(breakdown="2", eighths=8, elements=("ANCHOR", "GHOST")),
        Breakdown(breakdown="3", eighths=20),
    ]
    anchor = Element(element="ANCHOR", category="Props", name="The anchor")
    added = ElementsAdded(elements=[anchor])
    rows = VIEW.fold(told(*film.STORY, added, BreakdownsAdded(breakdowns=scenes), ShootDaysPlanned(
        board="blue", calendar=film.CALENDAR, days=(PlannedDay(
            day=7, on="2026-09-14", eighths=39, breakdowns=[one.breakdown for one in scenes]
        ),),
    )))  # fmt: skip
    labels = {
        one.name: one.label for one in explained(rows, TOLD_FEES) if one.name[:9] == "breakdown"
    }
    assert [labels[f"breakdown/{one.breakdown}/eighths"] for one in scenes] == [
        "Length of the scene with Silas Marr, Nell, Wren and 2 more on day 7",
        "Length of the scene with Ghost, The anchor on day 7",
        "Length of the scene 3 on day 7",
    ]


async def test_the_chosen_board_is_told_with_the_dates_that_are_expected() -> None:
    answer = await FILM.answer(QUERY)
    assert DayOutOfDays.model_validate(answer).model_dump(mode="json") == answer
    assert (answer["board"], answer["what_if"]) == ("blue", False)
    assert answer["boards"] == ["blue", "pink"]
    assert [day["on"] for day in answer["days"]] == ["2026-09-14", "2026-09-15", "2026-09-17"]
    assert [day["eighths"] for day in answer["days"]] == [19, 20, 5]
    assert [line["name"] for line in answer["elements"]] == ["Silas Marr", "Nell", "Wren"]
    silas, nell, wren = (line["codes"] for line in answer["elements"])
    assert silas == {"2026-09-14": "SW", "2026-09-15": "H", "2026-09-17": "WF"}
    assert list(nell.values()) == ["SW", "I", "WF"]
    assert list(wren.values()) == ["SW", "WF"]


async def test_a_wrapped_day_counts_on_the_day_that_it_was_shot() -> None:
    shot = Asked(projection, VIEW.fold(told(*film.STORY, film.WRAPPED)))
    assert (await shot.answer(QUERY))["totals"]["first_on"] == "2026-09-13"


async def test_a_board_is_asked_about_by_its_own_calendar_or_another() -> None:
    pink = await FILM.answer(QUERY, board="pink")
    assert [day["on"] for day in pink["days"]] == ["2026-09-14", "2026-09-15", "2026-09-16"]
    friday = await FILM.answer(QUERY, board="pink", starts="2026-09-18")
    assert [day["on"] for day in friday["days"]] == ["2026-09-18", "2026-09-21", "2026-09-22"]
    everyday = await FILM.answer(QUERY, starts="2026-09-18", days_off="")
    assert (everyday["board"], everyday["what_if"]) == ("blue", True)
    assert [day["on"] for day in everyday["days"]] == ["2026-09-18", "2026-09-19", "2026-09-20"]
    blue = await FILM.answer(QUERY, board="blue")
    assert blue["totals"]["last_on"] == "2026-09-16"


async def test_the_days_of_a_board_are_numbered_and_its_calendar_is_told() -> None:
    for asked in ({}, {"board": "pink"}):
        answer = await FILM.answer(QUERY, **asked)
        assert [day["day"] for day in answer["days"]] == [1, 2, 3]
        assert (answer["starts_on"], answer["days_off"]) == ("2026-09-14", ["saturday", "sunday"])
    unchosen = await Asked(projection, VIEW.fold(told(film.BLUE))).answer(QUERY)
    assert (unchosen["board"], unchosen["what_if"], unchosen["days"]) == (None, False, [])


async def test_the_board_that_is_shot_by_is_laid_over_the_chosen_calendar() -> None:
    """Another that is named, and the same by its name, over their own where they have one."""
    from_friday = film.CALENDAR.model_copy(update={"starts_on": date(2026, 9, 18)})
    chosen = film.CHOSEN.model_copy(update={"board": "pink", "calendar": from_friday})
    shot = Asked(projection, VIEW.fold(told(*film.STORY, chosen)))
    by_the_chosen = await shot.answer(QUERY, days_off="")
    assert [day["on"][5:] for day in by_the_chosen["days"]] == ["09-18", "09-19", "09-20"]
    by_its_own = await shot.answer(QUERY, board="pink", days_off="")
    assert [day["on"][5:] for day in by_its_own["days"]] == ["09-14", "09-15", "09-16"]


@pytest.mark.parametrize(
    ("days_off", "dates"),
    [
        ({}, ["2026-09-18", "2026-09-21", "2026-09-22"]),
        ({"days_off": ""}, ["2026-09-18", "2026-09-19", "2026-09-20"]),
        ({"days_off": "monday"}, ["2026-09-18", "2026-09-19", "2026-09-20"]),
        ({"days_off": "saturday"}, ["2026-09-18", "2026-09-20", "2026-09-21"]),
    ],
    ids=["none said", "every day", "no mondays", "no saturdays"],
)
async def test_a_board_without_a_calendar_works_the_week_unless_it_is_said_otherwise(
    days_off: dict[str, str], dates: list[str]
) -> None:
    laid = Asked(projection, VIEW.fold(told(film.ELEMENTS, film.BREAKDOWNS, film.BLUE)))
    answer = await laid.answer(QUERY, board="blue", starts="2026-09-18", **days_off)
    assert [day["on"] for day in answer["days"]] == dates
    assert answer["starts_on"] == "2026-09-18"


async def test_only_who_may_be_dropped_is_dropped_over_a_long_gap() -> None:
    """Wren and Nell wait three weeks for the third day, with two days of others between."""
    later = film.CHOSEN.model_copy(
        update={
            "days": film.planned(
                ("09-14", ("3", "2")), ("09-15", ("1",)), ("09-16", ("1",)), ("10-05", ("4",))
            )
        }
    )
    shot = Asked(projection, VIEW.fold(told(*film.STORY[:3], later)))
    _, nell, wren = (await shot.answer(QUERY))["elements"]
    assert list(wren["codes"].values()) == ["SWD", "", "", "PWF"]
    assert (wren["drop_days"], wren["hold_days"]) == (2, 0)
    assert list(nell["codes"].values()) == ["SW", "I", "I", "WF"]


async def test_one_element_is_told_even_if_it_works_on_no_day() -> None:
    (ghost,) = (await FILM.answer(QUERY, element="GHOST"))["elements"]
    assert (ghost["start"], ghost["work_days"], ghost["codes"]) == (None, 0, {})
    (lamp,) = (await FILM.answer(QUERY, element="LAMP"))["elements"]
    assert lamp["work_days"] == 1


async def test_pages_hold_every_line_once_and_in_order() -> None:
    seen: list[str] = []
    cursor = {}
    while True:
        page = await FILM.answer(QUERY, limit=1, cast="false", **cursor)
        seen += [line["element"] for line in page["elements"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == ["SILAS", "NELL", "WREN", "LAMP"]


def test_whoever_has_a_number_on_the_board_comes_before_those_without() -> None:
    numbers = ("2", "10", "é" * 64)
    cast = [
        film.ELEMENTS.elements[0].model_copy(update={"element": f"E{n}", "board_id": number})
        for n, number in enumerate(("", *numbers))
    ]
    laid = film.BREAKDOWNS.breakdowns[0].model_copy(
        update={"elements": tuple(one.element for one in cast)}
    )
    elements = film.ELEMENTS.model_copy(update={"elements": tuple(cast)})
    scenes = film.BREAKDOWNS.model_copy(update={"breakdowns": (laid,)})
    rows = VIEW.fold(told(elements, scenes, film.CHOSEN))
    lines = elements_of(rows, dated(rows, None, None, None), cast=True)
    assert [line.board_id for line in lines] == [*numbers, ""]


async def test_what_cannot_be_answered_is_refused_with_a_cure() -> None:
    assert "name one of blue, pink" in (await FILM.get(QUERY, board="green")).text
    late = await FILM.get(QUERY, board="pink", starts="9999-12-30")
    assert late.status_code == 404 and "begin earlier" in late.text
    assert (await FILM.get(QUERY, days_off="someday")).status_code == 422
    unchosen = VIEW.fold(told(film.BLUE))
    with pytest.raises(BoardHasNoDates, match="starts"):
        dated(unchosen, "blue", None, None)
    with pytest.raises(NoSuchBoard, match="chosen yet: name one of none"):
        dated(Rows(), None, None, ())


async def test_the_screen_has_a_line_each_and_says_what_to_do_where_there_is_none() -> None:
    with out.capture() as printed:
        show_day_out_of_days(await FILM.answer(QUERY))
    assert "Silas Marr" in printed.get() and "WHW" in printed.get()
    nothing = Asked(projection, VIEW.fold(told(film.BLUE)))
    with out.capture() as printed:
        show_day_out_of_days(await nothing.answer(QUERY))
    assert "schedule/choose-board" in printed.get() and "blue" in printed.get()


EVENTS = st.lists(st.sampled_from([*film.STORY, *film.OTHERS, *OF_ALL_LOGS]), max_size=40)


@given(EVENTS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_rows_are_equal_for_every_interleaving_and_any_part_is_told(
    events: list[Event], chance: random.Random
) -> None:
    facts = told(*events)
    whole = VIEW.fold(facts)
    assert VIEW.fold(interleaved(by_log(facts), chance)) == whole
    chance.shuffle(facts)
    for keep in (1, 0.5, 0.1):
        rows = VIEW.fold([fact for fact in facts if chance.random() < keep])
        board = dated(rows, None, None, None)
        assert len(days_of(rows, board)) == len(board.days)
        elements_of(rows, board, cast=False)


def test_every_column_is_a_field_of_its_row() -> None:
    for table in VIEW.tables:
        _, _, rest = projection.tables_sql.partition(f"CREATE TABLE {table.TABLE} (\n")
        lines = rest.partition("\n);")[0].splitlines()
        columns = [line.split()[0] for line in lines if not line.strip().startswith("PRIMARY")]
        assert columns == ["production", *(field.name for field in fields(table))]
