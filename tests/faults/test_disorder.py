"""A topic in disorder: records twice, in swapped order, and missing. Readers ask the log."""

import asyncio
import random
import time
from collections import Counter
from itertools import groupby

import pytest
from aiokafka import AIOKafkaProducer

from tests.faults.foreign import Sheet, logged, producing, sheets
from tests.faults.probing import figure
from tests.faults.run import thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

LOGS = ("approval", "budget")
AGAIN = 200
"""How many records of the past are produced again, by log."""
DISORDERED = 20
"""How many pairs come the wrong way round, and how many records never, at least."""


@thorough
async def test_records_of_the_past_come_again(world: World) -> None:
    async with (
        under_load(world, "duplicates on the topic", topic=True) as run,
        producing(world) as producer,
    ):
        await run.load.until(60)
        chance = random.Random(run.seed)
        before = _figure(world, "reel_repeated_events_total")
        fault = run.fault("records produced again", injected=len(LOGS) * AGAIN)
        for log in LOGS:
            past = await sheets(world, log)
            taken = [await one.sent(producer) for one in chance.choices(past, k=AGAIN)]
            fault.hits += sum(taken)
        since = time.monotonic()
        # Several read models hear both logs, and each every record.
        await world.until(
            lambda: _short_of(world, "reel_repeated_events_total", before + fault.injected), 30
        )
        run.recovers(fault, since)


async def test_records_come_in_another_order_and_some_never(world: World) -> None:
    """While the relay is away, somebody else sends what commands record. Then it comes back, and
    sends everything from where it was."""
    async with under_load(world, "disorder on the topic", films=6) as run:
        before = _figure(world, "reel_holes_filled_events_total")
        (relay,) = world.running("relay")
        await world.stop(relay)
        swapped = run.fault("pairs the wrong way round", DISORDERED)
        missing = run.fault("records that never came", DISORDERED)
        async with producing(world) as producer:
            told = await _disordered(world, producer)
        swapped.hits, missing.hits = told["swapped"], told["missing"]
        filled = missing.hits
        await world.until(
            lambda: _short_of(world, "reel_holes_filled_events_total", before + filled), 30
        )
        since = time.monotonic()
        await world.start("relay")
        run.recovers(missing, since)
    # What the topic has is right for readers, and for no audit of its order any more.
    world.broken = True


async def _disordered(world: World, producer: AIOKafkaProducer) -> Counter[str]:
    """Sends on what is recorded, partition by partition, each page backwards and without every
    third record; answers how often."""
    told: Counter[str] = Counter()
    after = {log: world.reach().relays[log] for log in LOGS}
    deadline = time.monotonic() + 120
    while min(told["swapped"], told["missing"]) < DISORDERED:
        assert time.monotonic() < deadline, f"the load records too little: {told}"
        await asyncio.sleep(0.5)
        for log in LOGS:
            facts = await asyncio.to_thread(logged, world, log, after[log])
            after[log] = facts[-1].position if facts else after[log]
            for _, group in groupby(sorted(facts, key=_partition), key=_partition):
                page = list(group)
                coming = [one for n, one in enumerate(page) if n % 3 != 1]
                told["missing"] += len(page) - len(coming)
                told["swapped"] += len(coming) - 1
                for one in reversed(coming):
                    await one.sent(producer)
    return told


def _partition(sheet: Sheet) -> tuple[str, int]:
    return sheet.topic, sheet.partition


def _figure(world: World, name: str) -> float:
    return figure(world.running("project"), name)


def _short_of(world: World, name: str, goal: float) -> list[str]:
    now = _figure(world, name)
    return [] if now >= goal else [f"{name} is {now}, not yet {goal}"]
