"""The relay from log to Kafka, beside a bare aiokafka that sends the same records and gathers: the
same producer, the same pages, but made beforehand, and nothing read, kept or watched."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import asyncpg

from bench.figures import Rounds, Row
from bench.ground import LOG, Ground, err, log_of
from bench.kafka import OnTopic, delete_topics, read_back, topics
from bench.processor import Processor
from bench.until import until
from events.envelope import Recorded, cloud_event_headers
from runtime.kafka import bus
from runtime.kafka.relay import PAGE_EVENTS, Relay
from runtime.log.contract import PARTITIONS, Store
from runtime.pools import Pools
from runtime.settings import Settings


async def measured(ground: Ground) -> list[Row]:
    """The row of the relay."""
    events, rounds = (20_000, 3) if ground.quick else (100_000, 5)
    url = await asyncio.to_thread(ground.prefilled, "relay", events)
    settings = Settings(database_url=url, kafka=ground.kafka, home=ground.folder)
    runs, checked, processor = Rounds("events/s"), OnTopic(), Processor()
    pools = Pools(settings)
    owner = await pools.of(LOG)
    async with log_of(url) as (store, _):
        made = await _records(store)
        for n in range(rounds):
            err.print(f"relay, round {n + 1} of {rounds} …")
            bare = await topics(settings, [LOG], f"bench-bare-{n}")
            with processor.of("bare") as spent:
                runs.add("bare", await _bare(bare, made))
                spent.things = events
            await delete_topics(bare, [LOG])
            own = await topics(settings, [LOG], f"bench-relay-{n}")
            with processor.of("reel") as spent:
                runs.add("relay", await _relay(own, store, owner, events))
                spent.things = events
            on_topic = await read_back(own, store)
            checked = on_topic if on_topic.faults or not n else checked
            await delete_topics(own, [LOG])
    await pools.close()
    await asyncio.to_thread(ground.drop, "relay")
    row = runs.row(f"relay to Kafka, {events:,} events", "relay")
    row.beside = [runs.beside("relay", "bare", "bare aiokafka, send and gather", goal=0.7)]
    row.counted, row.faults = checked.counted, checked.faults[:20]
    row.notes = [processor.told("an event")]
    return [row]


Made = tuple[bytes, bytes, int, list[tuple[str, bytes]]]


async def _records(store: Store) -> list[list[Made]]:
    """What the relay will send, in its pages: value, key, partition, headers."""
    incarnation = (await store.heads()).incarnation
    pages, after = [], 0
    while page := await store.page(after, PAGE_EVENTS):
        pages.append([_made(one, incarnation) for one in page])
        after = page[-1].position
    return pages


def _made(one: Recorded, incarnation: str) -> Made:
    headers = cloud_event_headers(one, incarnation)
    return one.payload.encode(), one.production.encode(), one.partition, headers


async def _bare(settings: Settings, pages: Sequence[Sequence[Made]]) -> float:
    producer = bus.producer(settings, LOG)
    await producer.start()
    topic = settings.topic(LOG)
    try:
        began = time.perf_counter()
        for page in pages:
            sent = [
                await producer.send(topic, value, key=key, partition=partition, headers=headers)
                for value, key, partition, headers in page
            ]
            await asyncio.gather(*sent)
        return sum(map(len, pages)) / (time.perf_counter() - began)
    finally:
        await producer.stop()


async def _relay(settings: Settings, store: Store, owner: asyncpg.Pool, events: int) -> float:
    """A relay that owns the log, from its first page to the last move of its cursor."""
    await owner.execute(
        f"UPDATE {LOG}.relay SET owner = NULL, leased_till = '-infinity', incarnation = NULL, "
        "position = 0, positions = array_fill(0::bigint, ARRAY[$1::int]), "
        "hashes = array_fill(''::bytea, ARRAY[$1::int]), "
        "offsets = array_fill((-1)::bigint, ARRAY[$1::int])",
        PARTITIONS,
    )
    relaying = asyncio.create_task(Relay.of(settings, store, owner).run())
    try:
        # From when it owns the log and knows the topic: a relay starts once.
        first = await _moved_behind(owner, 0)
        began = time.perf_counter()
        last = await _moved_behind(owner, events - 1)
        return (last - first) / (time.perf_counter() - began)
    finally:
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying


async def _moved_behind(owner: asyncpg.Pool, position: int) -> int:
    """Where the cursor is, as soon as it is behind that position."""
    at = 0

    async def is_behind() -> bool:
        nonlocal at
        at = await owner.fetchval(f"SELECT position FROM {LOG}.relay")
        return bool(at > position)

    await until(is_behind)
    return at
