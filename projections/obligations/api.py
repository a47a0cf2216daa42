"""The nameplate of obligations, and the query they answer."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from events.contract import FEES_ARE_FOR, Side
from projections.obligations.answers import Obligations, Status
from projections.obligations.explained import explained
from projections.obligations.sheets import sheets
from projections.obligations.telling import obligations, place, totals
from projections.obligations.view import VIEW
from runtime.reading.queries import REFUSALS, AskedNow, Cursor, Limit, json_of, page_of
from runtime.reading.query import PAGE_ROWS_MAX, Reader
from runtime.rooms import Projection
from runtime.web.callers import CallerNow, Production
from runtime.web.readings import records_reading

By = Annotated[Side | None, Query(description="only what this side owes")]
In = Annotated[Status | None, Query(description="only what stands like this")]
Until = Annotated[date | None, Query(description="only what is due on that day or before")]


def routes(reader: Reader) -> APIRouter:
    """The query, over one reader of the rows."""
    router = APIRouter(prefix="/v1", tags=["obligations"])

    @router.get(
        "/productions/{production}/obligations",
        response_model=Obligations,
        responses=REFUSALS,
        dependencies=[records_reading("obligations")],
        summary="What is owed, by whom, to whom, until when",
    )
    async def owed(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        by: By = None,
        status: In = None,
        until: Until = None,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        member = await reader.member(production, caller)
        reading = await reader.read_one(production, asked)
        now = reading.now
        fees = bool(member.roles & FEES_ARE_FOR)
        found = [
            one
            for one in obligations(reading.rows[production], now, fees)
            if by in (None, one["by"])
            and status in (None, one["status"])
            and (until is None or (one["due_on"] is not None and one["due_on"] <= until))
        ]
        page, following = page_of(found, place, cursor, limit)
        return json_of(
            {
                "production": production,
                **reading.about[production],
                "on": now.date(),
                "fees_told": fees,
                "rows": await reader.opened(page),
                "totals": totals(found),
                **await reader.told(reading),
                "next": following,
            }
        )

    return router


projection = Projection(
    name="obligations",
    version=2,
    view=VIEW,
    routes=routes,
    figures=explained,
    sheets=sheets,
)
