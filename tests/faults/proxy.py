"""A network of ours between Reel and a server: it passes bytes on, or does what networks do."""

import asyncio
import contextlib
from collections import Counter
from enum import Enum
from typing import Self

CHUNK_BYTES = 64 * 1024
LATENCY_SECONDS = 0.25
DRIP_SECONDS = 1.0


class Weather(Enum):
    """What becomes of connections, and of the bytes in them, both ways."""

    FAIR = "passes on"
    CUT = "cut"
    """Every connection is reset, and every new one at once."""
    HALF_OPEN = "half-open"
    """New connections are taken and never answered, old ones fall silent; those through which
    anything was said meanwhile stay silent for ever, as behind a router that forgot them."""
    SLOW = "slow"
    """Each chunk comes a quarter of a second late."""
    DRIPPING = "one byte a second"


class Proxy:
    """Listens on 127.0.0.1 and passes on to `to`, a port there; `counted` says what it did.

    `counted` has connections `refused` and `reset`, chunks `held` for ever and `delayed`, and
    bytes `dripped`.
    """

    def __init__(self, to: int, port: int = 0) -> None:
        self.port = port
        self.weather = Weather.FAIR
        self.counted: Counter[str] = Counter()
        self._to = to
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._taken, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in list(self._connections):
            connection.reset()
        await self._server.wait_closed()

    def turn(self, weather: Weather) -> None:
        """From now on; what is on its way in slow weather arrives."""
        self.weather = weather
        if weather is Weather.CUT:
            self.counted["reset"] += len(self._connections)
            for connection in list(self._connections):
                connection.reset()

    def forget(self) -> None:
        """Every connection that there is falls silent for ever; new ones are as the weather is."""
        for connection in self._connections:
            connection.fall_silent()

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather is Weather.CUT:
            self.counted["refused"] += 1
            writer.transport.abort()
            return
        connection = _Connection(self, reader, writer)
        self._connections.add(connection)
        try:
            await connection.carry(self._to)
        finally:
            self._connections.discard(connection)
            connection.reset()


class _Connection:
    """One connection and its other half, until either ends."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._near = (reader, writer)
        self._far: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._silent = proxy.weather is Weather.HALF_OPEN

    def fall_silent(self) -> None:
        self._silent = True

    def reset(self) -> None:
        for _, writer in filter(None, (self._near, self._far)):
            writer.transport.abort()

    async def carry(self, to: int) -> None:
        with contextlib.suppress(OSError):
            if not self._silent:
                self._far = await asyncio.open_connection("127.0.0.1", to)
            far = self._far or (None, None)
            ways = [
                asyncio.create_task(self._one_way(reader, writer))
                for reader, writer in ((self._near[0], far[1]), (far[0], self._near[1]))
                if reader is not None
            ]
            _, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in others:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _one_way(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await self._passed_on(chunk, writer)

    async def _passed_on(self, chunk: bytes, writer: asyncio.StreamWriter | None) -> None:
        counted = self._proxy.counted
        if self._proxy.weather is Weather.HALF_OPEN:
            self.fall_silent()
        if self._silent or writer is None:
            counted["held"] += 1
            return
        if self._proxy.weather is Weather.SLOW:
            counted["delayed"] += 1
            await asyncio.sleep(LATENCY_SECONDS)
        while chunk and self._proxy.weather is Weather.DRIPPING:
            writer.write(chunk[:1])
            chunk = chunk[1:]
            counted["dripped"] += 1
            await asyncio.sleep(DRIP_SECONDS)
        writer.write(chunk)
        await writer.drain()
