"""Readings over HTTP: which routes record them, and the query that tells auditors of them."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import orjson
import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from events.approval import Role
from events.names import Id, PersonId
from runtime.people.identity import Caller
from runtime.people.readings import TOLD, Look, Looking, Read, Readings, begin_looking
from runtime.reading.query import PAGE_ROWS_MAX
from runtime.web import problems
from runtime.web.callers import CallerNow, Production
from runtime.web.commands import REFUSALS, member_of, role_missing
from runtime.web.face import ServiceFace

REFUSED = (403, 404)
AUDITORS = frozenset({Role.AUDITOR})

logger = structlog.get_logger()


class RecordsReading:
    """What a route depends on that shows contracts or pay. No answer leaves before it is recorded
    who got it; a refusal (403, 404) is recorded too."""

    def __init__(self, what: str) -> None:
        self.what = what

    async def __call__(self, request: Request, caller: CallerNow) -> AsyncIterator[None]:
        looking = begin_looking()
        try:
            yield
        except Exception as error:
            status = problems.status_of(error)
            if status in REFUSED:
                await self._record_all(request, caller, looking, status)
            raise
        await self._record_all(request, caller, looking, TOLD)

    async def _record_all(
        self, request: Request, caller: Caller, looking: Looking, status: int
    ) -> None:
        """A look at each production; one that the caller was not let into is named by the path."""
        asked = request.path_params.get("production")
        refused = {} if asked is None else {str(asked): frozenset[Role]()}
        for production, roles in (looking.productions or refused).items():
            await self._record(request, caller, production, roles, status)

    async def _record(
        self,
        request: Request,
        caller: Caller,
        production: str,
        roles: frozenset[Role],
        status: int,
    ) -> None:
        places = [value for name, value in request.path_params.items() if name != "production"]
        look = Look(
            production=production,
            person=caller.person,
            roles=sorted(roles),
            what=self.what,
            subject="/".join(map(str, places)) or None,
            status=status,
            correlation=structlog.contextvars.get_contextvars().get("correlation", ""),
        )
        readings: Readings | None = getattr(request.app.state, "readings", None)
        try:
            if readings is None:
                raise LookupError("this process records no readings")
            await readings.record(look)
        except Exception as error:
            logger.error("reading_not_recorded", what=self.what, error=repr(error))
            raise problems.ReadingNotRecorded(
                "who reads this is recorded, and that cannot be done now: try again shortly"
            ) from error


def records_reading(what: str) -> Any:
    """Marks a route whose answer shows contracts or pay: `dependencies=[records_reading("…")]`."""
    return Depends(RecordsReading(what), scope="function")


class ReadingTold(BaseModel):
    """Who looked at what."""

    id: int
    at: datetime
    person: PersonId
    roles: list[Role] = Field(description="his roles at that time; none where he was not let in")
    what: str = Field(description="the query")
    subject: str | None = Field(description="which one, where there are several")
    status: int = Field(description="200 told; 403, 404 refused")
    correlation: str = Field(description="the request's `X-Correlation-Id`")


class ReadingsTold(BaseModel):
    """A page of a production's readings, the last one first."""

    production: Id
    rows: list[ReadingTold]
    next: int | None


def readings_routes(face: ServiceFace, readings: Readings) -> APIRouter:
    """The query for auditors; asking it is recorded as well."""
    router = APIRouter(prefix="/v1/productions/{production}", tags=["readings"])

    @router.get(
        "/readings",
        response_model=ReadingsTold,
        responses={status: REFUSALS[status] for status in REFUSED},
        dependencies=[records_reading("readings")],
        summary="Who looked at contracts and pay, when, and as what: for auditors",
    )
    async def told(
        production: Production,
        caller: CallerNow,
        person: Annotated[PersonId | None, Query(description="only this person's")] = None,
        since: Annotated[AwareDatetime | None, Query(description="only from then on")] = None,
        cursor: Annotated[
            int | None, Query(ge=1, le=2**63 - 1, description="`next` of the page before")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_MAX,
    ) -> Response:
        member = await member_of(face, production, caller)
        if not AUDITORS & member.roles:
            raise role_missing("what was read", AUDITORS, member)
        found = await readings.of(
            production, person=person, since=since, before=cursor, limit=limit + 1
        )
        page = found[:limit]
        body = {
            "production": production,
            "rows": [_row(one) for one in page],
            "next": page[-1].id if len(found) > limit else None,
        }
        return Response(orjson.dumps(body), media_type="application/json")

    return router


def _row(one: Read) -> dict[str, Any]:
    look = one.look
    return {
        "id": one.id,
        "at": one.at,
        "person": look.person,
        "roles": look.roles,
        "what": look.what,
        "subject": look.subject,
        "status": look.status,
        "correlation": look.correlation,
    }
