"""A projection from Kafka, one worker: beside a bare getmany of the same topics, and beside the
`eventsourcing` library's projection runner with the same fold and the same facts."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.figures import Rounds, Row
from bench.films import Films
from bench.ground import Ground, err
from bench.kafka import delete_topics, read_back, topics
from bench.processor import Processor
from bench.rows.rebuild import (
    FAULTS_TOLD_MAX,
    faults_of,
    runner_faults,
    runner_of,
    schemas_of,
)
from bench.until import until
from runtime import metrics
from runtime.kafka import bus
from runtime.kafka.bus import Subscription
from runtime.kafka.relay import Relay
from runtime.log.contract import PARTITIONS, Store
from runtime.migrate import Schema, migrate
from runtime.reading.consumer import Consumer
from runtime.reading.tables import Tables
from runtime.reading.views import ProjectionSink
from runtime.rebuilding.connecting import connected
from runtime.rooms import Projection, projections
from runtime.settings import Settings

ROUND_SECONDS_MAX = 300


async def measured(ground: Ground) -> list[Row]:
    """The row of the projection, with what the recount of its rows says of each round."""
    events, rounds = (15_000, 3) if ground.quick else (100_000, 5)
    url = await asyncio.to_thread(ground.fresh, "projection")
    projection = projections()["budget_status"]
    settings = Settings(database_url=url, kafka=ground.kafka, home=ground.folder)
    await asyncio.to_thread(migrate, schemas_of(url, projection))
    logs = list(projection.view.logs)
    settings = await topics(settings, logs, "bench-projection")
    runs, faults, processor = Rounds("events/s"), list[str](), Processor()
    async with connected(settings, projection.name, projection.view) as (pool, stores):
        err.print(f"Recording {events:,} events of films, and relaying them …")
        films = Films(events)
        recorded = sum([await films.record(log, store) for log, store in stores.items()])
        await pool.execute("ANALYZE")
        await _relayed(settings, pool, stores)
        for store in stores.values():
            faults += (await read_back(settings, store)).faults
        runner, facts = await runner_of(url, projection, stores["budget"], films)
        for n in range(rounds):
            err.print(f"projection, round {n + 1} of {rounds} …")
            with processor.of("getmany") as spent:
                runs.add("getmany", await _bare(settings, logs, recorded))
                spent.things = recorded
            runs.add("runner", await asyncio.to_thread(runner.per_second))
            schema = f"{projection.name}_bench_{n}"
            tables = Schema(url, schema, "reader", projection.tables_sql)
            await asyncio.to_thread(migrate, [tables])
            with processor.of("reel") as spent:
                speed = await _worker(settings, projection, schema, pool, stores)
                spent.things = recorded
            runs.add("projection", speed)
            faults += await faults_of(pool, stores, projection, schema, films.productions[0])
            faults += _kafka_faults(schema, stores, recorded)
        faults += await runner_faults(url, projection, facts)
    await delete_topics(settings, logs)
    await asyncio.to_thread(ground.drop, "projection")
    row = runs.row("projection from Kafka, one worker", "projection")
    row.beside = [
        runs.beside("projection", "runner", "eventsourcing 9.5, ProjectionRunner", goal=40),
        runs.beside("projection", "getmany", "bare aiokafka getmany", goal=0.5),
    ]
    row.counted = {"events": recorded, "rounds compared": rounds, "faults": len(faults)}
    row.faults = faults[:FAULTS_TOLD_MAX]
    row.notes = [processor.told("an event")]
    return [row]


async def _relayed(settings: Settings, pool: asyncpg.Pool, stores: Mapping[str, Store]) -> None:
    """Carries the logs to their topics."""
    relays = [asyncio.create_task(Relay.of(settings, one, pool).run()) for one in stores.values()]
    try:
        for log, store in stores.items():
            head = (await store.heads()).position
            await until(partial(_is_sent, pool, log, head))
    finally:
        for relay in relays:
            relay.cancel()
        for relay in relays:
            with suppress(asyncio.CancelledError):
                await relay


async def _is_sent(pool: asyncpg.Pool, log: str, head: int) -> bool:
    sent: bool = await pool.fetchval(f"SELECT position >= $1 FROM {log}.relay", head)
    return sent


async def _is_there(consumer: Consumer, goal: Mapping[tuple[str, int], int]) -> bool:
    return all(consumer.place(*key).position >= at for key, at in goal.items())


async def _bare(settings: Settings, logs: list[str], records: int) -> float:
    """Records a second that getmany brings, in batches as large as the worker's; nothing is looked
    at."""
    kafka = AIOKafkaConsumer(
        **bus.client_options(settings),
        enable_auto_commit=False,
        fetch_max_wait_ms=bus.FETCH_WAIT_MS,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await kafka.start()
    try:
        parts = [TopicPartition(settings.topic(log), n) for log in logs for n in range(PARTITIONS)]
        kafka.assign(parts)
        for part in parts:
            kafka.seek(part, 0)
        began, left = time.perf_counter(), records
        async with asyncio.timeout(ROUND_SECONDS_MAX):
            while left > 0:
                batch = await kafka.getmany(
                    timeout_ms=bus.BATCH_WAIT_MS, max_records=bus.BATCH_RECORDS_MAX
                )
                left -= sum(map(len, batch.values()))
        return records / (time.perf_counter() - began)
    finally:
        await kafka.stop()


async def _worker(
    settings: Settings,
    projection: Projection,
    schema: str,
    pool: asyncpg.Pool,
    stores: Mapping[str, Store],
) -> float:
    """A worker of a new version: from joining its group to the last commit. Nobody watches the
    tail, so that all of it has come by Kafka."""
    tables = Tables(schema, projection.view)
    await tables.learn_types(pool)
    consumer = Consumer(schema, schema, pool, dict(stores), ProjectionSink(tables))
    await consumer.start()
    subscription = Subscription(settings, consumer, schema)
    heads = {log: await store.heads() for log, store in stores.items()}
    goal = {(log, n): at for log, one in heads.items() for n, at in enumerate(one.partitions)}
    began = time.perf_counter()
    following = asyncio.create_task(subscription.run())
    try:
        await until(partial(_is_there, consumer, goal))
        took = time.perf_counter() - began
    finally:
        await subscription.stop()
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
    return sum(one.position for one in heads.values()) / took


def _kafka_faults(schema: str, stores: Mapping[str, Store], events: int) -> list[str]:
    """What was folded came from Kafka, every fact once."""
    applied, holes, repeats = (
        sum(int(figure.labels(schema, log)._value.get()) for log in stores)
        for figure in (metrics.APPLIED, metrics.HOLES, metrics.REPEATS)
    )
    if (applied, holes, repeats) == (events, 0, 0):
        return []
    return [f"{schema}: {applied} of {events} folded, {holes} from the log, {repeats} repeated"]
