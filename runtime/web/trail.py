"""The trail: what a log holds of a production, with all that its hashes cover."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response

from runtime.reading.query import PAGE_ROWS_MAX
from runtime.web.callers import CallerNow, Production
from runtime.web.commands import REFUSALS, member_of, role_missing
from runtime.web.face import ServiceFace
from runtime.web.facts import Trail, fact
from runtime.web.readings import records_reading

POSITION_MAX = 2**63 - 1
"""The last position that a log could count to."""


def add_trail(router: APIRouter, face: ServiceFace) -> None:
    """The endpoint that reads one service's log, production by production."""
    service = face.service
    refusals = (404,) if service.trail_for is None else (403, 404)
    marks = [] if service.trail_for is None else [records_reading(f"{service.name} trail")]

    @router.get(
        f"/{service.name}/trail",
        response_model=Trail,
        name=f"{service.name}-trail",
        summary=f"What the {service.name} log holds of this production, oldest first",
        responses={status: REFUSALS[status] for status in refusals},
        dependencies=marks,
    )
    async def trail(
        production: Production,
        caller: CallerNow,
        after: Annotated[int, Query(ge=0, le=POSITION_MAX)] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_MAX,
    ) -> Response:
        member = await member_of(face, production, caller)
        if service.trail_for is not None and not service.trail_for & member.roles:
            raise role_missing(f"the trail of {service.name}", service.trail_for, member)
        found = await face.handler.store.of_production(production, after, limit + 1)
        page = found[:limit]
        names = await face.names.of(production)
        facts = await face.vault.open_all(
            [fact(one) | {"actor_name": names.get(one.actor)} for one in page]
        )
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
        following = page[-1].position if len(found) > limit else None
        return Response(
            orjson.dumps({"events": entries, "next": following}), media_type="application/json"
        )
