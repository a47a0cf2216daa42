"""The nameplate of contracts, and the queries they answer."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from events.contract import FEES_ARE_FOR
from events.names import Id
from projections.contracts.answers import Contract, Contracts
from projections.contracts.explained.deals import explained
from projections.contracts.rows import Deal
from projections.contracts.sheets import sheets
from projections.contracts.telling import LIST, page_of_deals, summary, whole
from projections.contracts.view import VIEW
from runtime.reading.queries import REFUSALS, AskedNow, Cursor, Limit, json_of
from runtime.reading.query import PAGE_ROWS_MAX, Reader
from runtime.rooms import Projection
from runtime.web.callers import CallerNow, Production
from runtime.web.problems import NotThere
from runtime.web.readings import records_reading

OneContract = Annotated[Id, Path(description="the contract's id, a UUID")]


def routes(reader: Reader) -> APIRouter:
    """The queries, over one reader of the rows."""
    router = APIRouter(prefix="/v1", tags=["contracts"])

    @router.get(
        "/productions/{production}/contracts",
        response_model=Contracts,
        responses=REFUSALS,
        dependencies=[records_reading("contracts")],
        summary="What was agreed with whom, and where each deal stands",
    )
    async def contracts(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(asked.after)
        member = await reader.member(production, caller)
        reading = await reader.read_one(production, asked, LIST)
        rows = reading.rows[production]
        fees = bool(member.roles & FEES_ARE_FOR)
        page, following = page_of_deals(rows, cursor, limit)
        return json_of(
            {
                "production": production,
                **reading.about[production],
                "fees_told": fees,
                "rows": await reader.opened([summary(rows, deal, fees) for deal in page]),
                **await reader.told(reading),
                "next": following,
            }
        )

    @router.get(
        "/productions/{production}/contracts/{contract}",
        response_model=Contract,
        responses=REFUSALS,
        dependencies=[records_reading("contract")],
        summary="One deal in full: terms, versions, offers, clearance, and what came of its parts",
    )
    async def contract(
        production: Production, contract: OneContract, caller: CallerNow, asked: AskedNow
    ) -> Response:
        await reader.until(asked.after)
        member = await reader.member(production, caller)
        reading = await reader.read_one(production, asked)
        rows = reading.rows[production]
        if (deal := rows.get(Deal, contract)) is None:
            raise NotThere(f"there is no contract {contract} on this production: list them first")
        return json_of(
            {
                "production": production,
                **await reader.opened(whole(rows, deal, bool(member.roles & FEES_ARE_FOR))),
                **await reader.told(reading),
            }
        )

    return router


projection = Projection(
    name="contracts",
    version=2,
    view=VIEW,
    routes=routes,
    figures=explained,
    sheets=sheets,
)
