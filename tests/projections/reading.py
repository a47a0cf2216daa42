"""A read model's queries over facts in memory: HTTP, roles and sealed names, without servers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import httpx

from events.approval import AppointmentEnded, PersonAppointed, ProductionOpened, Role
from events.envelope import Recorded
from runtime.people.identity import Caller, Issuer, Verifier
from runtime.people.readings import MemoryReadings
from runtime.people.team import Member, NoSuchProduction
from runtime.people.vault import Sealer
from runtime.reading.asked import Asked, Reading
from runtime.reading.query import Reader
from runtime.rooms import Projection
from runtime.settings import Settings
from runtime.view import Rows
from runtime.web.http import application

NOON = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)


class FactsReader(Reader):
    """Folds facts on every question, and asks their own appointments who may know."""

    def __init__(self, projection: Projection, facts: Sequence[Recorded], vault: Sealer) -> None:
        self.projection = projection
        self.facts = facts
        self._vault = vault

    async def until(self, after: str | None) -> None:
        assert after is None

    async def member(self, production: str, caller: Caller) -> Member:
        roles: set[Role] = set()
        for recorded in self.facts:
            match recorded.event:
                case PersonAppointed(person=caller.person, role=role):
                    roles.add(role)
                case AppointmentEnded(person=caller.person, role=role):
                    roles.discard(role)
        if not roles:
            raise NoSuchProduction(f"there is no production {production} that you are on")
        return Member(frozenset(roles), None)

    async def productions_of(self, caller: Caller, after: str | None, limit: int) -> list[str]:
        return [] if after else sorted({one.production for one in self.facts})[:limit]

    async def roles_of(
        self, productions: Sequence[str], caller: Caller
    ) -> dict[str, frozenset[Role]]:
        roles = {}
        for production in productions:
            with suppress(NoSuchProduction):
                roles[production] = (await self.member(production, caller)).roles
        return {one: roles.get(one, frozenset()) for one in productions}

    async def read_one(
        self, production: str, asked: Asked, tables: Sequence[type[Any]] | None = None
    ) -> Reading:
        return await self.read([production], asked, tables)

    async def read(
        self,
        productions: Sequence[str],
        asked: Asked,
        tables: Sequence[type[Any]] | None = None,
    ) -> Reading:
        assert not asked.is_past
        rows: dict[str, Rows] = {}
        about: dict[str, dict[str, str]] = {}
        for production in productions:
            own = [one for one in self.facts if one.production == production]
            rows[production] = self.projection.view.fold(own)
            for recorded in own:
                if isinstance(opened := recorded.event, ProductionOpened):
                    about[production] = {"title": opened.title, "currency": opened.currency}
        return Reading(rows, about, NOON, {})

    async def told(self, reading: Reading) -> dict[str, Any]:
        return {"moment": None, "freshness": []}


class Asking:
    """Asks the queries as whoever is named."""

    def __init__(self, client: httpx.AsyncClient, issuer: Issuer) -> None:
        self._client = client
        self._issuer = issuer

    async def get(self, who: str, path: str, **query: Any) -> httpx.Response:
        token = self._issuer.token(who)
        return await self._client.get(
            path, params=query, headers={"Authorization": f"Bearer {token}"}
        )

    async def ask(self, who: str, path: str, **query: Any) -> dict[str, Any]:
        answer = await self.get(who, path, **query)
        assert answer.is_success, answer.text
        body: dict[str, Any] = answer.json()
        return body


@asynccontextmanager
async def asking(
    projection: Projection, facts: Sequence[Recorded], vault: Sealer, settings: Settings
) -> AsyncIterator[Asking]:
    """The projection's queries over those facts, behind the whole HTTP face."""
    app = application(
        title="Reel",
        verifier=Verifier.from_settings(settings),
        services=[],
        queries=[projection.routes(FactsReader(projection, facts, vault))],
        unready=list,
        documented=False,
        readings=MemoryReadings(),
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://reel") as client:
        yield Asking(client, Issuer(settings))
