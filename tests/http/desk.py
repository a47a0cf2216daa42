"""The approval room alone, over whatever log a test gives it: for what a whole instance never does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import httpx

from events.approval import Role
from runtime.clock import DatabaseClock
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.contract import Store
from runtime.people.identity import Issuer, Verifier
from runtime.people.names import Names
from runtime.people.team import Member, Team
from runtime.people.vault import MemoryVault
from runtime.settings import Settings
from runtime.web.face import ServiceFace
from runtime.web.http import application
from services.approval.api import service

OPENING = {
    "title": "The Last Lighthouse",
    "kind": "feature",
    "currency": "USD",
    "time_zone": "America/New_York",
}


class Everybody:
    """A team that everybody is on, in every role."""

    async def member(self, production: str, person: str, on: date) -> Member:
        return Member(frozenset(Role), None)


@dataclass
class Desk:
    """The room's handler, and a client of one person's."""

    handler: Handler
    client: httpx.AsyncClient

    async def open(self, production: str, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/v1/productions/{production}/approval/open-production"
        return await self.client.post(path, json=OPENING, headers=headers)


@asynccontextmanager
async def desk(
    store: Store, settings: Settings, team: Any = None, verifier: Verifier | None = None
) -> AsyncIterator[Desk]:
    async with Committer(store) as committer:
        handler = Handler(service, store, committer, MemoryVault(), DatabaseClock(store))
        face = ServiceFace(handler, cast(Team, team or Everybody()), handler.vault, Names(store))
        app = application(
            title="Reel",
            verifier=verifier or Verifier.from_settings(settings),
            services=[face],
            queries=[],
            unready=list,
            documented=False,
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        token = Issuer(settings).token("Rosalind Achterberg")
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://desk",
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            yield Desk(handler, client)
