"""The nameplate of budget status, and the queries it answers."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from events.names import Id
from projections.budget_status.answers import By, HotCosts, Lines, Slate, Status
from projections.budget_status.explained.report import explained
from projections.budget_status.figures import CONVENTIONS
from projections.budget_status.hot_costs import CONVENTIONS as HOT_COST_CONVENTIONS
from projections.budget_status.hot_costs import HOT_COSTS, hot_costs
from projections.budget_status.report import (
    REPORT,
    STATUS,
    overages,
    place,
    place_of,
    planned,
    standing,
    table,
    total,
)
from projections.budget_status.rows import Line
from projections.budget_status.sheets import sheets
from projections.budget_status.view import VIEW
from runtime.reading.queries import (
    REFUSALS,
    AskedNow,
    Cursor,
    Limit,
    json_of,
    page_of,
)
from runtime.reading.query import PAGE_ROWS_MAX, Reader
from runtime.rooms import Projection
from runtime.web.callers import CallerNow, Production

SlateCursor = Annotated[Id | None, Query(description="`next` of the page before")]


def routes(reader: Reader) -> APIRouter:
    """The queries, over one reader of the rows."""
    router = APIRouter(prefix="/v1", tags=["budget-status"])

    @router.get(
        "/productions/{production}/budget-status",
        response_model=Status,
        responses=REFUSALS,
        summary="Where the money of one production stands",
    )
    async def status(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        by: By = By.CATEGORY,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        await reader.member(production, caller)
        reading = await reader.read_one(production, asked, STATUS)
        rows = reading.rows[production]
        report = table(rows, by)
        page = [row for row in report if cursor is None or place(by, row) > place_of(by, cursor)]
        return json_of(
            {
                "production": production,
                **reading.about[production],
                **standing(rows),
                "by": by,
                "conventions": CONVENTIONS,
                "rows": page[:limit],
                "total": total(rows).shown(),
                "overages": overages(rows),
                **await reader.told(reading),
                "next": page[limit - 1]["key"] if len(page) > limit else None,
            }
        )

    @router.get(
        "/budget-status",
        response_model=Slate,
        responses=REFUSALS,
        summary="The slate: the money of every production that you are on",
    )
    async def slate(
        caller: CallerNow,
        asked: AskedNow,
        cursor: SlateCursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        productions = await reader.productions_of(caller, cursor, limit + 1)
        page = productions[:limit]
        reading, parked = (await reader.read(page, asked, REPORT)).apart()
        return json_of(
            {
                "conventions": CONVENTIONS,
                "rows": [
                    {
                        "production": production,
                        **reading.about[production],
                        **standing(reading.rows[production]),
                        **total(reading.rows[production]).shown(),
                    }
                    for production in reading.rows
                ],
                "parked": parked,
                **await reader.told(reading),
                "next": page[-1] if len(productions) > limit else None,
            }
        )

    @router.get(
        "/productions/{production}/budget-lines",
        response_model=Lines,
        responses=REFUSALS,
        summary="The plan, line by line",
    )
    async def lines(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        await reader.member(production, caller)
        reading = await reader.read_one(production, asked, (Line,))
        plan = (line for line in reading.rows[production].all(Line) if not line.removed)
        page, following = page_of(plan, lambda line: line.line, cursor, limit)
        return json_of(
            {
                "production": production,
                "rows": [planned(line) for line in page],
                **await reader.told(reading),
                "next": following,
            }
        )

    @router.get(
        "/productions/{production}/hot-costs",
        response_model=HotCosts,
        responses=REFUSALS,
        summary="Shoot day by shoot day: what it may cost, and what was incurred on it",
    )
    async def hot(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        cursor: Annotated[int | None, Query(ge=0, le=1_000)] = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        await reader.member(production, caller)
        reading = await reader.read_one(production, asked, HOT_COSTS)
        about = reading.about[production]
        answer = hot_costs(reading.rows[production], about["currency"])
        page = [row for row in answer["rows"] if cursor is None or row["day"] > cursor]
        return json_of(
            {
                "production": production,
                **about,
                "conventions": HOT_COST_CONVENTIONS,
                **answer,
                "rows": page[:limit],
                **await reader.told(reading),
                "next": page[limit - 1]["day"] if len(page) > limit else None,
            }
        )

    return router


projection = Projection(
    name="budget_status",
    version=2,
    view=VIEW,
    routes=routes,
    figures=explained,
    sheets=sheets,
)
