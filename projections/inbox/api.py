"""The nameplate of the inbox, and the queries it answers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from projections.inbox.answers import Inbox
from projections.inbox.explained import explained
from projections.inbox.telling import place, waiting
from projections.inbox.view import VIEW
from runtime.people.identity import Caller
from runtime.reading.asked import Reading
from runtime.reading.queries import REFUSALS, AskedNow, Cursor, Limit, json_of, page_of
from runtime.reading.query import PAGE_ROWS_MAX, Reader
from runtime.rooms import Projection
from runtime.web.callers import CallerNow, Production
from runtime.web.readings import records_reading

Mine = Annotated[bool, Query(description="only what waits for the caller, today")]


def routes(reader: Reader) -> APIRouter:
    """The queries, over one reader of the rows."""
    router = APIRouter(prefix="/v1", tags=["inbox"])

    @router.get(
        "/productions/{production}/inbox",
        response_model=Inbox,
        responses=REFUSALS,
        dependencies=[records_reading("inbox")],
        summary="What waits for whom on one production, and what it blocks",
    )
    async def one(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        mine: Mine = True,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        await reader.member(production, caller)
        reading = await reader.read_one(production, asked)
        return json_of(await _inbox(reader, reading, [], caller, mine, cursor, limit))

    @router.get(
        "/inbox",
        response_model=Inbox,
        responses=REFUSALS,
        dependencies=[records_reading("inbox")],
        summary="What waits for whom, on every production that you are on",
    )
    async def all_of_them(
        caller: CallerNow,
        asked: AskedNow,
        mine: Mine = True,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        productions = await _productions_of(reader, caller)
        reading, parked = (await reader.read(productions, asked)).apart()
        return json_of(await _inbox(reader, reading, parked, caller, mine, cursor, limit))

    return router


async def _productions_of(reader: Reader, caller: Caller) -> list[str]:
    """All of them: the order of the inbox is by what waits, not by production."""
    found: list[str] = []
    while True:
        page = await reader.productions_of(caller, found[-1] if found else None, PAGE_ROWS_MAX)
        found += page
        if len(page) < PAGE_ROWS_MAX:
            return found


async def _inbox(
    reader: Reader,
    reading: Reading,
    parked: list[dict[str, Any]],
    caller: Caller,
    mine: bool,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    roles = await reader.roles_of(list(reading.rows), caller)
    items = waiting(reading, caller.person, roles, mine)
    page, following = page_of(items, place, cursor, limit)
    return {
        "mine": mine,
        "rows": await reader.opened(page),
        "parked": parked,
        **await reader.told(reading),
        "next": following,
    }


projection = Projection(
    name="inbox",
    version=1,
    view=VIEW,
    routes=routes,
    figures=explained,
)
