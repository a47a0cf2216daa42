"""How the days of each element and of the whole board come about: the board that is shot by."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from projections.day_out_of_days.answers import ElementLine
from projections.day_out_of_days.boards import DatedBoard, dated
from projections.day_out_of_days.report import days_of, elements_of, place_of, totals_of
from projections.day_out_of_days.view import Breakdown, Element, ShootDay
from runtime.explaining.figures import Asker, Cells, Figure, text
from runtime.view import Rows

DAYS = "shoot days"
EIGHTHS = "eighths of a page"
BETWEEN = {
    "hold_days": "days of the company between its first and last work day on which it may be held",
    "idle_days": "days of the company between them without it, where it may not be held",
    "drop_days": "days of the company in the first gap that is long enough to drop it",
}
NAMED_MAX = 3
"""How many of what a scene needs its label names."""
TERMS = ("allow_hold", "allow_drop", "drop_days_min")


def explained(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """Every figure and date of the day out of days, of the cast and of everything else."""
    board = dated(rows, None, None, None)
    days = list(_days(rows, board))
    yield from (figure for figures in days for figure in figures.values())
    breakdowns = {one.name: one for figures in days for one in figures["eighths"].terms}
    yield from breakdowns.values()
    totals = {one.name: one for one in _totals(rows, board, days)}
    yield from totals.values()
    needed = _needed(rows, board)
    for line in elements_of(rows, board, cast=False):
        yield from _element(line, needed[line.element], totals["shoot_days"])


def _days(rows: Rows, board: DatedBoard) -> Iterator[dict[str, Figure]]:
    """The date of each shoot day, and its length as the sum of its breakdowns."""
    made: dict[str, Figure] = {}
    for day, told in zip(board.days, days_of(rows, board), strict=True):
        for one in day.breakdowns:
            if one not in made:
                made[one] = _breakdown(rows, one, day.day)
        of = Cells(ShootDay, (day.day,), ("breakdowns",))
        yield {
            "on": Figure(
                f"day/{day.day}/on",
                f"Shoot day {day.day}",
                text(day.on),
                "date",
                "when it was wrapped, or else is expected",
                cells=(Cells(ShootDay, (day.day,), ("expected_on", "wrapped_on")),),
            ),
            "eighths": Figure(
                f"day/{day.day}/eighths",
                f"Length of shoot day {day.day}",
                text(told.eighths),
                EIGHTHS,
                f"the sum of {len(day.breakdowns)} breakdowns",
                tuple(made[one] for one in day.breakdowns),
                (of,),
            ),
        }


def _breakdown(rows: Rows, breakdown: str, day: int) -> Figure:
    row = rows.get(Breakdown, breakdown)
    what = f"the scene {breakdown}" if row is None else _scene(rows, row)
    return Figure(
        f"breakdown/{breakdown}/eighths",
        f"Length of {what} on day {day}",
        None if row is None else text(row.eighths),
        EIGHTHS,
        cells=(Cells(Breakdown, (breakdown,), ("eighths",)),),
    )


def _scene(rows: Rows, breakdown: Breakdown) -> str:
    """A scene by whom it is with, or else by what: the cast first, by number."""
    found = [rows.get(Element, one) for one in json.loads(breakdown.elements)]
    elements = [one for one in found if one is not None]
    called = [
        one.name for one in sorted(elements, key=lambda one: (not one.is_cast, place_of(one)))
    ]
    if not called:
        return f"the scene {breakdown.breakdown}"
    more = f" and {len(called) - NAMED_MAX} more" if len(called) > NAMED_MAX else ""
    return f"the scene with {', '.join(called[:NAMED_MAX])}{more}"


def _totals(rows: Rows, board: DatedBoard, days: list[dict[str, Figure]]) -> Iterator[Figure]:
    """The board as a whole."""
    told = totals_of(days_of(rows, board))
    dates = tuple(one["on"] for one in days)
    lengths = tuple(one["eighths"] for one in days)
    shown: Mapping[str, tuple[str, str, str, tuple[Figure, ...]]] = {
        "shoot_days": ("Shoot days", DAYS, "how many have a date", dates),
        "first_on": ("First shoot day", "date", "the first of all dates", dates),
        "last_on": ("Last shoot day", "date", "the last of all dates", dates),
        "eighths": ("Length of all days", EIGHTHS, f"the sum of {len(days)} days", lengths),
        "eighths_a_day_max": ("Length of the longest day", EIGHTHS, "the longest day", lengths),
    }
    for name, (label, unit, rule, terms) in shown.items():
        yield Figure(name, label, text(getattr(told, name)), unit, rule, terms)


def _needed(rows: Rows, board: DatedBoard) -> Mapping[str, list[Cells]]:
    """By element, the days and the breakdowns that need it."""
    found: dict[str, dict[Cells, None]] = defaultdict(dict)
    for day in board.days:
        of_day = Cells(ShootDay, (day.day,), ("expected_on", "wrapped_on", "breakdowns"))
        for one in day.breakdowns:
            row = rows.get(Breakdown, one)
            of_breakdown = Cells(Breakdown, (one,), ("elements",))
            for element in json.loads(row.elements) if row is not None else ():
                found[element] |= {of_day: None, of_breakdown: None}
    return {element: list(cells) for element, cells in found.items()}


def _element(line: ElementLine, needed: list[Cells], company: Figure) -> Iterator[Figure]:
    """One line: what it works is read from the board, the rest follows from it."""

    def figure(name: str, unit: str, rule: str, *terms: Figure, **of: Any) -> Figure:
        label = f"{line.name}: {name.replace('_', ' ')}"
        value = text(getattr(line, name))
        return Figure(f"element/{line.element}/{name}", label, value, unit, rule, terms, **of)

    works = figure("work_days", DAYS, "dates on which a scene needs it", cells=tuple(needed))
    start = figure("start", "date", "its first work day", works)
    finish = figure("finish", "date", "its last work day", works)
    rules = (Cells(Element, (line.element,), TERMS),)
    between = [
        figure(name, DAYS, rule, start, finish, works, company, cells=rules)
        for name, rule in BETWEEN.items()
    ]
    yield from (works, start, finish, *between)
    yield figure("span_days", DAYS, "the sum of its days from start to finish", works, *between)
