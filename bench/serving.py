"""Reel's own processes beside the bench: `reel serve`, `reel project` and `reel up`, as people
start them, with settings from the environment."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from runtime.settings import Settings

START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 25
REEL = [sys.executable, "-c", "from runtime.cli import app; app()"]
_URL = re.compile(r"http://[0-9.]+:\d+")


@dataclass(frozen=True)
class Served:
    """A process that answers there."""

    url: str
    pid: int


@asynccontextmanager
async def served(settings: Settings, *command: str) -> AsyncIterator[Served]:
    """Runs that command of `reel` for as long as the block takes."""
    environment = {
        "REEL_DATABASE_URL": settings.database_url or "",
        "REEL_KAFKA": settings.kafka or "",
        "REEL_HOME": str(settings.home),
        "REEL_TOPIC_PREFIX": settings.topic_prefix,
        "REEL_ANCHOR_MINUTES": "0",
        "REEL_LOG_LEVEL": "error",
        "PYTHONUNBUFFERED": "1",
    }
    async with child([*REEL, *command], environment) as process:
        yield process


@asynccontextmanager
async def child(
    command: Sequence[str], environment: dict[str, str] | None = None
) -> AsyncIterator[Served]:
    """A process that says where it answers, ended behind the block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | (environment or {}),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = await asyncio.wait_for(_announced(process.stdout), START_SECONDS_MAX)
        yield Served(url, process.pid)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _announced(said: asyncio.StreamReader) -> str:
    while line := await said.readline():
        found = _URL.search(line.decode())
        if found is not None:
            return found[0]
    raise RuntimeError("a process that is measured ended before it answered")
