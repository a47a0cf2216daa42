"""A real schedule that nobody on the project wrote, read here by a reader of its own."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from events.calendar import Calendar, Weekday
from events.event import Event
from events.schedule import Board, BoardLaid, Breakdown, BreakdownsAdded, Element, ElementsAdded

FILE = Path(__file__).parents[3] / "../shared/data/uss/its-a-wonderful-life.uss"
EIGHTHS_A_PAGE = 8
SECOND_PASS = "Second Pass"
FROM_AUGUST_10 = Calendar(starts_on=date(2022, 8, 10), days_off=(Weekday.SATURDAY, Weekday.SUNDAY))


def facts() -> list[Event]:
    """Its elements, breakdowns and second board, as the schedule room would record them."""
    if not FILE.exists():
        pytest.skip("the sample file of the Universal Schedule Standard is not at hand")
    document = json.loads(FILE.read_text(encoding="utf-8"))["universalScheduleStandard"]
    return [*_elements(document), *_breakdowns(document), _board(document)]


def _elements(document: dict[str, Any]) -> Iterator[Event]:
    categories = {one["id"]: one["name"] for one in document["categories"]}
    elements = [
        Element(
            element=one["id"],
            category=categories[one["category"]],
            name=one["name"],
            board_id=one["elementId"] or "",
            is_cast=categories[one["category"]] == "Cast",
            allow_hold=one["isHold"],
            allow_drop=one["isDrop"],
            drop_days_min=one["doodDayCount"],
        )
        for one in document["elements"]
    ]
    yield ElementsAdded(elements=tuple(elements))


def _breakdowns(document: dict[str, Any]) -> Iterator[Event]:
    breakdowns = [
        Breakdown(
            breakdown=one["id"],
            eighths=int((one["pages"] or 0) * EIGHTHS_A_PAGE),
            elements=tuple(dict.fromkeys(one["elements"])),
        )
        for one in document["breakdowns"]
    ]
    yield BreakdownsAdded(breakdowns=tuple(breakdowns))


def _board(document: dict[str, Any]) -> BoardLaid:
    (found,) = (one for one in document["stripboards"] if one["name"] == SECOND_PASS)
    days = found["boards"][0]["breakdownArrays"]
    return BoardLaid(
        board=Board(
            board=SECOND_PASS,
            days=tuple(map(tuple, days)),
            calendar=FROM_AUGUST_10,
        )
    )
