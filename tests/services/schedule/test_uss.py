"""Schedules read from the Universal Schedule Standard, in both of its spellings."""

from datetime import date
from typing import Any

import pytest

from events.calendar import Calendar, FreeDay, Weekday
from events.schedule import Board, DayNight, IntExt
from services.schedule.model.schedule import SCHEDULE
from tests.services.given import given
from tests.services.schedule.uss import read, told

pytestmark = pytest.mark.unit

MONDAY = date(2026, 9, 14)
CALENDAR = Calendar(starts_on=MONDAY, days_off=(Weekday.SATURDAY, Weekday.SUNDAY))
WHITE = Board(board="White", days=(("b14",), ("b12",)), boneyard=("b40",), calendar=CALENDAR)


def stripboard(root: dict[str, Any]) -> dict[str, Any]:
    return root["stripboards"][0]["boards"][0]


def test_a_schedule_is_read_whole():
    command = read()
    assert (command.name, command.choose) == ("One-liner", "White")
    assert command.source == "The Last Lighthouse, One-liner (Somebody's program)"
    assert command.boards == (WHITE,)
    room, headland, church = command.breakdowns
    assert (room.scene, room.eighths, room.int_ext, room.day_night) == (
        "12",
        19,
        IntExt.INT,
        DayNight.NIGHT,
    )
    assert (room.set_name, room.script_day, room.unit) == ("LANTERN ROOM", "D3", "Main")
    assert room.elements == ("edda", "silas", "lens")
    assert (headland.eighths, headland.int_ext, headland.location) == (
        11,
        IntExt.EXT,
        "Old cannery",
    )
    assert church.eighths == 1
    assert command.unplaced == ()


def test_cast_props_and_their_rules_become_elements_and_places_do_not():
    edda, silas, lens = read().elements
    assert (edda.element, edda.name, edda.category, edda.board_id) == (
        "edda",
        "EDDA",
        "Cast Members",
        "1",
    )
    assert edda.is_cast and silas.is_cast and not lens.is_cast
    assert (edda.allow_drop, edda.allow_hold, edda.drop_days_min) == (True, False, 10)


def test_a_read_schedule_is_imported_and_shot_by_its_only_board():
    *_, imported, planned = given(SCHEDULE).when(read()).events
    assert (imported.breakdowns, imported.eighths, imported.boards) == (3, 31, ("White",))
    assert [(one.on, one.eighths, one.cast) for one in planned.days] == [
        (MONDAY, 11, ("edda",)),
        (date(2026, 9, 15), 19, ("edda", "silas")),
    ]


def test_both_spellings_of_a_board_are_one():
    def respelled(root: dict[str, Any]) -> None:
        for board in root["stripboards"][0]["boards"]:
            board["breakdownArrays"] = board.pop("breakdownIds")

    assert read(respelled) == read()

    def with_both(root: dict[str, Any]) -> None:
        stripboard(root)["breakdownArrays"] = None

    assert read(with_both) == read()


def test_both_spellings_of_the_day_out_of_days_are_one():
    def respelled(root: dict[str, Any]) -> None:
        for one in root["elements"]:
            one["doodDropAllow"], one["doodHoldAllow"] = one.pop("isDrop"), one.pop("isHold")
            one["doodInclude"] = one.pop("isDood")
            one["doodDropDays"] = one.pop("dropDayCount")

    assert read(respelled) == read()

    def counted(root: dict[str, Any]) -> None:
        root["elements"][0]["doodDayCount"] = root["elements"][0].pop("dropDayCount") + 4

    assert read(counted).elements[0].drop_days_min == 14


def test_categories_may_list_their_elements_and_go_without_number():
    def listed(root: dict[str, Any]) -> None:
        for category in root["categories"]:
            del category["ucid"]
            category["elements"] = [
                one["id"] for one in root["elements"] if one["category"] == category["id"]
            ]
        for element in root["elements"]:
            del element["category"]

    assert read(listed) == read()


@pytest.mark.parametrize(
    "at",
    [
        "2026-09-14T07:00:00.000Z",
        "2026-09-14T07:00:00.000+0000",
        "2026-09-14T07:00:00+00:00",
        "2026-09-14T00:00Z",
        "2026-09-14",
    ],
)
def test_a_start_is_written_in_many_ways(at):
    def changed(root: dict[str, Any]) -> None:
        root["calendars"][0]["events"][0]["date"] = at

    assert read(changed).boards == (WHITE,)
    assert read(changed).unplaced == ()


def test_a_time_past_noon_is_told_beside_the_day_that_was_taken():
    def changed(root: dict[str, Any]) -> None:
        root["calendars"][0]["events"][0]["date"] = "2026-09-14T22:00:00.000Z"

    assert read(changed).boards == (WHITE,)
    assert "past noon" in told(read(changed))


def test_holidays_come_as_events_and_as_days_off():
    def changed(root: dict[str, Any]) -> None:
        for day, kind, name in (
            (7, "event", "holiday"),
            (8, "dayOff", "holiday"),
            (9, "dayOff", None),
            (10, "dayOff", "Turnaround"),
            (11, "event", "travel"),
            (10, "dayOff", "again"),
        ):
            root["calendars"][0]["events"].append(
                {"type": kind, "name": name, "date": f"2026-10-{day:02}T07:00:00.000Z"}
            )

    [board] = read(changed).boards
    assert board.calendar.free_days == (
        FreeDay(on=date(2026, 10, 7), name="Holiday"),
        FreeDay(on=date(2026, 10, 8), name="Holiday"),
        FreeDay(on=date(2026, 10, 9), name="Day off"),
        FreeDay(on=date(2026, 10, 10), name="Turnaround"),
    )
    assert "September: travel on 2026-10-11" in told(read(changed))


def test_days_off_count_from_sunday():
    def changed(root: dict[str, Any]) -> None:
        root["calendars"][0]["daysOff"] = [0, 1, 1]

    assert read(changed).boards[0].calendar.days_off == (Weekday.MONDAY, Weekday.SUNDAY)


def test_a_strip_between_days_is_in_the_boneyard_and_told():
    def changed(root: dict[str, Any]) -> None:
        stripboard(root)["breakdownIds"] = [["b14"], "b12", ["b40"]]
        root["stripboards"][0]["boards"][1]["breakdownIds"] = []

    [board] = read(changed).boards
    assert (board.days, board.boneyard) == ((("b14",), ("b40",)), ("b12",))
    assert "scene 12 | they stand after shoot day 1 of board White" in told(read(changed))


def test_a_board_without_days_is_all_boneyard_and_told():
    def changed(root: dict[str, Any]) -> None:
        stripboard(root)["breakdownIds"] = ["b14", "b12"]

    command = read(changed)
    assert (command.boards[0].days, command.boards[0].boneyard) == ((), ("b14", "b12", "b40"))
    assert command.choose is None
    assert "White (2 breakdowns)" in told(command)


def test_days_may_end_with_a_strip_of_their_own():
    def changed(root: dict[str, Any]) -> None:
        root["breakdowns"] += [{"id": "d1", "type": "day"}, {"id": "d2", "type": "day"}]
        stripboard(root)["breakdownIds"] = ["b14", "d1", "b12", "d2", "b40"]
        root["stripboards"][0]["boards"][1]["breakdownIds"] = []

    command = read(changed)
    assert command.boards[0].days == (("b14",), ("b12",))
    assert command.boards[0].boneyard == ("b40",)
    assert len(command.breakdowns) == 3
    assert "scene 40 | they stand after the last shoot day" in told(command)


def test_an_empty_day_is_a_day():
    def changed(root: dict[str, Any]) -> None:
        stripboard(root)["breakdownIds"] = [["b14"], [], ["b12"]]

    assert read(changed).boards[0].days == (("b14",), (), ("b12",))


def test_what_is_on_no_board_or_unknown_or_there_twice_is_told():
    def changed(root: dict[str, Any]) -> None:
        stripboard(root)["breakdownIds"] = [["b14", "b99"], ["b12", "b14"]]
        root["stripboards"][0]["boards"][1]["breakdownIds"] = []
        blue = {"name": "Blue", "boards": [{"name": "stripboard", "breakdownIds": [["b12"]]}]}
        root["stripboards"].append(blue)

    command = read(changed)
    assert command.boards[0].days == (("b14",), ("b12",))
    said = told(command)
    assert "b99 | they are on board White, and the file does not have them" in said
    assert "scene 14 | they stand again on board White" in said
    assert "scene 40 | they are on no board" in said
    assert "scene 14 | they are neither on board Blue nor in its boneyard" in said
    assert command.choose is None and len(command.breakdowns) == 3


def test_boards_of_one_name_and_units_get_names_of_their_own():
    def changed(root: dict[str, Any]) -> None:
        root["stripboards"] *= 2
        root["stripboards"].append(
            {
                "name": "White",
                "boards": [
                    {"name": "second unit", "breakdownIds": [["b40"]]},
                    {"name": "Stripboard", "breakdownIds": [["b12"]]},
                    {"name": "boneyard", "breakdownIds": [["b14"]]},
                ],
            }
        )
        root["stripboards"].append({"name": None, "boards": None})

    boards = {one.board: one for one in read(changed).boards}
    assert list(boards) == ["White", "White (2)", "White (3)", "White (3), second unit", "Board"]
    assert (boards["White (3)"].days, boards["White (3)"].boneyard) == ((("b12",),), ("b14",))
    assert boards["White (3), second unit"].days == (("b40",),)
    assert boards["White (3)"].calendar is None
    assert "another has that name" in told(read(changed))


def test_a_calendar_that_does_not_begin_is_left_out_and_told():
    def changed(root: dict[str, Any]) -> None:
        root["calendars"][0]["events"] = None
        root["stripboards"].append({"name": "Blue", "calendar": "none", "boards": []})

    command = read(changed)
    assert [one.calendar for one in command.boards] == [None, None]
    assert command.choose is None
    assert "September does not say when it begins" in told(command)
    assert "Blue | the file does not have their calendar" in told(command)

    def second_start(root: dict[str, Any]) -> None:
        events = root["calendars"][0]["events"]
        events.append({**events[0], "date": "2026-10-01"})
        root["calendars"].append({"id": "spare", "name": "Spare", "events": events[:1]})

    assert "start on 2026-10-01" in told(read(second_start))
    assert "Spare | no board is shot by them" in told(read(second_start))


def test_pages_are_rounded_up_to_the_next_eighth_and_told():
    def changed(root: dict[str, Any]) -> None:
        for number, pages in enumerate((0.3, None, 1e-9)):
            root["breakdowns"][number]["pages"] = pages

    command = read(changed)
    assert [one.eighths for one in command.breakdowns] == [3, 0, 1]
    assert "scene 12, scene 40 | their pages are no multiple of .125" in told(command)
    assert "scene 14 | they have no length" in told(command)


def test_a_banner_is_a_breakdown_without_scene_and_length():
    def changed(root: dict[str, Any]) -> None:
        root["breakdowns"].append(
            {"id": "banner", "type": "banner", "bannerText": "Company move", "scene": None}
        )
        stripboard(root)["breakdownIds"][0].append("banner")

    command = read(changed)
    banner = command.breakdowns[-1]
    assert (banner.scene, banner.synopsis, banner.eighths) == (None, "Company move", 0)
    assert command.boards[0].days[0] == ("b14", "banner")
    assert "banners: Company move" in told(command)


def test_names_that_no_breakdown_can_hold_are_told():
    def changed(root: dict[str, Any]) -> None:
        for element, category, name in (
            ("magic", "Day/Night", "MAGIC HOUR"),
            ("day", "Day/Night", "DAY"),
            ("under", "INT/EXT", "UNDERWATER"),
            ("seq", "Sequence", "The storm"),
            ("stairs", "Set", "STAIRS"),
            ("spare", "Unit", "Second"),
            ("stray", "Nowhere", "Stray"),
        ):
            root["elements"].append({"id": element, "category": category, "name": name})
        root["breakdowns"][0]["elements"] += ["ext", "day", "magic", "under", "seq", "stairs"]
        root["breakdowns"][1]["elements"] += ["stray", "gone"]

    command = read(changed)
    room = command.breakdowns[0]
    assert (room.int_ext, room.day_night) == (IntExt.BOTH, DayNight.NIGHT)
    assert room.set_name == "LANTERN ROOM / STAIRS"
    assert command.breakdowns[1].elements == ("edda", "stray")
    assert command.elements[-1].category == "Uncategorised"
    said = told(command)
    for words in (
        "DAY (scene 12) | another light",
        "MAGIC HOUR (scene 12) | it is none of day, night",
        "UNDERWATER (scene 12) | it is neither INT nor EXT",
        "The storm (scene 12) | breakdowns are in no sequence",
        "unit: Second",
        "Stray | they are in no category",
        "gone of scene 14 | the file has no such element",
    ):
        assert words in said


def test_what_has_no_place_is_told_once_for_each_kind():
    def changed(root: dict[str, Any]) -> None:
        root["author"] = "Ingrid"
        root["elements"][0] |= {
            "daysOff": [1],
            "isDood": False,
            "events": [{"type": "event", "name": "travel", "date": "2026-09-12T07:00:00.000Z"}],
        }
        for one in root["breakdowns"]:
            one |= {"duration": 60_000, "_own": "x", "comments": ""}
        root["breakdowns"].append({**root["breakdowns"][0], "id": "b2", "duration": 1})

    said = told(read(changed))
    for words in (
        "schedule: `author` of the file",
        "elements: `daysOff` of EDDA",
        "EDDA: travel on 2026-09-12 | elements have no calendar",
        "EDDA | they stand in every day-out-of-days here",
        "breakdowns: `duration` of 4; `_own` of 4",
    ):
        assert words in said
    assert "comments" not in said


def test_long_texts_are_cut_and_told():
    def changed(root: dict[str, Any]) -> None:
        root["breakdowns"][0] |= {"scene": "1, " * 40, "description": "x" * 2_001}
        root["elements"][7]["name"] = "D3 " * 30

    command = read(changed)
    assert len(command.breakdowns[0].scene) <= 64
    assert len(command.breakdowns[0].synopsis) == 2_000
    assert len(command.breakdowns[0].script_day) <= 64
    assert "breakdowns[0].scene" in told(command)
    assert "breakdowns[0].description" in told(command)


def test_a_breakdown_alone_is_a_schedule_without_boards():
    def changed(root: dict[str, Any]) -> None:
        del root["stripboards"]
        root["calendars"] = None

    command = read(changed)
    assert (command.boards, command.choose, len(command.breakdowns)) == ((), None, 3)
    assert command.unplaced == ()
