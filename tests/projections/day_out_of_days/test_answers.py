"""Who works when on The Last Lighthouse: as it is shot, and as it might be."""

import random
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.event import Event
from projections.day_out_of_days.answers import DayOutOfDays
from projections.day_out_of_days.api import projection
from projections.day_out_of_days.boards import BoardHasNoDates, NoSuchBoard, dated
from projections.day_out_of_days.report import days_of, elements_of
from projections.day_out_of_days.screens import show_day_out_of_days
from projections.day_out_of_days.view import VIEW
from runtime.printing import out
from runtime.view import Rows
from tests.projections.asking import Asked
from tests.projections.day_out_of_days import lighthouse as film
from tests.projections.telling import by_log, interleaved, told
from tests.projections.timeline.lighthouse import STORY as OF_ALL_LOGS

pytestmark = pytest.mark.unit

FILM = Asked(projection, VIEW.fold(told(*film.STORY)))
QUERY = "day-out-of-days"


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


async def test_what_cannot_be_answered_is_refused_with_a_cure() -> None:
    assert "name one of blue, pink" in (await FILM.get(QUERY, board="green")).text
    late = await FILM.get(QUERY, board="pink", starts="9999-12-30")
    assert late.status_code == 404 and "begin earlier" in late.text
    assert (await FILM.get(QUERY, days_off="someday")).status_code == 422
    unchosen = VIEW.fold(told(film.BLUE))
    with pytest.raises(BoardHasNoDates, match="starts"):
        dated(unchosen, "blue", None, None)
    with pytest.raises(NoSuchBoard, match="chosen yet"):
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
