"""The network of the faults does what it says, and counts it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.proxy import Proxy, Weather

pytestmark = pytest.mark.unit


@asynccontextmanager
async def echo() -> AsyncIterator[Proxy]:
    """A proxy before a server that says what it hears."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(1024):
            writer.write(said)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        async with Proxy(server.sockets[0].getsockname()[1]) as proxy:
            yield proxy


class Caller:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def hears(self, words: bytes, seconds: float = 5.0) -> bytes:
        """What comes back within so long; b"" is the end of the connection."""
        self.writer.write(words)
        try:
            return await asyncio.wait_for(self.reader.read(len(words)), seconds)
        except ConnectionError:
            return b""


async def called(proxy: Proxy) -> Caller:
    return Caller(*await asyncio.open_connection("127.0.0.1", proxy.port))


async def test_in_fair_weather_all_is_passed_on() -> None:
    async with echo() as proxy:
        assert await (await called(proxy)).hears(b"hello") == b"hello"
        assert not proxy.counted


async def test_a_cut_resets_what_is_there_and_refuses_what_comes() -> None:
    async with echo() as proxy:
        old = await called(proxy)
        assert await old.hears(b"hello") == b"hello"
        proxy.turn(Weather.CUT)
        assert await old.hears(b"hello") == b""
        assert await (await called(proxy)).hears(b"hello") == b""
        assert proxy.counted == {"reset": 1, "refused": 1}
        proxy.turn(Weather.FAIR)
        assert await (await called(proxy)).hears(b"hello") == b"hello"


async def test_half_open_is_silence_for_ever_but_for_those_who_were_quiet() -> None:
    async with echo() as proxy:
        old, quiet = await called(proxy), await called(proxy)
        for one in (old, quiet):
            assert await one.hears(b"hello") == b"hello"
        proxy.turn(Weather.HALF_OPEN)
        new = await called(proxy)
        for one in (old, new):
            with pytest.raises(TimeoutError):
                await one.hears(b"are you there", 0.2)
        assert proxy.counted["held"] == 2
        proxy.turn(Weather.FAIR)
        for one in (old, new):
            with pytest.raises(TimeoutError):
                await one.hears(b"and now", 0.2)
        assert await quiet.hears(b"hello") == b"hello"


async def test_slow_and_dripping_bytes_arrive_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.proxy.DRIP_SECONDS", 0.01)
    monkeypatch.setattr("tests.faults.proxy.LATENCY_SECONDS", 0.01)
    async with echo() as proxy:
        caller = await called(proxy)
        proxy.turn(Weather.SLOW)
        assert await caller.hears(b"hello") == b"hello"
        assert proxy.counted["delayed"] == 2
        proxy.turn(Weather.DRIPPING)
        assert await caller.hears(b"h") == b"h"
        assert proxy.counted["dripped"] == 2
        caller.writer.write(b"ello")
        proxy.turn(Weather.FAIR)
        assert await caller.reader.readexactly(4) == b"ello"
