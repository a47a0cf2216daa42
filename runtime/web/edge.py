"""What every request passes first: bounds on how many there are, on its head and its body; its
correlation id, and no cache."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime import metrics
from runtime.log.contract import COMMAND_BYTES_MAX
from runtime.web import problems
from runtime.web.head import HEAD_BYTES_MAX, HEAD_TOO_LARGE

BODY_SECONDS_MAX = 30.0
BODIES_BYTES_MAX = 16 * COMMAND_BYTES_MAX
"""What the bodies of all requests that are under way may weigh together."""

_STOPPING = (503, "stopping", "this process stops: send it again, and another one answers")
_ALWAYS_ANSWERED = frozenset({"/livez", "/readyz", "/metrics"})

logger = structlog.get_logger()


class Edge:
    """Turns away what would be too much, gives every request a correlation id that its events will
    carry, and lets no answer be stored."""

    def __init__(self, app: ASGIApp, requests_max: int) -> None:
        self._app = app
        self._requests_max = requests_max
        self._under_way = 0
        self._bodies_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-correlation-id", b"").decode("latin-1")
        correlation = given if 0 < len(given) <= 100 and given.isprintable() else str(uuid.uuid4())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation=correlation)

        is_answered = False

        async def answered(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-correlation-id", correlation.encode("latin-1")))
                # A cache would show what was erased since, or what is not for the next one's eyes.
                message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        try:
            with self._admitted(scope):
                await self._answer(scope, receive, answered)
        except _BrokenOff:
            logger.info("broken_off", path=scope["path"])
        except asyncio.CancelledError:
            # The process stops, and has waited for this one for as long as it does.
            logger.warning("cut_off", path=scope["path"])
            if not is_answered:
                await problems.problem(*_STOPPING)(scope, receive, answered)
        except _TurnedAway as away:
            metrics.TURNED_AWAY.labels(away.code).inc()
            answer = problems.problem(away.status, away.code, str(away))
            await answer(scope, receive, answered)

    @contextmanager
    def _admitted(self, scope: Scope) -> Iterator[None]:
        """One of the requests that are under way, for as long as it is."""
        if self._under_way >= self._requests_max and scope["path"] not in _ALWAYS_ANSWERED:
            raise _TurnedAway(
                503,
                "overloaded",
                f"{self._under_way:,} requests are under way here: come back in a moment",
            )
        self._under_way += 1
        metrics.UNDER_WAY.set(self._under_way)
        try:
            yield
        finally:
            self._under_way -= 1
            metrics.UNDER_WAY.set(self._under_way)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD_BYTES_MAX:
            raise _TurnedAway(*HEAD_TOO_LARGE)
        body: bytes | None = await self._bounded_body(receive)
        size = len(body or b"")

        async def replay() -> Message:
            nonlocal body
            if body is None:
                return await receive()
            message, body = {"type": "http.request", "body": body, "more_body": False}, None
            return message

        try:
            await self._app(scope, replay, send)
        finally:
            self._bodies_bytes -= size

    async def _bounded_body(self, receive: Receive) -> bytes:
        """The whole body: a part of a file may look like a whole one."""
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _BrokenOff
                    part = message.get("body", b"")
                    self._take(size, len(part))
                    size += len(part)
                    parts.append(part)
                    if not message.get("more_body"):
                        return b"".join(parts)
        except BaseException as error:
            self._bodies_bytes -= size
            if isinstance(error, TimeoutError):
                raise _TurnedAway(
                    408,
                    "body-too-slow",
                    f"the body was not there within {BODY_SECONDS_MAX:.0f} s: send it again, "
                    "or in smaller parts",
                ) from error
            raise

    def _take(self, size: int, more: int) -> None:
        """Another part of a body that has `size` bytes so far."""
        if size + more > COMMAND_BYTES_MAX:
            raise _TurnedAway(
                413, "too-large", f"a body may have {COMMAND_BYTES_MAX:,} bytes: split it"
            )
        if self._bodies_bytes + more > BODIES_BYTES_MAX:
            raise _TurnedAway(
                503,
                "overloaded",
                f"{self._bodies_bytes:,} bytes of bodies are under way here: come back in a moment",
            )
        self._bodies_bytes += more


class _BrokenOff(Exception):
    """The caller went away before his body was whole: the rest of it will not come."""


class _TurnedAway(Exception):
    """A request that is not looked at any further, and what it is answered."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
