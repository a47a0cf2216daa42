"""The nameplate of the timeline, and the query it answers."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from events.contract import FEES_ARE_FOR
from projections.timeline.answers import Timeline
from projections.timeline.deals import without_fees
from projections.timeline.explained.timeline import explained
from projections.timeline.items import items_of
from projections.timeline.kinds import ItemKind
from projections.timeline.network import network
from projections.timeline.sheets import sheets
from projections.timeline.summary import behind_of, conflicts_of, overages_of, summary_of
from projections.timeline.view import VIEW
from runtime.reading.queries import REFUSALS, AskedNow, Cursor, Limit, json_of
from runtime.reading.query import PAGE_ROWS_MAX, Reader
from runtime.rooms import Projection
from runtime.web.callers import CallerNow, Production
from runtime.web.readings import records_reading

Kinds = Annotated[list[ItemKind], Query(description="only those kinds; may be given repeatedly")]
From = Annotated[
    date | None, Query(alias="from", description="only what is expected on that day or later")
]
Until = Annotated[
    date | None, Query(description="only what is expected on that day or earlier, as it begins")
]


def routes(reader: Reader) -> APIRouter:
    """The query, over one reader of the rows."""
    router = APIRouter(prefix="/v1", tags=["timeline"])

    @router.get(
        "/productions/{production}/timeline",
        response_model=Timeline,
        responses=REFUSALS,
        dependencies=[records_reading("timeline")],
        summary="What happens when, what has slipped, and what it moves",
    )
    async def timeline(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        kind: Kinds = [],  # noqa: B006 - FastAPI copies it
        first: From = None,
        until: Until = None,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        member = await reader.member(production, caller)
        fees = bool(member.roles & FEES_ARE_FOR)
        reading = await reader.read_one(production, asked)
        rows = reading.rows[production]
        linked = network(rows)
        items = items_of(rows, linked)
        page = [
            item
            for item in items
            if (not kind or item.kind in kind)
            and item.is_within(first, until)
            and (cursor is None or item.place > cursor)
        ]
        return json_of(
            {
                "production": production,
                **reading.about[production],
                "fees_told": fees,
                "items": page[:limit] if fees else [without_fees(one) for one in page[:limit]],
                "conflicts": conflicts_of(rows),
                "behind": behind_of(rows),
                "overages": overages_of(rows),
                "summary": summary_of(rows, linked, items),
                **await reader.told(reading),
                "next": page[limit - 1].place if len(page) > limit else None,
            }
        )

    return router


projection = Projection(
    name="timeline",
    version=2,
    view=VIEW,
    routes=routes,
    figures=explained,
    sheets=sheets,
)
