"""The loss check can fail: what is missing, doubled, late or broken voids the figure beside it."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from bench.ground import LOG, log_of
from bench.load import Load
from bench.prefill import prefill, production, productions_in, stream_of, version_of
from bench.recount import Acknowledged, recount
from bench.watch import Seen, Tail, watched
from runtime.log.committer import Committer
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from tests.servers import drop_database, fresh_database

EVENTS = 20_500
"""A little more than two facts for each of the productions."""


class Pages:
    """Answers a reader with rows that are made up."""

    def __init__(self, *rows: tuple[int, str, int, int, int, bytes]) -> None:
        self._rows = list(rows)

    async def fetch(self, sql: str, after: int, limit: int) -> list[object]:
        rows, self._rows = self._rows, []
        return list(rows)


async def tailed(*rows: tuple[int, str, int, int, int, bytes]) -> Seen:
    tail = Tail(LOG, Seen(after=0))
    await tail.page(Pages(*rows))
    return tail.end()


@pytest.mark.unit
async def test_a_reader_takes_what_is_whole() -> None:
    seen = await tailed((1, "a", 1, 0, 0, b"x"), (2, "a", 2, 0, 1, b"y"))
    assert (seen.events, seen.holes, seen.reordered, seen.faults) == (2, 0, 0, [])


@pytest.mark.unit
async def test_a_reader_tells_of_a_position_that_never_came() -> None:
    seen = await tailed((1, "a", 1, 0, 0, b"x"), (3, "b", 1, 1, 0, b"y"))
    assert seen.holes == 1
    assert seen.faults == ["position 3 came behind 1"]


@pytest.mark.unit
async def test_a_reader_tells_of_a_version_out_of_its_order() -> None:
    seen = await tailed((1, "a", 1, 0, 0, b"x"), (2, "a", 3, 0, 1, b"y"))
    assert seen.reordered == 1
    assert seen.faults == ["version 3 of a came out of its order"]


@pytest.mark.unit
async def test_a_reader_tells_of_a_fact_that_does_not_follow_in_its_partition() -> None:
    seen = await tailed((1, "a", 1, 5, 0, b"x"), (2, "b", 1, 5, 0, b"y"))
    assert seen.reordered == 1


@pytest.fixture(scope="module")
def filled(database_url: str) -> object:
    """A log that COPY has filled."""
    url = fresh_database(database_url)
    migrate([Schema(url, LOG, "log")])
    prefill(url, LOG, EVENTS)
    yield url
    drop_database(url)


@pytest.fixture
async def store(filled: str) -> AsyncIterator[PostgresStore]:
    async with log_of(filled) as (found, _):
        yield found


async def seen_from(url: str, after: int) -> Seen:
    """What a reader sees that comes afterwards."""
    tail = Tail(LOG, Seen(after))
    connection = await asyncpg.connect(url)
    try:
        while await tail.page(connection):
            continue
    finally:
        await connection.close()
    return tail.end()


async def all_of(url: str) -> Acknowledged:
    connection = await asyncpg.connect(url)
    acknowledged = Acknowledged()
    try:
        acknowledged.add(
            str(row[0]) for row in await connection.fetch(f"SELECT id FROM {LOG}.event")
        )
    finally:
        await connection.close()
    return acknowledged


@pytest.mark.integration
async def test_a_filled_log_holds_and_the_append_goes_on_behind_it(
    filled: str, store: PostgresStore
) -> None:
    whole = await recount(filled, store, await all_of(filled), await seen_from(filled, 0))
    assert whole.faults == []
    assert whole.counted["tailed"] == EVENTS
    numbers = range(0, productions_in(EVENTS), 50)
    load = Load([(stream_of(n), production(n), version_of(n, EVENTS)) for n in numbers])
    async with watched(filled, LOG) as seen, Committer(store) as committer:
        await load.append(committer, 0.5)
    found = await recount(filled, store, load.acknowledged, seen)
    assert found.faults == []
    assert found.counted["acknowledged"] == found.counted["tailed"] == load.acknowledged.events > 0


@pytest.mark.integration
async def test_what_was_acknowledged_and_is_not_there_voids_the_figure(
    filled: str, store: PostgresStore
) -> None:
    load = Load()
    async with watched(filled, LOG) as seen, Committer(store) as committer:
        await load.append(committer, 0.2)
    load.acknowledged.add([str(uuid.uuid4())])
    found = await recount(filled, store, load.acknowledged, seen)
    assert any("were acknowledged" in fault for fault in found.faults)
    assert "what the log holds is not what it acknowledged" in found.faults


@pytest.mark.integration
async def test_what_the_reader_missed_voids_the_figure(filled: str, store: PostgresStore) -> None:
    load = Load()
    async with watched(filled, LOG) as seen, Committer(store) as committer:
        await load.append(committer, 0.2)
    seen.events -= 1
    found = await recount(filled, store, load.acknowledged, seen)
    assert any("the reader beside the writers saw" in fault for fault in found.faults)
    assert found.counted["missed"] == 1


@pytest.mark.integration
async def test_a_chain_that_does_not_hold_voids_the_figure(
    filled: str, store: PostgresStore
) -> None:
    load = Load()
    async with watched(filled, LOG) as seen, Committer(store) as committer:
        await load.append(committer, 0.2)
    owner = await asyncpg.connect(filled)
    try:
        async with asyncio.timeout(30), owner.transaction():
            await owner.execute("SET LOCAL session_replication_role = replica")
            await owner.execute(
                f"UPDATE {LOG}.event SET actor = 'somebody else' WHERE position = $1",
                seen.after + 1,
            )
    finally:
        await owner.close()
    found = await recount(filled, store, load.acknowledged, seen)
    assert found.faults == [f"the chain breaks at position {seen.after + 1}"]
