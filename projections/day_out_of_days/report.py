"""The lines of a day out of days, made of a dated board and of what its breakdowns need."""

import json
from datetime import date

from projections.day_out_of_days.answers import DayLine, ElementLine, Totals
from projections.day_out_of_days.boards import DatedBoard
from projections.day_out_of_days.codes import Terms, line_of
from projections.day_out_of_days.view import Breakdown, Element
from runtime.view import Rows


def days_of(rows: Rows, board: DatedBoard) -> list[DayLine]:
    """Every shoot day with its length."""
    return [
        DayLine(day.day, day.on, sum(_eighths(rows, one) for one in day.breakdowns))
        for day in board.days
    ]


def totals_of(days: list[DayLine]) -> Totals:
    """All shoot days in one; what is shot by two units on a date is two days."""
    dates = [day.on for day in days]
    eighths = [day.eighths for day in days]
    return Totals(
        shoot_days=len(days),
        first_on=min(dates, default=None),
        last_on=max(dates, default=None),
        eighths=sum(eighths),
        eighths_a_day_max=max(eighths, default=0),
    )


def elements_of(
    rows: Rows, board: DatedBoard, cast: bool, element: str | None = None
) -> list[ElementLine]:
    """The lines of all that work, by their numbers on the board: the cast, or everything. That of
    one `element` alone is told even where it works on no day."""
    company = {day.on for day in board.days}
    worked = _worked(rows, board)
    lines = [
        _line(row, worked.get(row.element, set()), company)
        for row in rows.all(Element)
        if (row.element == element if element is not None else row.is_cast or not cast)
    ]
    return sorted((line for line in lines if line.work_days or element is not None), key=place_of)


def place_of(line: ElementLine | Element) -> str:
    """Where a line stands: by number on the board, 2 before 10; those without one last."""
    # One more than a number has at most: whatever it begins with, a space comes before "~".
    number = line.board_id.rjust(65) if line.board_id else "~"
    return f"{number}/{line.element}"


def _worked(rows: Rows, board: DatedBoard) -> dict[str, set[date]]:
    worked: dict[str, set[date]] = {}
    for day in board.days:
        for one in day.breakdowns:
            row = rows.get(Breakdown, one)
            for element in json.loads(row.elements) if row is not None else ():
                worked.setdefault(element, set()).add(day.on)
    return worked


def _line(row: Element, worked: set[date], company: set[date]) -> ElementLine:
    line = line_of(worked, company, Terms(row.allow_hold, row.allow_drop, row.drop_days_min))
    return ElementLine(
        element=row.element,
        board_id=row.board_id,
        name=row.name,
        category=row.category,
        start=line.start,
        finish=line.finish,
        span_days=line.span_days,
        work_days=line.work_days,
        hold_days=line.hold_days,
        idle_days=line.idle_days,
        drop_days=line.drop_days,
        codes={day.isoformat(): code for day, code in line.codes.items()},
    )


def _eighths(rows: Rows, breakdown: str) -> int:
    row = rows.get(Breakdown, breakdown)
    return 0 if row is None else row.eighths
