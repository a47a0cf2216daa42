"""The HTTP face of the rooms in this process: one endpoint per command, derived from its class."""

import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

import orjson
import structlog
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from events.envelope import Recorded
from events.names import Id
from runtime.decider import Command, kebab
from runtime.handling import Handled, Handler
from runtime.importing import Importer
from runtime.log.contract import COMMAND_BYTES_MAX, TooLarge
from runtime.order import Order, command_id_of
from runtime.people.identity import Caller, Verifier
from runtime.people.jwks import NotAuthenticated
from runtime.people.team import Member, Team
from runtime.people.vault import Sealer
from runtime.reading.query import PAGE_ROWS_MAX
from runtime.rooms import Service
from runtime.web import problems

POSITION_MAX = 2**63 - 1
"""The last position that a log could count to."""

logger = structlog.get_logger()

Production = Annotated[
    Id,
    Path(
        description="the production's id, a UUID", examples=["5f0c7e7a-2b63-4d35-8a1e-3f1f6d2f9b10"]
    ),
]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="the same key with the same body is one command, however often it is sent",
    ),
]


class Fact(BaseModel):
    """One recorded event."""

    id: Id
    type: str = Field(examples=["budget.BudgetLocked"])
    stream: str
    version: int = Field(description="its number in the stream, from 1")
    position: int = Field(description="its number in the log, from 1")
    recorded_at: str
    effective_at: str
    actor: str
    data: dict[str, Any]


class Accepted(BaseModel):
    """The events that a command recorded, none when there was nothing to do, and a token for
    reading your own write (`?after=<token>`)."""

    events: list[Fact]
    token: str | None


class TrailEntry(Fact):
    """One event with everything its hash covers, so that a reader can check the chain himself."""

    log: str
    production: Id
    partition: int
    previous: int
    ordinal: int
    schema_version: int
    payload: str = Field(description="the exact stored text; personal fields are sealed in it")
    recorded_at_us: int
    effective_at_us: int
    command_id: Id
    correlation: str
    causation: Id | None
    hops: int
    hash: str


class Trail(BaseModel):
    """A page of one production's history in one log, oldest first."""

    events: list[TrailEntry]
    next: int | None = Field(description="give it back as `after` for the next page")


class ServiceFace:
    """What the HTTP side of one service needs."""

    def __init__(self, handler: Handler, team: Team, vault: Sealer) -> None:
        self.handler = handler
        self.service: Service = handler.service
        self.team = team
        self.vault = vault


def application(
    *,
    title: str,
    verifier: Verifier,
    services: Sequence[ServiceFace],
    queries: Sequence[APIRouter],
    unready: Callable[[], Sequence[str]],
    documented: bool,
) -> FastAPI:
    """The application of one process. Nothing but health is open."""
    app = FastAPI(
        title=title,
        version="1",
        description="The event-sourced back office of a film production.",
        docs_url="/docs" if documented else None,
        redoc_url=None,
        openapi_url="/openapi.json" if documented else None,
        responses={
            401: {"model": problems.Problem, "description": "no valid token"},
            503: {"model": problems.Problem, "description": "not now; see Retry-After"},
        },
    )
    app.state.verifier = verifier
    problems.install(app)
    app.include_router(_health(unready))
    for face in services:
        app.include_router(_service_routes(face), dependencies=[Depends(caller)])
    for router in queries:
        app.include_router(router, dependencies=[Depends(caller)])
    app.add_middleware(_Edge)
    return app


_BEARER = HTTPBearer(auto_error=False, bearerFormat="JWT", description="`reel token` prints one")


async def caller(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
) -> Caller:
    """Who is calling, by the bearer token."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is None:
        if given is None:
            raise NotAuthenticated("send `Authorization: Bearer <token>`; `reel token` prints one")
        verifier: Verifier = request.app.state.verifier
        known = await verifier.verify(given.credentials.strip())
        request.state.caller = known
        structlog.contextvars.bind_contextvars(person=known.person)
    return known


CallerNow = Annotated[Caller, Depends(caller)]


def _health(unready: Callable[[], Sequence[str]]) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/livez", summary="Whether the process runs")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="Whether it should get work", responses={503: {}})
    async def readyz() -> Response:
        reasons = list(unready())
        return Response(
            orjson.dumps({"status": "unready" if reasons else "ready", "reasons": reasons}),
            503 if reasons else 200,
            media_type="application/json",
        )

    @router.get("/metrics", summary="Figures for Prometheus")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _service_routes(face: ServiceFace) -> APIRouter:
    service = face.service
    router = APIRouter(prefix="/v1/productions/{production}", tags=[service.name])
    for command in service.commands:
        if command.MAY or command.OPENS:
            _add_command(router, face, command)
    for what, read in service.imports.items():
        _add_import(router, face, what, read)
    _add_trail(router, face)
    return router


_REFUSALS: Mapping[int | str, dict[str, Any]] = {
    status: {"model": problems.Problem, "description": description}
    for status, description in {
        400: "the body is no JSON",
        403: "a member, but without the role",
        404: "no such production, or not on its team",
        409: "a rule of the trade refuses it; the detail names the cure",
        413: "larger than the log takes",
        422: "not of the form it should have, or a key used again with another body",
    }.items()
}


def _add_command(router: APIRouter, face: ServiceFace, command: type[Command]) -> None:
    service = face.service
    example = service.examples.get(command)

    async def endpoint(
        production: Production, body: Command, caller: CallerNow, key: Key = None
    ) -> Response:
        return await _give(face, production, body, caller, key)

    _takes(endpoint, body=command)
    doc = inspect.getdoc(command) or ""
    router.add_api_route(
        f"/{service.name}/{kebab(command.__name__)}",
        endpoint,
        methods=["POST"],
        status_code=201,
        response_model=Accepted,
        name=f"{service.name}-{kebab(command.__name__)}",
        summary=doc.partition("\n")[0],
        description=f"{doc}\n\nMay: {', '.join(sorted(command.MAY)) or 'anybody with a token'}.",
        responses={200: {"model": Accepted, "description": "there was nothing to do"}, **_REFUSALS},
        openapi_extra=(
            {"requestBody": {"content": {"application/json": {"example": dict(example)}}}}
            if example is not None
            else None
        ),
    )


def _takes(endpoint: Callable[..., Awaitable[Response]], *, body: type[BaseModel]) -> None:
    """Narrows the endpoint's body from any command to this one, for FastAPI to read."""
    endpoint.__annotations__["body"] = body


def _add_import(router: APIRouter, face: ServiceFace, what: str, read: Importer) -> None:
    async def endpoint(
        production: Production, request: Request, caller: CallerNow, key: Key = None
    ) -> Response:
        try:
            text = (await request.body()).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise problems.MalformedBody(
                f"the file is not UTF-8 (byte {error.start}): save it as CSV UTF-8"
            ) from error
        return await _give(face, production, read(text), caller, key)

    router.add_api_route(
        f"/import/{what}",
        endpoint,
        methods=["POST"],
        status_code=201,
        response_model=Accepted,
        name=f"import-{what}",
        summary=f"Import {what} from a CSV file: all of it or nothing",
        responses={200: {"model": Accepted, "description": "it was all there"}, **_REFUSALS},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"text/csv": {"schema": {"type": "string"}}},
            }
        },
    )


async def _give(
    face: ServiceFace, production: str, command: Command, caller: Caller, key: str | None
) -> Response:
    """Authorises a command and hands it over."""
    member = await _authorised(face, production, command, caller)
    handled = await face.handler.handle(
        Order(
            production=production,
            command=command,
            command_id=(
                command_id_of(production, caller.person, key) if key else str(uuid.uuid4())
            ),
            actor=caller.person,
            principal=caller.person,
            roles=member.roles,
            known=face.service.known(member.known),
            correlation=structlog.contextvars.get_contextvars().get("correlation"),
        )
    )
    return await _answer(face, handled)


async def _authorised(
    face: ServiceFace, production: str, command: Command, caller: Caller
) -> Member:
    if command.OPENS:
        return Member(frozenset(), None)
    today = (await face.handler.clock.now()).date()
    member = await face.team.member(production, caller.person, today)
    if not command.MAY & member.roles:
        raise problems.Forbidden(
            f"{kebab(type(command).__name__)} is for {', '.join(sorted(command.MAY))}; "
            f"you are {', '.join(sorted(member.roles)) or 'none of them today'}"
        )
    return member


async def _answer(face: ServiceFace, handled: Handled) -> Response:
    headers = {"Idempotent-Replay": "true"} if handled.replayed else {}
    if handled.refusal is not None:
        refusal = handled.refusal
        return problems.problem(
            refusal["status"],
            refusal["code"],
            refusal["detail"],
            problems=refusal["problems"],
            headers=headers,
        )
    if handled.token is not None:
        headers["Reel-Token"] = str(handled.token)
    body = {
        "events": await face.vault.open_all([_fact(recorded) for recorded in handled.recorded]),
        "token": str(handled.token) if handled.recorded else None,
    }
    return Response(
        orjson.dumps(body),
        201 if handled.recorded else 200,
        media_type="application/json",
        headers=headers,
    )


def _fact(recorded: Recorded) -> dict[str, Any]:
    return {
        "id": recorded.id,
        "type": recorded.type,
        "stream": recorded.stream,
        "version": recorded.version,
        "position": recorded.position,
        "recorded_at": recorded.recorded_at.isoformat(),
        "effective_at": recorded.effective_at.isoformat(),
        "actor": recorded.actor,
        "data": orjson.loads(recorded.payload),
    }


def _add_trail(router: APIRouter, face: ServiceFace) -> None:
    service = face.service

    @router.get(
        f"/{service.name}/trail",
        response_model=Trail,
        name=f"{service.name}-trail",
        summary=f"What the {service.name} log holds of this production, oldest first",
        responses={404: _REFUSALS[404]},
    )
    async def trail(
        production: Production,
        caller: CallerNow,
        after: Annotated[int, Query(ge=0, le=POSITION_MAX)] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_MAX,
    ) -> Response:
        today = (await face.handler.clock.now()).date()
        await face.team.member(production, caller.person, today)
        page = await face.handler.store.of_production(production, after, limit)
        facts = await face.vault.open_all([_fact(recorded) for recorded in page])
        entries = [
            fact
            | {
                "log": recorded.log,
                "production": recorded.production,
                "partition": recorded.partition,
                "previous": recorded.previous,
                "ordinal": recorded.ordinal,
                "schema_version": recorded.schema_version,
                "payload": recorded.payload,
                "recorded_at_us": recorded.recorded_at_us,
                "effective_at_us": recorded.effective_at_us,
                "command_id": recorded.command_id,
                "correlation": recorded.correlation,
                "causation": recorded.causation,
                "hops": recorded.hops,
                "hash": recorded.hash.hex(),
            }
            for fact, recorded in zip(facts, page, strict=True)
        ]
        following = page[-1].position if len(page) == limit else None
        return Response(
            orjson.dumps({"events": entries, "next": following}), media_type="application/json"
        )


class _Edge:
    """Bounds a body, and gives every request a correlation id that its events will carry."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-correlation-id", b"").decode("latin-1")
        correlation = given if 0 < len(given) <= 100 and given.isprintable() else str(uuid.uuid4())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation=correlation)

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-correlation-id", correlation.encode("latin-1")))
            await send(message)

        try:
            body: bytes | None = await _bounded_body(receive)
        except _BrokenOff:
            logger.info("broken_off", path=scope["path"])
            return
        except TooLarge as error:
            answer = problems.problem(413, "too-large", str(error))
            await answer(scope, receive, answered)
            return

        async def replay() -> Message:
            nonlocal body
            if body is None:
                return await receive()
            message, body = {"type": "http.request", "body": body, "more_body": False}, None
            return message

        await self._app(scope, replay, answered)


class _BrokenOff(Exception):
    """The caller went away before his body was whole."""


async def _bounded_body(receive: Receive) -> bytes:
    """The whole body: a part of a file may look like a whole one.

    Raises:
        TooLarge: it is larger than any command may be.
        _BrokenOff: the rest of it will not come.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _BrokenOff
        part = message.get("body", b"")
        size += len(part)
        if size > COMMAND_BYTES_MAX:
            raise TooLarge(f"a body may have {COMMAND_BYTES_MAX:,} bytes: split it")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
