"""The HTTP face of the rooms in this process."""

from collections.abc import Callable, Mapping, Sequence

import orjson
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from runtime.people.identity import Verifier
from runtime.people.readings import Readings
from runtime.settings import REQUESTS_MAX
from runtime.web import links, problems
from runtime.web.callers import caller
from runtime.web.commands import add_command, add_import
from runtime.web.edge import Edge
from runtime.web.face import ServiceFace
from runtime.web.readings import readings_routes
from runtime.web.trail import add_trail


def application(
    *,
    title: str,
    verifier: Verifier,
    services: Sequence[ServiceFace],
    queries: Sequence[APIRouter],
    unready: Callable[[], Sequence[str]],
    documented: bool,
    parked: Callable[[], Mapping[str, int]] = dict,
    requests_max: int = REQUESTS_MAX,
    readings: Readings | None = None,
) -> FastAPI:
    """The application of one process. Nothing but health is open. `parked` counts by consumer the
    productions that stand still. Without `readings`, what is told to nobody unrecorded is told to
    nobody."""
    app = FastAPI(
        title=title,
        version="1",
        description="The event-sourced back office of a film production.",
        docs_url="/docs" if documented else None,
        redoc_url=None,
        openapi_url="/openapi.json" if documented else None,
        responses={
            400: {"model": problems.Problem, "description": "no JSON, or no token of an answer"},
            401: {"model": problems.Problem, "description": "no valid token"},
            408: {"model": problems.Problem, "description": "the body took too long to come"},
            422: {"model": problems.Problem, "description": "not of the form it should have"},
            431: {"model": problems.Problem, "description": "more headers than are taken"},
            503: {"model": problems.Problem, "description": "not now; see Retry-After"},
        },
    )
    app.state.verifier = verifier
    app.state.readings = readings
    problems.install(app)
    app.include_router(_health(unready, parked))
    for face in services:
        app.include_router(_service_routes(face), dependencies=[Depends(caller)])
    audits = [readings_routes(face, readings) for face in services[:1] if readings is not None]
    for router in (*queries, *audits):
        app.include_router(router, dependencies=[Depends(caller)])
    links.install(app)
    app.add_middleware(Edge, requests_max=requests_max)
    return app


def _health(
    unready: Callable[[], Sequence[str]], parked: Callable[[], Mapping[str, int]]
) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/livez", summary="Whether the process runs")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @router.get(
        "/readyz",
        summary="Whether it should get work",
        description="`parked` counts the productions that stand still, by consumer: they make "
        "nothing unready, and `reel parked list` names them.",
        responses={503: {}},
    )
    async def readyz() -> Response:
        reasons = list(unready())
        status = "unready" if reasons else "ready"
        return Response(
            orjson.dumps({"status": status, "reasons": reasons, "parked": dict(parked())}),
            503 if reasons else 200,
            media_type="application/json",
        )

    @router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _service_routes(face: ServiceFace) -> APIRouter:
    service = face.service
    router = APIRouter(prefix="/v1/productions/{production}", tags=[service.name])
    for command in service.commands:
        if command.MAY or command.OPENS:
            add_command(router, face, command)
    for what, importer in service.imports.items():
        add_import(router, face, what, importer)
    add_trail(router, face)
    return router
