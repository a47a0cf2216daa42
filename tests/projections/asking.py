"""A projection's queries over rows that are at hand: no database, no log, one caller."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from runtime.people.identity import Caller
from runtime.people.readings import MemoryReadings
from runtime.people.team import Member
from runtime.reading.answer import Freshness
from runtime.reading.asked import Asked as AskedOf
from runtime.reading.asked import Reading
from runtime.rooms import Projection
from runtime.view import Rows
from runtime.web.callers import caller
from runtime.web.problems import install
from tests.services.lighthouse import OPENED, PRODUCTION, ROSALIND, Person

NOON = datetime(2026, 9, 14, 11, 0, tzinfo=UTC)


class RowsAtHand:
    """Reads as `runtime.reading.query.Reader` does."""

    def __init__(self, projection: Projection, rows: Rows, by: Person) -> None:
        self.projection = projection
        self.rows = rows
        self.by = by

    async def until(self, after: str | None) -> None:
        return None

    async def member(self, production: str, caller: Caller) -> Member:
        return Member(self.by.roles, None)

    async def read_one(
        self, production: str, asked: AskedOf, tables: Sequence[type[Any]] | None = None
    ) -> Reading:
        about = {"title": OPENED.title, "currency": OPENED.currency}
        return Reading({PRODUCTION: self.rows}, {PRODUCTION: about}, NOON, {})

    async def told(self, reading: Reading) -> dict[str, Any]:
        at_seven = Freshness(
            log="",
            incarnation=PRODUCTION,
            position=7,
            head=7,
            caught_up=True,
            head_at=NOON.isoformat(),
        )
        logs = self.projection.view.logs
        return {
            "moment": None,
            "freshness": [at_seven.model_dump() | {"log": log} for log in logs],
        }


class Asked:
    """One projection, asked over HTTP within this process."""

    def __init__(self, projection: Projection, rows: Rows, by: Person = ROSALIND) -> None:
        self.app = FastAPI()
        self.app.state.readings = MemoryReadings()
        self.app.include_router(projection.routes(RowsAtHand(projection, rows, by)))
        self.app.dependency_overrides[caller] = lambda: Caller(
            by.id, datetime(2027, 1, 1, tzinfo=UTC)
        )
        install(self.app)

    async def get(self, query: str, **parameters: Any) -> httpx.Response:
        """Raises nothing: what comes back may be a refusal."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://reel") as client:
            return await client.get(f"/v1/productions/{PRODUCTION}/{query}", params=parameters)

    async def answer(self, query: str, **parameters: Any) -> dict[str, Any]:
        """The body of an answer that must be one."""
        response = await self.get(query, **parameters)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body
