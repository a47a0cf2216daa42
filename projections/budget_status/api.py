"""The nameplate of budget status, and the queries it answers."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from events.names import Id
from projections.budget_status.figures import (
    CONVENTIONS,
    UNASSIGNED,
    Figures,
    added_up,
    category_of,
    figures,
)
from projections.budget_status.view import VIEW, Account, Budget, Category
from runtime.reading.query import PAGE_ROWS_MAX, Freshness, Reader, Reading
from runtime.rooms import Projection
from runtime.view import Rows
from runtime.web.callers import CallerNow, Production
from runtime.web.problems import Problem

LEVELS = ("atl", "production", "post", "other", UNASSIGNED)

After = Annotated[
    str | None, Query(description="a token: answer only once the rows hold that command's events")
]
Cursor = Annotated[str | None, Query(max_length=100, description="`next` of the page before")]
SlateCursor = Annotated[Id | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]


class By(StrEnum):
    """What one row stands for."""

    ACCOUNT = "account"
    CATEGORY = "category"
    LEVEL = "level"


class Money(BaseModel):
    """The figures of one row, in currency units."""

    working: Decimal = Field(description="the plan as it is being edited")
    original: Decimal = Field(description="the first locked budget")
    approved: Decimal = Field(description="the last locked budget")
    committed: Decimal = Field(description="open balances of commitments")
    cost_to_date: Decimal
    total_cost: Decimal
    etc: Decimal
    efc: Decimal
    variance: Decimal = Field(description="approved - EFC: positive = under, negative = over")


class StatusRow(Money):
    """One account, category or level."""

    key: str = Field(examples=["2300"])
    name: str | None = Field(examples=["Set construction"])
    category: str | None = None
    level: str | None


class Status(BaseModel):
    """One production's budget status."""

    production: Id
    title: str
    currency: str
    phase: str = Field(description="none, draft, submitted or locked")
    version: int
    locked_version: int | None
    by: By
    conventions: dict[str, str]
    rows: list[StatusRow]
    total: Money
    freshness: list[Freshness]
    next: str | None


class SlateRow(Money):
    """One production in total."""

    production: Id
    title: str
    currency: str
    phase: str
    version: int


class Slate(BaseModel):
    """The status of every production that the caller is on, a row each."""

    conventions: dict[str, str]
    rows: list[SlateRow]
    freshness: list[Freshness]
    next: str | None


_REFUSALS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "no such production, or not on its team"},
    410: {"model": Problem, "description": "the token is of a log that was restored since"},
}


def routes(reader: Reader) -> APIRouter:
    """The queries, over one reader of the rows."""
    router = APIRouter(prefix="/v1", tags=["budget-status"])

    @router.get(
        "/productions/{production}/budget-status",
        response_model=Status,
        responses=_REFUSALS,
        summary="Where the money of one production stands",
    )
    async def status(
        production: Production,
        caller: CallerNow,
        by: By = By.CATEGORY,
        after: After = None,
        cursor: Cursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(after)
        await reader.member(production, caller)
        reading = await reader.read([production])
        rows = reading.rows[production]
        table = _table(rows, by)
        page = [row for row in table if cursor is None or _place(by, row) > _place_of(by, cursor)]
        return _json(
            {
                "production": production,
                **reading.about[production],
                **_budget(rows),
                "by": by,
                "conventions": CONVENTIONS,
                "rows": page[:limit],
                "total": _total(rows).shown(),
                "freshness": await _freshness(reader, reading, production),
                "next": page[limit - 1]["key"] if len(page) > limit else None,
            }
        )

    @router.get(
        "/budget-status",
        response_model=Slate,
        responses=_REFUSALS,
        summary="The slate: the money of every production that you are on",
    )
    async def slate(
        caller: CallerNow,
        after: After = None,
        cursor: SlateCursor = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        await reader.until(after)
        productions = await reader.productions_of(caller, cursor, limit + 1)
        page = productions[:limit]
        reading = await reader.read(page)
        return _json(
            {
                "conventions": CONVENTIONS,
                "rows": [
                    {
                        "production": production,
                        **reading.about[production],
                        **_budget(reading.rows[production]),
                        **_total(reading.rows[production]).shown(),
                    }
                    for production in page
                ],
                "freshness": await _freshness(reader, reading),
                "next": page[-1] if len(productions) > limit else None,
            }
        )

    return router


async def _freshness(
    reader: Reader, reading: Reading, production: str | None = None
) -> list[dict[str, Any]]:
    return [one.model_dump() for one in await reader.freshness(reading, production)]


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


def _budget(rows: Rows) -> dict[str, Any]:
    budget = rows.get(Budget)
    if budget is None:
        return {"phase": "none", "version": 0, "locked_version": None}
    return {
        "phase": budget.phase,
        "version": budget.version,
        "locked_version": budget.locked_version,
    }


def _total(rows: Rows) -> Figures:
    return sum((figures(account) for account in rows.all(Account)), Figures())


def _table(rows: Rows, by: By) -> list[dict[str, Any]]:
    """Every row of the report, in the order of the chart of accounts."""
    chart = {row.category: row for row in rows.all(Category)}
    accounts = sorted(rows.all(Account), key=lambda row: row.account)
    category = {row.account: category_of(row, chart) for row in accounts}

    def level(code: str) -> str:
        return chart[code].level if code in chart else UNASSIGNED

    def name(code: str) -> str | None:
        return chart[code].name if code in chart else None

    if by is By.ACCOUNT:
        return [
            {
                "key": row.account,
                "name": name(category[row.account]),
                "category": category[row.account],
                "level": level(category[row.account]),
                **figures(row).shown(),
            }
            for row in accounts
        ]
    by_category = added_up((category[row.account], figures(row)) for row in accounts)
    if by is By.CATEGORY:
        return [
            {
                "key": code,
                "name": name(code),
                "category": code,
                "level": level(code),
                **sums.shown(),
            }
            for code, sums in sorted(by_category.items())
        ]
    by_level = added_up((level(code), sums) for code, sums in by_category.items())
    return [
        {"key": one, "name": None, "category": None, "level": one, **by_level[one].shown()}
        for one in LEVELS
        if one in by_level
    ]


def _place(by: By, row: dict[str, Any]) -> tuple[int, str]:
    return _place_of(by, row["key"])


def _place_of(by: By, key: str) -> tuple[int, str]:
    """Where a key stands in the order of its table."""
    if by is By.LEVEL:
        return (LEVELS.index(key) if key in LEVELS else len(LEVELS), key)
    return (0, key)


projection = Projection(name="budget_status", version=1, view=VIEW, routes=routes)
