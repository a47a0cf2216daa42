"""It's a Wonderful Life, Second Pass: what was counted on the file by other means."""

import pytest

from projections.day_out_of_days.api import projection
from projections.day_out_of_days.view import VIEW
from tests.projections.asking import Asked
from tests.projections.day_out_of_days import wonderful_life as film
from tests.projections.telling import told

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def asked() -> Asked:
    return Asked(projection, VIEW.fold(told(*film.facts())))


async def test_the_board_comes_to_its_days_and_eighths(asked: Asked) -> None:
    answer = await asked.answer("day-out-of-days", board=film.SECOND_PASS)
    assert answer["totals"] == {
        "shoot_days": 67,
        "first_on": "2022-08-10",
        "last_on": "2022-11-10",
        "eighths": 1_419,
        "eighths_a_day_max": 69,
    }
    assert answer["what_if"] is True


async def test_george_and_mary_work_as_many_days_as_the_file_says(asked: Asked) -> None:
    answer = await asked.answer("day-out-of-days", board=film.SECOND_PASS)
    lines = {line["name"]: line for line in answer["elements"]}
    george, mary = lines["GEORGE"], lines["MARY"]
    assert (george["work_days"], george["span_days"], george["drop_days"]) == (58, 67, 0)
    assert (george["hold_days"], george["idle_days"]) == (9, 0)
    assert (george["start"], george["finish"]) == ("2022-08-10", "2022-11-10")
    assert mary["work_days"] == 33
    assert answer["elements"][0]["name"] == "GEORGE"
    assert {line["category"] for line in answer["elements"]} == {"Cast"}


async def test_another_start_and_other_days_off_are_a_what_if(asked: Asked) -> None:
    answer = await asked.answer(
        "day-out-of-days", board=film.SECOND_PASS, starts="2022-08-17", days_off="sunday"
    )
    assert answer["totals"]["first_on"] == "2022-08-17"
    assert answer["totals"]["last_on"] == "2022-11-02"
    assert answer["days_off"] == ["sunday"]


async def test_everything_that_scenes_need_can_be_asked_for(asked: Asked) -> None:
    everything = await asked.answer("day-out-of-days", board=film.SECOND_PASS, cast="false")
    categories = {line["category"] for line in everything["elements"]}
    assert {"Cast", "Props"} <= categories
