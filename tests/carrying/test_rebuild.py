"""A new version of a read model beside the live one: filled under load, compared, turned to, turned
back from, taken down. The ledger writes down every position, so that none is folded twice, out of
its order or not at all."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from prometheus_client import generate_latest

from runtime.clock import DatabaseClock
from runtime.jobs import JobKilled
from runtime.migrate import Schema, migrate
from runtime.people.vault import MemoryVault
from runtime.reading.query import Reader
from runtime.rebuilding import comparing, filling, jobs, lane
from runtime.rebuilding.comparing import Comparer
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.feeding import Feeder
from runtime.rebuilding.flipping import IsLive, NotCaughtUp, flip, retire
from runtime.rebuilding.pointer import Building, OtherVersion
from runtime.rebuilding.progress import Progress, parked_in
from runtime.rebuilding.rebuild import AnotherRebuild, Rebuild
from runtime.rebuilding.registry import (
    State,
    Version,
    live_version,
    register_first,
    version_of,
    versions_of,
)
from tests.carrying.world import (
    LEDGER,
    LEDGER_ROOM,
    NO_TEXT,
    POISON,
    TOO_WIDE,
    Ledger,
    Trail,
    World,
    cost,
    jobs_of,
    production_in,
    running,
    until,
)

pytestmark = [pytest.mark.integration, pytest.mark.long]

ROOT = Path(__file__).parents[2]
SECOND = f"{LEDGER}_r2"
LIGHTHOUSE = production_in(3)
FILMS = [production_in(partition) for partition in range(12)]
NEWER = Ledger("ledger", 2, LEDGER_ROOM.view, routes=LEDGER_ROOM.routes)
"""The same read model, as a later build has it."""


@asynccontextmanager
async def begun(world: World) -> AsyncIterator[Rebuild]:
    async with (
        connected(world.settings, LEDGER_ROOM.name, LEDGER_ROOM.view) as (pool, stores),
        Rebuild.begun(world.settings, LEDGER_ROOM, pool, stores) as work,
    ):
        yield work


def reader(world: World, room: Ledger = LEDGER_ROOM) -> Reader:
    return Reader(
        room, world.pool, world.stores, DatabaseClock(world.stores["budget"]), MemoryVault()
    )


def feeder(world: World, room: Ledger = LEDGER_ROOM) -> Feeder:
    return Feeder(world.settings, room, world.pool, world.stores)


@asynccontextmanager
async def fed(one: Feeder) -> AsyncIterator[Feeder]:
    """A projector process, as far as it feeds versions."""
    await one.start()
    async with running(one.run()):
        try:
            yield one
        finally:
            await one.stop()


async def record(world: World, times: int = 1) -> None:
    for _ in range(times):
        for film in FILMS:
            await world.budget.record(film, cost(1), cost(2))


async def feed_here(world: World) -> None:
    """Lets the live version hear of everything, without Kafka."""
    ledger = await world.ledger("approval", "budget")
    for log in ("approval", "budget"):
        await ledger.check_tail(log, behind_seconds_max=0)


async def trail_of(world: World, schema: str) -> dict[str, str]:
    rows = await world.pool.fetch(f"SELECT production::text, positions FROM {schema}.trail")
    return {row[0]: row[1] for row in rows}


async def expected(world: World) -> dict[str, str]:
    return {film: told[2] for (film, _), told in (await world.expected()).items()}


async def live(world: World) -> str:
    found = await live_version(world.pool, "ledger")
    assert found is not None
    return found.schema


async def version(world: World, schema: str) -> Version:
    found = await version_of(world.pool, schema)
    assert found is not None
    return found


async def turn(world: World, schema: str, **options: float) -> Version | None:
    """`reel flip`, of a version that nobody but the projectors brings on."""
    async with world.pool.acquire() as connection:
        found = await version(world, schema)
        return await flip(
            connection, found, world.stores, patience_seconds=options.get("within", 20)
        )


def lag() -> str:
    return "".join(
        line for line in generate_latest().decode().splitlines() if line.startswith("reel_lag")
    )


async def taken_down(world: World, schema: str) -> None:
    async with world.pool.acquire() as connection:
        await retire(connection, await version(world, schema), after_seconds=0)


# --- under load ------------------------------------------------------------------------------


class Witness:
    """Reads all the time, and holds every answer to the facts up to the place that it names."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[str] = []
        self._facts: dict[int, str] = {}
        self._at: dict[str, int] = {}

    async def look(self, of: Reader) -> None:
        for film, partition in zip(FILMS, range(12), strict=True):
            reading = await of.read([film])
            position = reading.places["budget", partition][0]
            row = reading.rows[film].get(Trail, "budget")
            told = row.positions if row else ""
            facts = await self.world.budget.store.of_production(film)
            held = ",".join(str(one.position) for one in facts if one.position <= position)
            assert told == held, f"{reading.schema} at {position}"
            assert position >= self._at.get(film, 0), f"{reading.schema} went back"
            self._at[film] = position
            if not self.seen or self.seen[-1] != reading.schema:
                self.seen.append(reading.schema)

    async def watch(self) -> None:
        of = reader(self.world)
        while True:
            await self.look(of)


async def test_a_rebuild_under_load_shows_no_half_loses_nothing_and_is_turned_to(
    both_topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = both_topics
    monkeypatch.setattr(filling, "PAGE_EVENTS_MIN", 20)
    monkeypatch.setattr(filling, "PAGE_EVENTS", 20)
    monkeypatch.setattr(lane, "WRITTEN_EVENTS", 20)
    await record(world, 20)
    witness, written = Witness(world), list[int]()

    async def write() -> None:
        while True:
            await record(world)
            written.append(len(written))

    async with (
        running(world.relay().run(), world.relay("approval").run()),
        fed(feeder(world)) as projector,
        running(witness.watch(), write()) as (watching, writing),
    ):
        await until(lambda: witness.seen)
        async with begun(world) as work:
            told: list[Progress] = []
            made = await work.filled(1, told.append)
            assert [one.done for one in told] == sorted(one.done for one in told)
            found = await work.compared(made, lambda done, total: None)
            assert found is not None and found.productions == 12
            assert (found.differences, found.left_out) == ([], [])
            before = await work.flipped(made)
        assert before is not None and (before.schema, made.schema) == (LEDGER, SECOND)
        await until(lambda: SECOND in witness.seen)
        await until(lambda: set(projector.consumers) == {LEDGER, SECOND})
        goal = len(written) + 2
        await until(lambda: len(written) >= goal)
        assert not watching.done() and not writing.done()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        all_of_it = await expected(world)
        for schema in (LEDGER, SECOND):

            async def is_told(schema: str = schema) -> bool:
                return await trail_of(world, schema) == all_of_it

            await until(is_told)
        await witness.look(reader(world))
        assert not watching.done()
    assert witness.seen == [LEDGER, SECOND]


# --- stopped half way ------------------------------------------------------------------------


async def rebuilt_apart(world: World, **variables: str) -> "tuple[int | None, str, str]":
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.carrying.rebuilder",
        world.settings.model_dump_json(),
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode, out.decode().strip(), err.decode()


@pytest.mark.parametrize(
    "point", ["rebuild-begun", "before-fill-commit:2", "after-fill:1", "rebuild-filled"]
)
async def test_a_rebuild_that_is_killed_goes_on_where_it_was(world: World, point: str) -> None:
    await record(world, 30)
    await feed_here(world)
    code, _, said = await rebuilt_apart(world, REEL_KILL_AT=point)
    assert code == -9, said
    half = await version(world, SECOND)
    assert half.state is State.BUILDING
    assert half.followed is (point == "rebuild-filled")
    assert await live(world) == LEDGER
    if point == "after-fill:1":
        there = await trail_of(world, SECOND)
        assert there and there != await expected(world)

    await record(world)
    code, schema, said = await rebuilt_apart(world)
    assert (code, schema) == (0, SECOND), said
    assert await trail_of(world, SECOND) == await expected(world)
    assert [one.schema for one in await versions_of(world.pool, "ledger")] == [LEDGER, SECOND]


async def test_there_is_one_rebuild_of_a_projection_at_a_time(world: World) -> None:
    async with begun(world):
        with pytest.raises(AnotherRebuild, match="ledger is being rebuilt by another process"):
            async with begun(world):
                raise AssertionError("two at once")


async def test_a_projector_leaves_a_version_alone_until_the_rebuild_has_filled_it(
    both_topics: World,
) -> None:
    await record(both_topics)
    async with begun(both_topics) as work:
        async with fed(feeder(both_topics)) as projector:
            schema = (await work._version()).schema
            await projector._look()
            assert set(projector.consumers) == {LEDGER}
            await work.filled(1, lambda _: None)
            await projector._look()
            assert set(projector.consumers) == {LEDGER, schema}


# --- by several processes --------------------------------------------------------------------


async def test_several_processes_fill_what_one_would(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "EVENTS_WORTH_A_JOB", 1)
    await record(world, 5)
    await feed_here(world)
    async with begun(world) as work:
        made = await work.filled(3, lambda _: None)
        found = await work.compared(made, lambda done, total: None)
    assert found is not None and (found.productions, found.differences) == (12, [])
    assert await trail_of(world, SECOND) == await expected(world)


async def test_a_process_beside_that_is_killed_is_told_and_the_same_again_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "EVENTS_WORTH_A_JOB", 1)
    await record(world, 5)
    async with begun(world) as work:
        schema = (await work._version()).schema
        tables = Schema(world.dsn, schema, "reader", LEDGER_ROOM.tables_sql)
        await asyncio.to_thread(migrate, [tables])
        async with world.pool.acquire() as connection, connection.transaction():
            # Whoever fills waits here.
            await connection.execute(f"LOCK TABLE {schema}.trail IN SHARE MODE")
            filling_ = asyncio.create_task(work.filled(2, lambda _: None))
            await until(lambda: jobs_of(psutil.Process()))
            jobs_of(psutil.Process())[0].kill()
            with pytest.raises(JobKilled, match="`reel rebuild ledger` goes on where it was"):
                await filling_
        await work.filled(2, lambda _: None)
    assert await trail_of(world, SECOND) == await expected(world)


async def test_where_one_process_stands_still_the_rebuild_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "EVENTS_WORTH_A_JOB", 1)
    await record(world)
    for film in FILMS:
        await world.budget.record(film, cost(1), wire=("budget.MoonBought", 1))
    async with begun(world) as work:
        with pytest.raises(filling.StandsStill, match="MoonBought"):
            await work.filled(2, lambda _: None)
    assert await live(world) == LEDGER


# --- what is compared ------------------------------------------------------------------------


async def test_a_row_that_differs_is_named_with_what_was_expected_and_found(world: World) -> None:
    await record(world, 3)
    await feed_here(world)
    await world.pool.execute(
        f"UPDATE {LEDGER}.trail SET total = total + 1 WHERE production = $1", LIGHTHOUSE
    )
    await world.pool.execute(f"DELETE FROM {LEDGER}.mark WHERE production = $1", FILMS[5])
    async with begun(world) as work:
        made = await work.filled(1, lambda _: None)
        found = await work.compared(made, lambda done, total: None)
    assert found is not None
    assert found.differing == 1 + 6
    total = next(one for one in found.differences if one.table == "trail")
    assert (total.production, total.key) == (LIGHTHOUSE, "budget")
    assert (total.expected, total.found) == ("total 9", "total 10")
    gone = [one for one in found.differences if one.table == "mark"]
    assert {(one.production, one.found) for one in gone} == {(FILMS[5], None)}
    assert (await version(world, SECOND)).differences == 7


async def test_versions_are_compared_at_equal_places_though_the_live_one_is_ahead(
    world: World,
) -> None:
    await record(world, 3)
    async with begun(world) as work:
        made = await work.filled(1, lambda _: None)
        await record(world, 3)
        await feed_here(world)
        found = await work.compared(made, lambda done, total: None)
    assert found is not None
    assert (found.differing, found.productions, found.left_out) == (0, 12, [])


async def test_what_a_live_version_that_stands_still_does_not_show_is_said_to_be_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "PATIENCE_SECONDS", 0.1)
    await feed_here(world)
    await record(world)
    async with begun(world) as work:
        made = await work.filled(1, lambda _: None)
        comparer = Comparer(LEDGER_ROOM, made.schema, LEDGER, world.pool, world.stores)
        found = await comparer.run()
    assert len(found.left_out) == 12
    assert "ledger_v1 is at budget 0 and does not come to" in found.left_out[0]


# --- flip, rollback, retire ------------------------------------------------------------------


async def test_rollback_is_one_flip_back_since_the_old_version_is_fed_on(
    both_topics: World,
) -> None:
    world = both_topics
    async with (
        running(world.relay().run(), world.relay("approval").run()),
        fed(feeder(world)) as projector,
    ):
        await record(world)
        async with begun(world) as work:
            await work.flipped(await work.filled(1, lambda _: None))
        assert await live(world) == SECOND
        assert (await version(world, LEDGER)).state is State.KEPT
        await record(world)
        before = await turn(world, LEDGER)
        assert before is not None and before.schema == SECOND
        reading = await reader(world).read([LIGHTHOUSE])
        assert reading.schema == LEDGER
        trail = reading.rows[LIGHTHOUSE].get(Trail, "budget")
        assert trail is not None and trail.count == 4

        await turn(world, SECOND)
        await turn(world, LEDGER)
        await taken_down(world, SECOND)
        await until(lambda: set(projector.consumers) == {LEDGER})
        # Nobody is woken by what is gone.
        await until(lambda: f'consumer="{SECOND}"' not in lag())
        assert f'consumer="{LEDGER}"' in lag()
    assert not await world.pool.fetchval(f"SELECT to_regclass('{SECOND}.place')")
    assert (await version(world, SECOND)).state is State.RETIRED
    with pytest.raises(NotCaughtUp, match="ledger_v1_r2 is retired"):
        await turn(world, SECOND)
    async with begun(world) as work:
        third = await work.filled(1, lambda _: None)
    assert third.schema == f"{LEDGER}_r3", "a number is not given twice"


async def test_readers_are_not_turned_to_what_is_behind_or_stands_still(world: World) -> None:
    await record(world)
    await feed_here(world)
    async with begun(world) as work:
        await work.filled(1, lambda _: None)
    await record(world)
    with pytest.raises(NotCaughtUp, match="ledger_v1_r2 is not where readers are: budget/"):
        await turn(world, SECOND, within=0.1)
    await world.pool.execute(f"UPDATE {SECOND}.place SET stopped = 'broken' WHERE partition = 3")
    with pytest.raises(NotCaughtUp, match="ledger_v1_r2 stands still, approval/3 at 0: broken"):
        await turn(world, SECOND, within=0.1)
    assert await live(world) == LEDGER


async def test_the_live_version_is_not_taken_down(world: World) -> None:
    with pytest.raises(IsLive, match="ledger_v1 is what readers read"):
        await taken_down(world, LEDGER)
    assert (await version(world, LEDGER)).state is State.LIVE


@pytest.mark.parametrize("poison", [POISON, TOO_WIDE, NO_TEXT])
async def test_a_fact_that_cannot_be_folded_parks_its_production_and_the_rebuild_goes_on(
    world: World, poison: str
) -> None:
    await world.budget.costs(LIGHTHOUSE, 1, 2)
    await world.budget.record(LIGHTHOUSE, cost(3, poison))
    await world.budget.costs(LIGHTHOUSE, 4)
    await record(world)
    async with begun(world) as work:
        await work.filled(1, lambda _: None)
    told = await trail_of(world, SECOND)
    assert told[LIGHTHOUSE] == "1,2"
    assert told[FILMS[4]] == (await expected(world))[FILMS[4]]
    async with world.pool.acquire() as connection:
        assert await parked_in(connection, SECOND) == {LIGHTHOUSE}


async def test_readers_are_not_turned_to_a_version_that_has_parked_what_they_see(
    world: World,
) -> None:
    await world.budget.record(LIGHTHOUSE, cost(1, POISON))
    await feed_here(world)
    async with begun(world) as work:
        await work.filled(1, lambda _: None)
    await world.pool.execute(f"DELETE FROM {LEDGER}.parked")
    with pytest.raises(NotCaughtUp, match=f"1 productions that {LEDGER} shows are parked"):
        await turn(world, SECOND, within=0.1)
    assert await live(world) == LEDGER


# --- versions of other code ------------------------------------------------------------------


async def migrated(world: World, room: Ledger) -> None:
    """`reel migrate` of a build that has this room."""
    async with world.pool.acquire() as connection:
        await register_first(connection, room)
    tables = Schema(world.dsn, room.schema, "reader", room.tables_sql)
    await asyncio.to_thread(migrate, [tables])


async def test_an_old_build_answers_until_the_new_one_has_all_of_the_past_and_neither_mixes(
    both_topics: World,
) -> None:
    world = both_topics
    await record(world, 2)
    old, new = reader(world), reader(world, NEWER)
    async with (
        running(world.relay().run(), world.relay("approval").run()),
        fed(feeder(world)),
    ):
        await until(world.is_told)
        await migrated(world, NEWER)
        with pytest.raises(Building, match=r"ledger_v2 is being filled: 0 of \d+ positions"):
            await new.read([LIGHTHOUSE])
        assert (await old.read([LIGHTHOUSE])).schema == LEDGER

        async with fed(feeder(world, NEWER)) as projector:

            async def write() -> None:
                while True:
                    await record(world)

            async def turned() -> bool:
                return await live(world) == "ledger_v2"

            async def has_all() -> bool:
                return await trail_of(world, "ledger_v2") == await expected(world)

            async with running(write()):
                await until(turned)
            await until(has_all)
            await until(lambda: not projector.unready())
            assert (await new.read([LIGHTHOUSE])).schema == "ledger_v2"
            with pytest.raises(OtherVersion, match="readers read ledger_v2, and this process runs"):
                await old.read([LIGHTHOUSE])

            await turn(world, LEDGER)
            await projector._look()
            assert await live(world) == LEDGER, "it turns readers by itself only once"
            assert (await old.read([LIGHTHOUSE])).schema == LEDGER
            with pytest.raises(OtherVersion, match="readers read ledger_v1"):
                await new.read([LIGHTHOUSE])
            assert projector.unready() == ["readers of ledger read ledger_v1, of another build"]


async def test_a_projection_added_later_shows_nothing_before_it_has_all_of_the_past(
    both_topics: World,
) -> None:
    world = both_topics
    later = Ledger("ledger_of_late", 1, LEDGER_ROOM.view, routes=LEDGER_ROOM.routes)
    try:
        await record(world, 2)
        await migrated(world, later)
        projector = feeder(world, later)
        await projector.start()
        with pytest.raises(Building, match="ledger_of_late_v1 is being filled: 0 of"):
            await reader(world, later).read([LIGHTHOUSE])
        assert projector.unready() == ["ledger_of_late_v1 is being filled"]
        half = projector.consumers[later.schema]
        await half.check_tail("approval", behind_seconds_max=0)
        await half._fill_tail(("budget", 3), 10**6)
        await projector._look()
        with pytest.raises(Building, match=r"is being filled: [1-9]\d* of"):
            await reader(world, later).read([LIGHTHOUSE])
        await half.check_tail("budget", behind_seconds_max=0)
        await projector._look()
        reading = await reader(world, later).read([LIGHTHOUSE])
        trail = reading.rows[LIGHTHOUSE].get(Trail, "budget")
        assert trail is not None and trail.count == 4
        assert await trail_of(world, later.schema) == await expected(world)
    finally:
        await world.pool.execute(f"DROP SCHEMA IF EXISTS {later.schema} CASCADE")


async def test_a_projection_of_an_empty_log_is_live_at_once(world: World) -> None:
    later = Ledger("ledger_of_late", 1, LEDGER_ROOM.view, routes=LEDGER_ROOM.routes)
    try:
        await migrated(world, later)
        world.settings = world.settings.model_copy(update={"kafka": "127.0.0.1:1"})
        await feeder(world, later).start()
        assert (await reader(world, later).read([LIGHTHOUSE])).schema == later.schema
    finally:
        await world.pool.execute(f"DROP SCHEMA IF EXISTS {later.schema} CASCADE")


async def test_what_was_read_before_there_were_versions_is_live(world: World) -> None:
    await record(world)
    await feed_here(world)
    await world.pool.execute("TRUNCATE views.live, views.version")
    async with world.pool.acquire() as connection:
        await register_first(connection, LEDGER_ROOM)
        await register_first(connection, LEDGER_ROOM)
    assert await live(world) == LEDGER


async def test_a_new_version_reads_on_in_kafka_where_readers_are(world: World) -> None:
    await record(world)
    await feed_here(world)
    await world.pool.execute(
        f"UPDATE {LEDGER}.place SET \"offset\" = 40 + partition WHERE log = 'budget'"
    )
    await world.pool.execute(
        f"UPDATE {LEDGER}.place SET position = position + 1000 WHERE partition = 7"
    )
    async with begun(world) as work:
        await work.filled(1, lambda _: None)
    hints = await world.pool.fetch(
        f"SELECT partition, \"offset\" FROM {SECOND}.place WHERE log = 'budget' ORDER BY 1"
    )
    assert [tuple(row) for row in hints] == [
        (partition, -1 if partition == 7 else 40 + partition) for partition in range(12)
    ]
