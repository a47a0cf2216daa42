"""A server's disk is full. PostgreSQL's: commands are refused for the time, and go on when there is
room. Kafka's: the broker ends, and commands and read models go on without it.

Its data lie on a tmpfs of some 200 MB that a file fills to the last byte. Only root may mount one.
"""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.postgres import EmbeddedPostgres
from tests.faults.run import FULL, thorough, under_load
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
            fault.hits = int(await _filled(ballast, lambda: _says_so(world, server)))
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


@thorough
async def test_the_disk_of_kafka_is_full(
    small_disk: Path, tmp_path_factory: pytest.TempPathFactory, durable_dsn: str
) -> None:
    home = tmp_path_factory.mktemp("kafka")
    (small_disk / "data").mkdir()
    # What the broker says does not lie on the disk that is full.
    (home / "data").symlink_to(small_disk / "data")
    server = EmbeddedKafka(home)
    kafka = await asyncio.to_thread(server.start)
    world = World(fresh_database(durable_dsn), kafka, postgres_server=None, kafka_server=server)
    world.broken = True
    try:
        await world.begin()
        async with under_load(world, "Kafka's disk full", topic=True) as run:
            fault = run.fault("disk of Kafka full")
            ballast = small_disk / "ballast"
            fault.hits = int(await _filled(ballast, lambda: not server.running()))
            fault.evidence = "a tmpfs, 0 bytes left"
            await run.load.until(20)
            await asyncio.sleep(FULL_SECONDS)
            ballast.unlink()
            await asyncio.to_thread(server.start)
            run.recovers(fault, time.monotonic())
            await run.recovered()
    finally:
        world.end()
        await asyncio.to_thread(server.stop)


async def _filled(ballast: Path, is_noticed: Callable[[], bool]) -> bool:
    """Whether the server has noticed that its disk is full.

    Who writes little at a time finds room in the last page for long: it is kept full.
    """
    until = time.monotonic() + 60
    while not is_noticed() and time.monotonic() < until:
        await asyncio.to_thread(_fill, ballast)
        await asyncio.sleep(0.5)
    return is_noticed()


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
