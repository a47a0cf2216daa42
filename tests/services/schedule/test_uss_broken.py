"""Broken schedules: each is refused with where, what and the cure, and nothing else happens."""

import copy
import json
from typing import Any

import pytest
from hypothesis import example
from hypothesis import given as for_all
from hypothesis import strategies as st

from runtime.decider import Rejection
from runtime.importing import BadFile
from services.schedule.commands import ImportSchedule
from services.schedule.files import read_uss
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import asked, for_patience
from tests.services.schedule.uss import SMALL, changed, problems

pytestmark = pytest.mark.unit

WHOLE = json.dumps(SMALL)
SAVE_AGAIN = "save the schedule as a .uss file once more, and send the whole of it"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff",
        "null",
        "[]",
        "{}",
        '"uss"',
        "level,category,line\natl,1400,1\n",
        WHOLE[: len(WHOLE) // 2],
        WHOLE[1:],
        WHOLE + WHOLE,
        "[" * 100_000,
        '{"universalScheduleStandard":' * 100_000,
        '{"universalScheduleStandard": []}',
        "\x00",
        "\ud800",
    ],
)
def test_what_is_no_schedule_is_to_be_saved_again(text):
    [(_, _, cure)] = problems(text)
    assert cure == SAVE_AGAIN


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_no_number_is_endless(number):
    assert problems(WHOLE.replace("2.375", number)) == [
        ("", f"{number} is no number", "write a number, or null")
    ]


@pytest.mark.parametrize(
    "number",
    ["-1", "10001", "1e400", "1e999999999999999999999", "9" * 5_000, "true", '"2"', "[]", "-1e-9"],
)
def test_a_length_is_a_number_of_pages(number):
    [(where, _, cure)] = problems(WHOLE.replace("2.375", number))
    assert where == "breakdowns[0].pages"
    assert "0.125 is an eighth" in cure


def wrong(where: str, value: Any) -> Any:
    return pytest.param(where, value, id=f"{where}={str(value)[:20]}")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        wrong("breakdowns", None),
        wrong("breakdowns", {}),
        wrong("breakdowns", ["x"]),
        wrong("breakdowns[0].id", None),
        wrong("breakdowns[0].id", 7),
        wrong("breakdowns[0].id", " b12"),
        wrong("breakdowns[0].id", "b" * 65),
        wrong("breakdowns[0].id", "b14"),
        wrong("breakdowns[0].type", "sceen"),
        wrong("breakdowns[0].scene", 12),
        wrong("breakdowns[0].scene", "1\x002"),
        wrong("breakdowns[0].description", "\ud800"),
        wrong("breakdowns[0].elements", "edda"),
        wrong("breakdowns[0].elements", [1]),
        wrong("breakdowns[0].elements", [f"e{n}" for n in range(501)]),
        wrong("categories", "x"),
        wrong("categories[0].id", "Props"),
        wrong("categories[0].name", None),
        wrong("categories[0].ucid", "0"),
        wrong("categories[0].ucid", -1),
        wrong("elements[0].id", "silas"),
        wrong("elements[0].name", ""),
        wrong("elements[0].isDrop", "yes"),
        wrong("elements[0].dropDayCount", 1_001),
        wrong("elements[0].dropDayCount", True),
        wrong("elements[0].elementId", 1),
        wrong("calendars[0].id", None),
        wrong("calendars[0].daysOff", [7]),
        wrong("calendars[0].daysOff", [True]),
        wrong("calendars[0].daysOff", list(range(7))),
        wrong("calendars[0].events[0].date", "14 September"),
        wrong("calendars[0].events[0].date", "2026-02-30T07:00:00.000Z"),
        wrong("calendars[0].events[0].date", None),
        wrong("calendars[0].events[0].date", 20260914),
        wrong("stripboards[0].boards", "x"),
        wrong("stripboards[0].name", []),
    ],
)
def test_a_wrong_value_is_named_where_it_stands(where, value):
    def change(root: dict[str, Any]) -> None:
        place: Any = root
        *way, last = where.replace("[", ".").replace("]", "").split(".")
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value

    found = problems(changed(change))
    assert any(one[0].startswith(where.partition("[")[0]) for one in found)
    assert where in {one[0] for one in found} or value == ["x"] or where.endswith(".id")


def test_strips_are_ids_and_days_hold_no_days():
    for strips in ([["b14"], [["b12"]]], [["b14"], 7], [["b14", None]], [{"id": "b14"}]):

        def change(root: dict[str, Any], strips: Any = strips) -> None:
            root["stripboards"][0]["boards"][0]["breakdownIds"] = strips

        assert problems(changed(change))[0][0] == "stripboards, White"


def test_two_spellings_may_not_say_different_things():
    def change(root: dict[str, Any]) -> None:
        root["stripboards"][0]["boards"][0]["breakdownArrays"] = [["b40"]]

    assert "say different things" in problems(changed(change))[0][1]


def test_a_key_stands_once_in_an_object():
    text = WHOLE.replace('"scene": "12"', '"scene": "12", "scene": "13"')
    assert problems(text) == [("scene", "it stands twice in one object", "keep one of them")]


def many(key: str, count: int, **values: Any) -> str:
    def change(root: dict[str, Any]) -> None:
        root[key] = [{**values, "id": f"x{n}", "name": "x"} for n in range(count)]

    return changed(change)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (many("breakdowns", 5_001), "over 5,000"),
        (many("elements", 5_001), "over 5,000"),
        (many("breakdowns", 10_001), "over 10,000"),
        (many("breakdowns", 1, **{f"_{n}": 1 for n in range(2_001)}), "over 2,000 keys"),
        (
            changed(
                lambda root: root["stripboards"][0]["boards"][0].update(
                    breakdownIds=[["b14"] * 20_001]
                )
            ),
            "over 20,000 strips",
        ),
        (many("elements", 10_001), "over 10,000"),
        (many("categories", 1_001), "over 1,000"),
        (many("calendars", 101), "over 100"),
        (many("stripboards", 20_000), "over 100"),
        (many("stripboards", 60, boards=[{}, {"name": "unit"}]), "over 100 boards"),
        (many("breakdowns", 3, pages=9_000), "over 10,000 pages"),
        (
            changed(
                lambda root: root["stripboards"][0].update(
                    boards=[{"name": "unit"} for _ in range(20_000)]
                )
            ),
            "over 100",
        ),
        (
            changed(
                lambda root: root["stripboards"][0]["boards"][0].update(
                    breakdownIds=[[] for _ in range(1_001)]
                )
            ),
            "over 1,000 shoot days",
        ),
        (
            changed(
                lambda root: root["calendars"][0]["events"].extend(
                    {"type": "dayOff", "date": f"{year}-{month:02}-01"}
                    for year in range(2026, 2126)
                    for month in range(1, 13)
                )
            ),
            "over 1,000 free days",
        ),
    ],
    ids=lambda one: one if len(one) < 40 else "file",
)
def test_there_is_an_end_to_everything(text, words):
    assert any(words in problem for _, problem, _ in problems(text))


def test_problems_are_told_up_to_two_hundred():
    found = problems(many("elements", 300, isDrop="x"))
    assert len(found) == 201
    assert found[-1][1].endswith("more problems")


def test_notes_are_few_however_many_keys_there_are():
    def change(root: dict[str, Any]) -> None:
        for n, one in enumerate(root["breakdowns"]):
            one |= {f"_{n}{'k' * 100}{m}": m + 1 for m in range(1_000)}

    command = read_uss(changed(change))
    assert len(command.unplaced) < 20


PLACES = [
    (part, number, key)
    for part in ("breakdowns", "categories", "elements", "stripboards", "calendars")
    for number, one in enumerate(SMALL["universalScheduleStandard"][part])
    for key in one
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(st.characters(), max_size=70)
    | st.sampled_from(["\x00", "\ud800", "b12", "edda", "cal", "day", "banner", "2026-09-14"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "type", "date", "boards", "breakdownIds", "events"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def ends_well(text: str) -> None:
    """Whatever stands in a file, it is read or refused, and what was read is decided on."""
    try:
        command = read_uss(text)
    except BadFile as bad:
        assert bad.problems
        assert all(one.problem and one.cure for one in bad.problems)
        json.dumps([vars(one) for one in bad.problems], ensure_ascii=False).encode()
        return
    assert isinstance(command, ImportSchedule)
    assert ImportSchedule.model_validate_json(command.model_dump_json()) == command
    try:
        events = SCHEDULE.decide(SCHEDULE.initial, command, asked())
    except Rejection:
        return
    assert list(SCHEDULE.decide(SCHEDULE.fold(events), command, asked())) == []


@for_patience
@for_all(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=4))
def test_any_changed_value_ends_well(changes):
    document = copy.deepcopy(SMALL)
    for (part, number, key), value in changes:
        document["universalScheduleStandard"][part][number][key] = value
    ends_well(json.dumps(document))


@for_patience
@for_all(
    st.dictionaries(
        st.sampled_from(
            ["breakdowns", "categories", "elements", "stripboards", "calendars", "name", "source"]
        ),
        VALUES,
    )
)
@example({"breakdowns": [], "stripboards": [{}]})
@example({"breakdowns": [{"id": "a"}, {"id": "a\n"}], "calendars": [{"id": "\ud800"}]})
def test_any_json_under_the_right_name_ends_well(root):
    ends_well(json.dumps({"universalScheduleStandard": root}))


@for_patience
@for_all(VALUES | st.dictionaries(st.text(max_size=10), VALUES))
def test_any_json_ends_well(document):
    ends_well(json.dumps(document))


@for_patience
@for_all(st.integers(0, len(WHOLE)), st.integers(0, 40), st.text(st.characters(), max_size=10))
def test_any_cut_or_inserted_text_ends_well(at, length, text):
    ends_well(WHOLE[:at] + text + WHOLE[at + length :])


@for_patience
@for_all(st.text(st.characters()))
def test_any_text_ends_well(text):
    ends_well(text)
