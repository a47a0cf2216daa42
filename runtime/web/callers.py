"""What endpoints take from every caller: who he is, and which production he means."""

from typing import Annotated

import structlog
from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from events.names import Id
from runtime.people.identity import Caller, NotAuthenticated, Verifier

Production = Annotated[
    Id,
    Path(
        description="the production's id, a UUID", examples=["5f0c7e7a-2b63-4d35-8a1e-3f1f6d2f9b10"]
    ),
]

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
