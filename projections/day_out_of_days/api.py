"""The nameplate of the day out of days, and the query it answers."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from events.calendar import Weekday
from events.names import Reference
from projections.day_out_of_days.answers import DayOutOfDays
from projections.day_out_of_days.boards import BoardHasNoDates, NoSuchBoard, dated
from projections.day_out_of_days.explained import explained
from projections.day_out_of_days.report import days_of, elements_of, place_of, totals_of
from projections.day_out_of_days.view import VIEW, Board
from runtime.reading.queries import REFUSALS, AskedNow, Cursor, Limit, json_of
from runtime.reading.query import PAGE_ROWS_MAX, Reader
from runtime.rooms import Projection
from runtime.web.callers import CallerNow, Production
from runtime.web.problems import NotThere

_DAY = "(" + "|".join(Weekday) + ")"
DaysOff = Annotated[
    str | None,
    Query(
        pattern=rf"^({_DAY}(,{_DAY}){{0,5}})?$",
        description="weekly days off instead of the calendar's, joined by commas; empty = none",
        examples=["saturday,sunday"],
    ),
]
OfBoard = Annotated[Reference | None, Query(description="any board; none = the one shot by")]
Starts = Annotated[date | None, Query(description="day 1 no earlier than that")]
CastOnly = Annotated[bool, Query(description="the cast alone, or everything that scenes need")]
OfElement = Annotated[Reference | None, Query(description="the line of that element alone")]


def routes(reader: Reader) -> APIRouter:
    """The query, over one reader of the rows."""
    router = APIRouter(prefix="/v1", tags=["day-out-of-days"])

    @router.get(
        "/productions/{production}/day-out-of-days",
        response_model=DayOutOfDays,
        responses=REFUSALS,
        summary="Who works when, on the board that is shot by or on any other",
    )
    async def day_out_of_days(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        board: OfBoard = None,
        starts: Starts = None,
        days_off: DaysOff = None,
        cast: CastOnly = True,
        element: OfElement = None,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        await reader.member(production, caller)
        reading = await reader.read_one(production, asked)
        rows = reading.rows[production]
        try:
            on = dated(rows, board, starts, _weekdays(days_off))
        except (NoSuchBoard, BoardHasNoDates) as error:
            raise NotThere(str(error)) from error
        days = days_of(rows, on)
        lines = elements_of(rows, on, cast, element)
        page = [line for line in lines if cursor is None or place_of(line) > cursor]
        return json_of(
            {
                "production": production,
                **reading.about[production],
                "board": on.board,
                "boards": sorted(one.board for one in rows.all(Board)),
                "what_if": on.what_if,
                "starts_on": None if on.calendar is None else on.calendar.starts_on,
                "days_off": [] if on.calendar is None else on.calendar.days_off,
                "totals": totals_of(days),
                "days": days,
                "elements": page[:limit],
                **await reader.told(reading),
                "next": place_of(page[limit - 1]) if len(page) > limit else None,
            }
        )

    return router


def _weekdays(days_off: str | None) -> tuple[Weekday, ...] | None:
    if days_off is None:
        return None
    return tuple(Weekday(day) for day in days_off.split(",") if day)


projection = Projection(
    name="day_out_of_days",
    version=1,
    view=VIEW,
    routes=routes,
    figures=explained,
)
