"""One endpoint per command, and one per file that a service imports, derived from their rooms."""

import asyncio
import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import orjson
import structlog
from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel

from events.approval import Role
from runtime.decider import Command, kebab
from runtime.handling import Handled
from runtime.importing import Importer
from runtime.order import KEY_CHARACTERS_MAX, Order, command_id_of
from runtime.people.identity import Caller
from runtime.people.team import Member
from runtime.web import problems
from runtime.web.callers import CallerNow, Production
from runtime.web.face import ServiceFace
from runtime.web.facts import Accepted, fact

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_CHARACTERS_MAX,
        description="the same key with the same body is one command, however often it is sent",
    ),
]


REFUSALS: Mapping[int | str, dict[str, Any]] = {
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
"""What any command may be refused with, for OpenAPI."""


def add_command(router: APIRouter, face: ServiceFace, command: type[Command]) -> None:
    """The endpoint of one command: `POST …/budget/lock-budget`."""
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
        responses={200: {"model": Accepted, "description": "there was nothing to do"}, **REFUSALS},
        openapi_extra=(
            {"requestBody": {"content": {"application/json": {"example": dict(example)}}}}
            if example is not None
            else None
        ),
    )


def _takes(endpoint: Callable[..., Awaitable[Response]], *, body: type[BaseModel]) -> None:
    """Narrows the endpoint's body from any command to this one, for FastAPI to read."""
    endpoint.__annotations__["body"] = body


def add_import(router: APIRouter, face: ServiceFace, what: str, importer: Importer) -> None:
    """The endpoint of one kind of file: `POST …/import/budget`."""

    async def endpoint(
        production: Production, request: Request, caller: CallerNow, key: Key = None
    ) -> Response:
        await member_of(face, production, caller)
        try:
            text = (await request.body()).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise problems.MalformedBody(
                f"the file is not UTF-8 (byte {error.start}): save it as {importer.format}, UTF-8"
            ) from error
        command = await asyncio.to_thread(importer.read, text)
        return await _give(face, production, command, caller, key)

    router.add_api_route(
        f"/import/{what}",
        endpoint,
        methods=["POST"],
        status_code=201,
        response_model=Accepted,
        name=f"import-{what}",
        summary=f"Import {what} from a {importer.format} file: all of it or nothing",
        responses={200: {"model": Accepted, "description": "it was all there"}, **REFUSALS},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {importer.media_type: {"schema": {"type": "string"}}},
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
    member = await member_of(face, production, caller)
    if not command.MAY & member.roles:
        raise role_missing(kebab(type(command).__name__), command.MAY, member)
    return member


def role_missing(what: str, roles: frozenset[Role], member: Member) -> problems.Forbidden:
    """The refusal of what is for other roles than the member's."""
    return problems.Forbidden(
        f"{what} is for {', '.join(sorted(roles))}; "
        f"you are {', '.join(sorted(member.roles)) or 'none of them today'}"
    )


async def member_of(face: ServiceFace, production: str, caller: Caller) -> Member:
    """The caller on that production's team today; raises as `Team.member` does."""
    today = (await face.handler.clock.now()).date()
    return await face.team.member(production, caller.person, today)


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
        "events": await face.vault.open_all([fact(recorded) for recorded in handled.recorded]),
        "token": str(handled.token) if handled.recorded else None,
    }
    return Response(
        orjson.dumps(body),
        201 if handled.recorded else 200,
        media_type="application/json",
        headers=headers,
    )
