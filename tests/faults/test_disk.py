"""PostgreSQL's disk is full: commands are refused for the time, and go on when there is room.

Its data lie on a tmpfs of some 200 MB that a file fills to the last byte. Only root may mount one.
"""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runtime.embedded.postgres import EmbeddedPostgres
from tests.faults.run import FULL, under_load
from tests.faults.world import World
from tests.servers import fresh_database

pytestmark = [pytest.mark.faults, pytest.mark.integration]

DISK_MEBIBYTES = 200
FULL_SECONDS = 60.0 if FULL else 4.0
WAL = {"min_wal_size": "32MB", "max_wal_size": "64MB"}


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    disk = tmp_path_factory.mktemp("disk")
    for folder in (disk, *disk.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEBIBYTES}m,mode=755", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk here: mounting a tmpfs takes root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


async def test_the_disk_of_postgresql_is_full(small_disk: Path, kafka: str) -> None:
    server = EmbeddedPostgres(small_disk / "postgres", settings=WAL)
    dsn = await asyncio.to_thread(server.start)
    world = World(fresh_database(dsn), kafka, postgres_server=server, kafka_server=None)
    world.broken = True
    try:
        await world.begin()
        async with under_load(world, "disk full") as run:
            fault = run.fault("disk of PostgreSQL full")
            ballast = small_disk / "ballast"
            # Who writes little at a time finds room in the last page for long: it is kept full.
            until = time.monotonic() + 60
            while not _says_so(world, server) and time.monotonic() < until:
                await asyncio.to_thread(_fill, ballast)
                await asyncio.sleep(0.5)
            fault.hits = int(_says_so(world, server))
            fault.evidence = "a tmpfs, 0 bytes left"
            await asyncio.sleep(FULL_SECONDS)
            ballast.unlink()
            since = time.monotonic()
            if not server.running():
                await asyncio.to_thread(server.start)
            run.recovers(fault, since)
            await run.recovered()
    finally:
        # The server goes with its disk, which may be full again by now.
        with contextlib.suppress(psycopg.OperationalError):
            world.end()
        await asyncio.to_thread(server.stop)


def _fill(ballast: Path) -> None:
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


def _says_so(world: World, server: EmbeddedPostgres) -> bool:
    """Whether PostgreSQL refused a command for want of room, or ended for it."""
    told = any(part.said("DiskFullError") for part in world.running("serve"))
    return told or not server.running()
