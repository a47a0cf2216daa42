"""What every request passes first: a bound on its body, its correlation id, and no cache."""

import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.log.contract import COMMAND_BYTES_MAX, TooLarge
from runtime.web import problems

logger = structlog.get_logger()


class Edge:
    """Bounds a body, gives every request a correlation id that its events will carry, and lets no
    answer be stored."""

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
                # A cache would show what was erased since, or what is not for the next one's eyes.
                message["headers"].append((b"cache-control", b"no-store"))
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
