"""Every error as RFC 9457 problem+json: one table from exceptions to status, code and cure."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from events.event import UndecodableEvent, UnknownEvent
from runtime.handling import KeyReused
from runtime.importing import BadFile
from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.contract import Overloaded, TooLarge, Unavailable
from runtime.people.identity import NotAuthenticated
from runtime.people.jwks import JwksUnavailable
from runtime.people.sealing import TextLooksSealed
from runtime.people.team import NoSuchProduction, ProductionUnheardOf
from runtime.reading.moment import BadMoment
from runtime.reading.parking import ProductionIsParked
from runtime.rebuilding.pointer import Building, OtherVersion
from runtime.web.token import BadToken

logger = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"


class Problem(BaseModel):
    """What went wrong, by a code that never changes, and what to do about it."""

    type: str = "about:blank"
    title: str = Field(examples=["Budget is locked"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["budget-is-locked"])
    detail: str = Field(examples=["version 1 is locked: reopen the budget to draft version 2"])
    problems: list[dict[str, Any]] = Field(default_factory=list)


class Forbidden(Exception):
    """A member without the role that this needs."""


class NotThere(Exception):
    """A page, a row or a command that does not exist."""


class Gone(Exception):
    """What was asked about belongs to a log that was restored since."""


class NotYet(Exception):
    """The answer is not here yet; it may be in a moment."""


class Stopped(Exception):
    """The read model stands still for this production until somebody has looked at the reason."""


class ReadingNotRecorded(Exception):
    """What was asked for is told to nobody of whom it cannot be recorded that he read it."""


class MalformedBody(Exception):
    """The body is no JSON, or no text where a file was expected."""


_TABLE: dict[type[Exception], tuple[int, str]] = {
    MalformedBody: (400, "malformed-body"),
    BadToken: (400, "bad-token"),
    BadMoment: (400, "bad-moment"),
    NotAuthenticated: (401, "not-authenticated"),
    Forbidden: (403, "role-missing"),
    NoSuchProduction: (404, "no-such-production"),
    NotThere: (404, "not-there"),
    Gone: (410, "restored-since"),
    TooLarge: (413, "too-large"),
    KeyReused: (422, "idempotency-key-reused"),
    TextLooksSealed: (422, "text-looks-sealed"),
    JwksUnavailable: (503, "identity-provider-away"),
    ProductionUnheardOf: (503, "production-unheard-of"),
    NotYet: (503, "not-yet"),
    Building: (503, "building"),
    OtherVersion: (503, "other-version"),
    Stopped: (503, "stopped"),
    ProductionIsParked: (503, "parked"),
    UndecodableEvent: (503, "fact-unreadable"),
    UnknownEvent: (503, "newer-writer"),
    ReadingNotRecorded: (503, "reading-not-recorded"),
    Overloaded: (503, "overloaded"),
    Unavailable: (503, "log-unavailable"),
    **dict.fromkeys(OUTCOME_UNKNOWN, (503, "database-away")),
}

_HTTP_CODES = {400: "malformed-body", 404: "not-there", 405: "method-not-allowed", 413: "too-large"}


def status_of(error: Exception) -> int:
    """The status that this error is answered with; 500 where nobody foresaw it."""
    return next((_TABLE[kind][0] for kind in type(error).__mro__ if kind in _TABLE), 500)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    problems: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem+json answer."""
    body = Problem(
        title=code.replace("-", " ").capitalize(),
        status=status,
        code=code,
        detail=detail,
        problems=[dict(one) for one in problems],
    )
    extra = dict(headers or {})
    if status == 503:
        extra.setdefault("Retry-After", "1")
    if status == 401:
        extra.setdefault("WWW-Authenticate", 'Bearer realm="reel"')
    return Response(
        orjson.dumps(body.model_dump(), default=str),
        status,
        media_type=PROBLEM_JSON,
        headers=extra,
    )


def install(app: FastAPI) -> None:
    """Makes every error of `app` a problem with a stable code, in its description too."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            _as_problem_json(describe())
        return describe()

    app.openapi = described  # type: ignore[method-assign]
    for kind, (status, code) in _TABLE.items():
        app.add_exception_handler(kind, _handler(status, code))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BadFile, _bad_file)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def _as_problem_json(document: dict[str, Any]) -> None:
    """FastAPI describes every model as application/json; problems are application/problem+json."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if int(status) >= 400 and "application/json" in content:
                    content[PROBLEM_JSON] = content.pop("application/json")


def _handler(status: int, code: str) -> Any:
    async def answer(request: Request, error: Exception) -> Response:
        if status == 403:
            logger.warning("access_refused", path=request.url.path, reason=str(error))
        detail = str(error) or type(error).__name__
        if code == "database-away":
            logger.warning("database_away", error=repr(error))
            detail = "the database does not answer; try again shortly"
        if code == "fact-unreadable":
            # What the reason quotes is for whoever may read the log.
            logger.error("fact_unreadable", path=request.url.path, error=str(error))
            detail = (
                "a stored fact does not have the form of its type: `reel audit replay` and the log "
                "of this process name it"
            )
        return problem(status, code, detail, headers=getattr(error, "HEADERS", {}))

    return answer


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    if isinstance(error.body, bytes):
        return problem(400, "malformed-body", "send JSON, with Content-Type: application/json")
    if any(one["type"] == "json_invalid" for one in errors):
        return problem(400, "malformed-body", "the body is no JSON: " + errors[0]["msg"])
    return problem(
        422,
        "invalid",
        "the request does not have the form that this command takes",
        problems=[
            {"where": ".".join(str(step) for step in one["loc"]), "problem": one["msg"]}
            for one in errors[:200]
        ],
    )


async def _bad_file(_: Request, error: Exception) -> Response:
    assert isinstance(error, BadFile)
    return problem(
        422,
        "bad-file",
        f"the file has {len(error.problems)} problems; nothing of it was recorded",
        problems=[vars(one) for one in error.problems],
    )


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "refused")
    detail = str(error.detail)
    if error.status_code == 400:
        detail = "the body is no JSON that can be read: send JSON in UTF-8"
    return problem(error.status_code, code, detail, headers=error.headers)


async def _unforeseen(request: Request, error: Exception) -> Response:
    logger.exception("unforeseen", path=request.url.path, exc_info=error)
    return problem(
        500, "unforeseen", "an error that nobody foresaw; it is in the log under this request's id"
    )
