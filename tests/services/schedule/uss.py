"""A small schedule as the Universal Schedule Standard has it, to be changed and broken."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.importing import BadFile
from services.schedule.commands import ImportSchedule
from services.schedule.files import read_uss

REAL = next(
    (
        folder
        for parent in Path(__file__).parents
        if (folder := parent / "shared" / "data" / "uss").is_dir()
    ),
    None,
)
needs_real_files = pytest.mark.skipif(
    REAL is None, reason="the folder of real schedules, shared/data/uss, is not beside the checkout"
)

CATEGORIES = (
    ("Set", 0),
    ("INT/EXT", 1),
    ("Day/Night", 2),
    ("Script Day", 3),
    ("Unit", 4),
    ("Sequence", 5),
    ("Location", 6),
    ("Cast Members", 100),
    ("Props", 104),
)
ELEMENTS = (
    ("edda", "Cast Members", "EDDA"),
    ("silas", "Cast Members", "SILAS"),
    ("lens", "Props", "Fresnel lens"),
    ("int", "INT/EXT", "INT"),
    ("ext", "INT/EXT", "EXT."),
    ("night", "Day/Night", "NIGHT"),
    ("room", "Set", "LANTERN ROOM"),
    ("d3", "Script Day", "D3"),
    ("main", "Unit", "Main"),
    ("cannery", "Location", "Old cannery"),
)


def _element(element: str, category: str, name: str) -> dict[str, Any]:
    return {
        "id": element,
        "category": category,
        "created": None,
        "daysOff": [],
        "isDrop": True,
        "dropDayCount": 10,
        "isHold": False,
        "isDood": True,
        "elementId": "1" if element == "edda" else "",
        "isIdLock": False,
        "linkedElements": [],
        "events": [],
        "name": name,
    }


def _scene(breakdown: str, pages: object, *elements: str, **others: object) -> dict[str, Any]:
    return {
        "id": breakdown,
        "type": "scene",
        "scene": breakdown.removeprefix("b"),
        "description": None,
        "bannerText": None,
        "pages": pages,
        "elements": list(elements),
        **others,
    }


def _board(name: str, strips: list[Any], boneyard: list[Any]) -> dict[str, Any]:
    return {
        "id": f"s-{name}",
        "name": name,
        "calendar": "cal",
        "boards": [
            {"id": "x", "name": "stripboard", "breakdownIds": strips},
            {"id": "y", "name": "boneyard", "breakdownIds": boneyard},
        ],
    }


SMALL: dict[str, Any] = {
    "universalScheduleStandard": {
        "id": "u",
        "name": "One-liner",
        "project": "The Last Lighthouse",
        "source": "Somebody's program",
        "ussVersion": "1.0.0",
        "breakdowns": [
            _scene("b12", 2.375, "edda", "silas", "lens", "int", "night", "room", "d3", "main"),
            _scene("b14", 1.375, "edda", "ext", "cannery", type="strip"),
            _scene("b40", 0.125, "silas"),
        ],
        "categories": [{"id": name, "ucid": number, "name": name} for name, number in CATEGORIES],
        "elements": [_element(*one) for one in ELEMENTS],
        "stripboards": [_board("White", [["b14"], ["b12"]], ["b40"])],
        "calendars": [
            {
                "id": "cal",
                "name": "September",
                "daysOff": [0, 6],
                "events": [
                    {
                        "id": "e",
                        "type": "start",
                        "name": None,
                        "date": "2026-09-14T07:00:00.000Z",
                    }
                ],
            }
        ],
    }
}

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> str:
    """The small schedule as JSON, after a change."""
    document = copy.deepcopy(SMALL)
    change(document["universalScheduleStandard"])
    return json.dumps(document)


def read(change: Change = lambda _: None) -> ImportSchedule:
    """The small schedule, read after a change."""
    return read_uss(changed(change))


def told(command: ImportSchedule) -> str:
    """Everything that was told of what could not be placed."""
    return "\n".join(f"{one.what} | {one.problem} | {one.cure}" for one in command.unplaced)


def problems(text: str) -> list[tuple[str, str, str]]:
    """What is wrong with a file: where, what, and the cure."""
    with pytest.raises(BadFile) as bad:
        read_uss(text)
    assert all(one.problem and one.cure for one in bad.value.problems)
    return [(one.column, one.problem, one.cure) for one in bad.value.problems]
