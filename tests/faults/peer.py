"""A peer for the client of the faults: its commands over the `eventsourcing` library 9.5 and
FastAPI, each public and as its documentation has it, in the safe mode that loses nothing.

The library has no word for a command that comes again, so that this has none either: it checks
what the business knows, that a posting is posted once.
"""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Any
from uuid import UUID

import uvicorn
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from bench.peers.library import environment
from tests.faults.client import Body
from tests.faults.parts import COMPILED, ROOT
from tests.faults.truth import Fact

PAGE = 1_000


class AlreadyPosted(Exception):
    """Another command has posted under this id."""


class Costs(Aggregate):
    """What was posted for one production."""

    def __init__(self, production: str) -> None:
        self.production = production
        self.posted: set[str] = set()

    @staticmethod
    def create_id(production: str) -> UUID:
        return UUID(production)

    def post(self, body: Body) -> None:
        if body["posting"] in self.posted:
            raise AlreadyPosted(body["posting"])
        self._post(body)

    @event("CostPosted")
    def _post(self, body: Body) -> None:
        self.posted.add(body["posting"])


class Ledger(Application[UUID]):
    """Keeps them."""

    name = "peer"

    def post(self, production: str, body: Body) -> Fact:
        """Posts a cost, on what is there by then if others are quicker; answers the fact."""
        while True:
            try:
                costs = self.repository.get(UUID(production))
            except AggregateNotFoundError:
                costs = Costs(production)
            costs.post(body)
            with suppress(IntegrityError):
                last = self.save(costs)[-1]
                return self._told(last.notification)

    def facts(self) -> list[Fact]:
        """Everything that it holds, as the audit knows facts."""
        found, at = [], 0
        while page := self.recorder.select_notifications(at, PAGE, inclusive_of_start=False):
            found += [self._told(one) for one in page]
            at = int(page[-1].id)
        return [fact for fact in found if fact["data"]]

    def _told(self, notification: Any) -> Fact:
        told = self.mapper.to_domain_event(notification)
        return {
            "id": f"{told.originator_id}/{told.originator_version}",
            "type": "budget.CostPosted",
            "stream": str(told.originator_id),
            "production": str(told.originator_id),
            "version": told.originator_version,
            "position": int(notification.id),
            "actor": "somebody",
            "data": dict(getattr(told, "body", {})),
        }


class Peer:
    """Its process, which may be killed and started again."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._process: subprocess.Popen[str] | None = None
        self.url: str | None = None

    def start(self) -> None:
        """Starts it, and waits until it says where it is."""
        self._process = subprocess.Popen(
            # Not as a main module: the library keeps the names of events' modules.
            [sys.executable, "-c", f"from tests.faults import peer; peer.serve({self._dsn!r})"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **COMPILED},
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip() or None
        assert self.url, "the peer does not start"

    def kill(self) -> None:
        """Kill -9."""
        assert self._process is not None
        self.url = None
        self._process.kill()
        self._process.communicate()

    def facts(self) -> list[Fact]:
        """What its table holds."""
        with Ledger(env=environment(self._dsn)) as ledger:
            return ledger.facts()


def application(ledger: Ledger) -> FastAPI:
    """Its one command."""
    app = FastAPI()

    @app.post("/v1/productions/{production}/budget/post-cost")
    def post_cost(production: str, body: Body) -> JSONResponse:
        try:
            return JSONResponse({"events": [ledger.post(production, body)]}, 201)
        except AlreadyPosted as error:
            return JSONResponse({"code": "posting-exists", "detail": str(error)}, 409)

    return app


def serve(dsn: str) -> None:
    """Serves for ever, and announces its address on its first line."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    ledger = Ledger(env=environment(dsn))
    server = uvicorn.Server(
        uvicorn.Config(application(ledger), log_config=None, access_log=False, lifespan="off")
    )
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])
