"""Ctrl-C, at whatever moment it comes: what was started is stopped, and nothing is left."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from runtime import instance
from runtime.embedded.home import Home
from runtime.embedded.servers import Endpoints
from runtime.migrate import UnknownSchema
from tests.cli.conftest import Shell, eventually
from tests.http.instance import settings_of


class SlowServers:
    """Servers whose start takes until it is let go, in a thread that nobody can interrupt."""

    def __init__(self, *_: object, **__: object) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()
        self.told: list[str] = []
        self.postgres = self.kafka = None

    def start(self) -> Endpoints:
        self.asked.set()
        self.go.wait(30)
        self.told.append("started")
        return Endpoints("postgresql://nowhere/reel", "nowhere:9092")

    def stop(self) -> None:
        self.told.append("stopped")


class SlowProcess:
    """Rooms that announce where they answer when they are let go."""

    error: Exception | None = None

    def __init__(self, *_: object) -> None:
        self.building = asyncio.Event()
        self.go = asyncio.Event()
        self.stopping = asyncio.Event()
        self.ended = False

    async def run(self, announce: Callable[[str], None]) -> None:
        self.building.set()
        if self.error is not None:
            raise self.error
        await self.go.wait()
        announce("http://127.0.0.1:1")
        await self.stopping.wait()
        self.ended = True

    def stop(self) -> None:
        self.stopping.set()


@pytest.fixture
async def machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[tuple[SlowServers, SlowProcess, Callable[[], Any]]]:
    servers, process = SlowServers(), SlowProcess()

    async def nothing_to_migrate(_: object) -> list[str]:
        return []

    monkeypatch.setattr(instance, "Servers", lambda *_, **__: servers)
    monkeypatch.setattr(instance, "Process", lambda *_: process)
    monkeypatch.setattr(instance, "migrate_all", nothing_to_migrate)
    settings = settings_of(tmp_path, "", "", "reel")

    async def live() -> None:
        async with instance.up(settings, lambda _: None) as up:
            await up.ended

    yield servers, process, live
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    home = Home(tmp_path)
    assert home.acquire(), "the home is still held"
    home.release()


@pytest.mark.unit
async def test_while_servers_start_it_waits_for_them_and_stops_them(machine: Any) -> None:
    servers, _, live = machine
    living = asyncio.create_task(live())
    await asyncio.to_thread(servers.asked.wait)
    living.cancel()
    await asyncio.sleep(0.05)
    assert servers.told == []
    servers.go.set()
    with pytest.raises(asyncio.CancelledError):
        await living
    assert servers.told == ["started", "stopped"]


@pytest.mark.unit
async def test_while_the_rooms_start_it_waits_for_them_and_stops_all(machine: Any) -> None:
    servers, process, live = machine
    servers.go.set()
    living = asyncio.create_task(live())
    await process.building.wait()
    living.cancel()
    await asyncio.sleep(0.05)
    process.go.set()
    with pytest.raises(asyncio.CancelledError):
        await living
    assert process.ended and servers.told == ["started", "stopped"]


@pytest.mark.unit
async def test_rooms_that_cannot_start_are_told_and_the_servers_stopped(machine: Any) -> None:
    servers, process, live = machine
    servers.go.set()
    process.error = UnknownSchema("a newer Reel made it; run that one")
    with pytest.raises(UnknownSchema):
        await live()
    assert servers.told == ["started", "stopped"]


@pytest.mark.unit
async def test_sigterm_ends_a_start_as_ctrl_c_does(machine: Any) -> None:
    servers, _, live = machine
    living = asyncio.create_task(live())
    await asyncio.to_thread(servers.asked.wait)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(0.05)
    servers.go.set()
    with suppress(asyncio.CancelledError):
        await living
    assert living.cancelled() and servers.told == ["started", "stopped"]


@pytest.mark.faults
@pytest.mark.parametrize(
    ("moment", "code"), [("Starting PostgreSQL", 130), ("Starting Kafka", 130), ("Reel is up", 0)]
)
def test_a_real_instance_leaves_nothing_running(shell: Shell, moment: str, code: int) -> None:
    up = shell.start("up")
    eventually(moment, lambda: moment in up.err() + up.out())
    up.process.send_signal(signal.SIGINT)
    assert up.wait() == code
    assert "Traceback" not in up.err()
    eventually("the end of all", lambda: not shell.left_running(), 10)
