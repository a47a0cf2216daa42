"""Reel's own processes beside the bench: `python -m bench.serving PART…` runs what `reel serve`,
`reel relay` and `reel project` run, with settings from the environment, and announces its address.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvloop

from runtime.logs import configure
from runtime.process import Parts, Process
from runtime.settings import Settings

START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 25
READY_SECONDS_MAX = 180
ALL = "all"


@dataclass(frozen=True)
class Served:
    """A process that answers there."""

    url: str
    pid: int


@asynccontextmanager
async def served(settings: Settings, *parts: str) -> AsyncIterator[Served]:
    """Runs parts of Reel, as `serve:budget`, or all of them, for as long as the block takes."""
    environment = {
        "REEL_DATABASE_URL": settings.database_url or "",
        "REEL_KAFKA": settings.kafka or "",
        "REEL_HOME": str(settings.home),
        "REEL_TOPIC_PREFIX": settings.topic_prefix,
        "REEL_ANCHOR_MINUTES": "0",
        "REEL_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "bench.serving", *parts]
    async with child(command, environment) as process:
        yield process


@asynccontextmanager
async def child(
    command: Sequence[str], environment: dict[str, str] | None = None
) -> AsyncIterator[Served]:
    """A process that announces its address on its first line, ended behind the block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | (environment or {}),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS_MAX)
        if not line:
            raise RuntimeError(f"{' '.join(command)} ended before it answered")
        yield Served(line.decode().strip(), process.pid)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()


def _parts(names: Sequence[str]) -> Parts:
    if ALL in names:
        return Parts.all()
    chosen: dict[str, list[str]] = {"serve": [], "relay": [], "project": []}
    for name in names:
        what, _, room = name.partition(":")
        chosen[what].append(room)
    return Parts(**{what: tuple(rooms) for what, rooms in chosen.items()})


if __name__ == "__main__":
    settings = Settings()
    configure(settings)
    uvloop.run(Process(settings, _parts(sys.argv[1:])).run(lambda url: print(url, flush=True)))
