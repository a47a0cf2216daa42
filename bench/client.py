"""A lean HTTP/1.1 client: one request at a time on each connection, parsed by httptools.

Clients that people use take as long for a request as the servers that are measured here.
"""

import asyncio
import contextlib
import itertools
import time
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import orjson

ANSWER_SECONDS_MAX = 60
HEARD_SECONDS_MAX = 120
NOT_HEARD_YET = (403, 404, 503)


class Refused(Exception):
    """An answer that was not expected: its status and body."""


class Connection(asyncio.Protocol):
    """One connection that is kept."""

    def __init__(self) -> None:
        self._parser: Any = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def to(cls, url: str) -> "Connection":
        """A connection to that server."""
        at = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, at.hostname or "", at.port or 80)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the server closed the connection: {exc}"))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        answer, body = self._answer, b"".join(self._body)
        status = self._parser.get_status_code()
        self._body, self._answer = [], None
        self._parser = httptools.HttpResponseParser(self)
        if answer is not None and not answer.done():
            answer.set_result((status, body))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._transport is None:
            raise ConnectionError("the server has closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hangs up."""
        if self._transport is not None:
            self._transport.close()


def request_of(
    method: str, path: str, token: str | None = None, body: bytes = b"", key: str | None = None
) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if key is not None:
        lines.append(f"Idempotency-Key: {key}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Caller:
    """Someone with a token and as many connections as he asks at the same time."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._free: list[Connection] = []
        self._keys = itertools.count(1)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer.

        Raises:
            Refused: it was none of success.
        """
        content = b"" if body is None else orjson.dumps(body)
        key = f"caller-{id(self)}-{next(self._keys)}" if method == "POST" else None
        request = request_of(method, path, self._token, content, key)
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            status, answer = await self._ask(request)
        if status >= 300:
            raise Refused(status, answer.decode())
        return orjson.loads(answer)

    async def _ask(self, request: bytes) -> tuple[int, bytes]:
        """On a connection that is kept, or on a new one: a server closes those that were idle, and
        a key makes it one command however often it is sent."""
        while self._free:
            connection = self._free.pop()
            with contextlib.suppress(ConnectionError):
                answer = await connection.ask(request)
                self._free.append(connection)
                return answer
        connection = await Connection.to(self._url)
        answer = await connection.ask(request)
        self._free.append(connection)
        return answer

    async def insist(self, method: str, path: str, body: Any = None) -> Any:
        """The same, asked again while a room has not heard of the production or its team yet."""
        deadline = time.monotonic() + HEARD_SECONDS_MAX
        while True:
            try:
                return await self.ask(method, path, body)
            except Refused as refused:
                if refused.args[0] not in NOT_HEARD_YET or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)

    def close(self) -> None:
        """Hangs up everywhere."""
        for connection in self._free:
            connection.close()
