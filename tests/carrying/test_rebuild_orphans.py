"""A rebuild by several processes whose parent is killed midway: they end, readers are where they
were, and the same command goes on."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from runtime import rooms
from runtime.migrate import Schema, migrate
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.rebuild import Rebuild
from runtime.rebuilding.registry import live_version, point_to, register_first
from runtime.view import Rows
from tests.audit.replaying import VOCABULARY, Studio, film_of, made, studio
from tests.carrying.world import jobs_of, until
from tests.servers import drop_database, fresh_database

pytestmark = [pytest.mark.integration, pytest.mark.long]

ROOT = Path(__file__).parents[2]
NAME = "budget_status"
JOBS = 3
FILM = film_of(0)
"""The parent is one of them. All facts are of one film, and so in one partition: most have nothing
to do."""


@pytest.fixture
async def filmed(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Studio]:
    dsn = fresh_database(database_url)
    await asyncio.to_thread(made, dsn)
    found = await studio(dsn, tmp_path_factory.mktemp("orphans"))
    for log, events in VOCABULARY.items():
        await found.record(log, FILM, events)
    room = rooms.projections()[NAME]
    async with found.pool.acquire() as connection:
        await register_first(connection, room)
        await point_to(connection, NAME, room.schema)
    yield found
    await asyncio.wait_for(found.pool.close(), 10)
    await asyncio.to_thread(drop_database, dsn)


def rebuilding(of: Studio) -> "subprocess.Popen[str]":
    words = [of.settings.model_dump_json(), NAME, str(JOBS)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.carrying.orphaned", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def begun(of: Studio) -> str:
    """The schema of a version that was begun: its tables are there, and nothing in them."""
    room = rooms.projections()[NAME]
    async with (
        connected(of.settings, room.name, room.view) as (pool, stores),
        Rebuild.begun(of.settings, room, pool, stores) as work,
    ):
        schema = (await work._version()).schema
    url = str(of.settings.database_url)
    await asyncio.to_thread(migrate, [Schema(url, schema, "reader", room.tables_sql)])
    return schema


async def test_processes_whose_parent_was_killed_end_and_the_same_again_goes_on(
    filmed: Studio,
) -> None:
    room = rooms.projections()[NAME]
    schema = await begun(filmed)
    async with filmed.pool.acquire() as connection, connection.transaction():
        # Whoever fills waits here with the first page; whoever has nothing to fill waits for work.
        for table in room.view.tables:
            await connection.execute(f"LOCK TABLE {schema}.{table.TABLE} IN SHARE MODE")
        parent = rebuilding(filmed)
        family = psutil.Process(parent.pid)
        await until(lambda: len(jobs_of(family)) == JOBS - 1)
        await until(lambda: is_waiting(filmed))
        children = jobs_of(family)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        await until(lambda: not any(is_running(one) for one in children))
    async with filmed.pool.acquire() as connection:
        live = await live_version(connection, NAME)
    assert live is not None and live.schema == room.schema, "nothing was flipped"

    again = rebuilding(filmed)
    out, err = await asyncio.to_thread(again.communicate, None, 120)
    assert (again.returncode, out.strip()) == (0, schema), err
    rows = Rows()
    for log in room.view.logs:
        room.view.fold(await filmed.stores[log].of_production(FILM), rows)
    held = (
        await filmed.consumers[NAME]
        ._sink._tables.__class__(schema, room.view)
        .load(filmed.pool, [FILM])
    )
    assert held[FILM] == rows


async def is_waiting(of: Studio) -> bool:
    return bool(
        await of.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        )
    )


def is_running(one: psutil.Process) -> bool:
    try:
        return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
