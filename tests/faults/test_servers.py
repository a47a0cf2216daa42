"""PostgreSQL and Kafka are killed in the middle of the load; Kafka goes, and comes back empty."""

import asyncio
import signal
import time

import pytest

from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.postgres import EmbeddedPostgres
from tests.faults.run import FAULT_SECONDS, Run, thorough, under_load
from tests.faults.segments import cut_off
from tests.faults.truth import LOGS
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

BEHIND_SECONDS_MAX = 8.0
"""How far read models may be behind the log while there is no broker."""


def _postgres(world: World) -> EmbeddedPostgres:
    if world.postgres_server is None:
        pytest.skip("REEL_DATABASE_URL names a PostgreSQL that REEL_FAULT_HOME gives no hold on")
    return world.postgres_server


def _kafka(world: World) -> EmbeddedKafka:
    if world.kafka_server is None:
        pytest.skip("REEL_KAFKA names a Kafka that REEL_FAULT_HOME gives no hold on")
    return world.kafka_server


async def test_postgres_is_killed(world: World) -> None:
    server = _postgres(world)
    async with under_load(world, "PostgreSQL killed") as run:
        fault = run.fault("PostgreSQL killed")
        fault.hits = int(await _killed(server))
        await asyncio.sleep(1)
        await asyncio.to_thread(server.start)
        run.recovers(fault, time.monotonic())
        await run.recovered()


@thorough
async def test_kafka_is_killed(world: World) -> None:
    server = _kafka(world)
    async with under_load(world, "Kafka killed", topic=True) as run:
        fault = run.fault("Kafka killed")
        fault.hits = int(await _killed(server))
        await asyncio.sleep(1)
        await asyncio.to_thread(server.start)
        run.recovers(fault, time.monotonic())
        await run.recovered()


@thorough
async def test_everything_is_killed(world: World) -> None:
    """A power cut, as far as processes go: all of Reel and both servers at once."""
    postgres, kafka = _postgres(world), _kafka(world)
    async with under_load(world, "everything killed", topic=True) as run:
        fault = run.fault("everything killed")
        roles = ("serve", "relay", "project")
        codes = [part.kill() for role in roles for part in world.running(role)]
        killed = await asyncio.gather(_killed(postgres), _killed(kafka))
        fault.hits = int(all(killed) and set(codes) == {-signal.SIGKILL})
        began = time.monotonic()
        await asyncio.gather(asyncio.to_thread(postgres.start), asyncio.to_thread(kafka.start))
        await asyncio.gather(*(world.start(role) for role in roles))
        run.recovers(fault, began)


async def test_the_broker_is_away_and_comes_back_empty(world: World) -> None:
    server = _kafka(world)
    async with under_load(world, "broker away", topic=True) as run:
        fault = run.fault(f"broker away for {FAULT_SECONDS:.0f} s, back empty")
        await asyncio.to_thread(server.stop)
        fault.hits = int(not server.running())
        await _goes_on(run, FAULT_SECONDS)
        await asyncio.to_thread(server.wipe)
        await asyncio.to_thread(server.start)
        await world.migrate()
        run.recovers(fault, time.monotonic())
        await run.recovered()
        await run.load.until(40)


@thorough
async def test_the_tail_of_the_topics_is_lost(world: World) -> None:
    """Killed, and the last of what it had confirmed is not on its disk any more."""
    server = _kafka(world)
    async with under_load(world, "Kafka's tail lost", topic=True) as run:
        for _ in range(3):
            fault = run.fault("Kafka's tail lost")
            killed = await _killed(server)
            lost = cut_off(server.data, [world.topic(log) for log in LOGS], batches=3)
            fault.hits, fault.evidence = int(killed and lost > 0), f"{lost} records cut off"
            await asyncio.to_thread(server.start)
            run.recovers(fault, time.monotonic())
            await run.recovered()
            await run.load.until(20)


async def _killed(server: EmbeddedPostgres | EmbeddedKafka) -> bool:
    """Whether it ran, and runs no more."""
    ran = server.running()
    await asyncio.to_thread(server.kill)
    return ran and not server.running()


async def _goes_on(run: Run, seconds: float) -> None:
    """Commands are answered all the time, and the rows follow from the log alone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        heads = (await asyncio.to_thread(run.world.reach)).heads
        await asyncio.gather(
            run.load.until(10, BEHIND_SECONDS_MAX), asyncio.sleep(BEHIND_SECONDS_MAX / 2)
        )
        deadline = time.monotonic() + BEHIND_SECONDS_MAX / 2
        while late := [
            one for one in run.world.reach().behind(heads) if not one.startswith("relay")
        ]:
            assert time.monotonic() < deadline, f"without a broker, {late} do not go on"
            await asyncio.sleep(0.1)
