"""From a command to its figure in an answer, on an idle system with every part running: beside a
bare produce and consume of a record as large, on the same Kafka, the two taking turns.

The command goes out by HTTP, and the query that waits for it comes back by HTTP: both are in the
time, as both are what a person waits for.
"""

import asyncio
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.client import Caller
from bench.figures import Better, Rounds, Row, percentile, told
from bench.ground import LOG, Ground, err, log_of
from bench.kafka import delete_topics, topics
from bench.recount import Acknowledged, recount
from bench.serving import served
from bench.until import until
from bench.watch import watched
from runtime.kafka import bus
from runtime.people.identity import Issuer
from runtime.process import migrate_all
from runtime.rooms import projections
from runtime.settings import Settings
from runtime.web.token import Token

PRODUCTIONS = 12
IDLE_SECONDS = 0.25
"""By then every consumer has what came before, and nothing is under way."""
STAGE_POLL_SECONDS = 0.001
PAYLOAD = b"x" * 1_000
"""As much as a fact with its envelope."""


async def measured(ground: Ground) -> list[Row]:
    """Two rows: the median, and the slowest hundredth."""
    pairs, rounds = (30, 3) if ground.quick else (100, 5)
    url = await asyncio.to_thread(ground.fresh, "visible")
    settings = Settings(
        database_url=url,
        kafka=ground.kafka,
        home=ground.folder / "reel",
        topic_prefix="bench-visible",
    )
    await migrate_all(settings)
    bare = await topics(settings, ["round"], "bench-visible-bare")
    issuer = Issuer(settings)
    acknowledged, medians, slowest = Acknowledged(), Rounds("ms"), Rounds("ms")
    async with served(settings, "up") as reel, log_of(url) as (store, _):
        caller = Caller(reel.url, issuer.token("Bench"))
        person = issuer.person("Bench")
        productions = [await _opened(caller, person) for _ in range(PRODUCTIONS)]
        async with _bare_trip(bare) as trip, watched(url, LOG) as seen:
            for n in range(rounds):
                err.print(f"visible, round {n + 1} of {rounds} …")
                times: dict[str, list[float]] = {"own": [], "bare": []}
                for pair in range(pairs):
                    production = productions[pair % PRODUCTIONS]
                    await asyncio.sleep(IDLE_SECONDS)
                    times["own"].append(await _own_trip(caller, production, acknowledged))
                    await asyncio.sleep(IDLE_SECONDS)
                    times["bare"].append(await trip())
                for name, every in times.items():
                    every.sort()
                    medians.add(name, percentile(every, 0.5))
                    slowest.add(name, percentile(every, 0.99))
            stages = await _stages(caller, url, productions, acknowledged)
        found = await recount(url, store, acknowledged, seen)
        caller.close()
    await delete_topics(bare, ["round"])
    await asyncio.to_thread(ground.drop, "visible")
    label = "bare produce and consume"
    rows = []
    for what, runs, goal in (("p50", medians, 3), ("p99", slowest, 10)):
        row = runs.row(f"command to visible, idle, Apache Kafka: {what}", "own")
        row.beside = [runs.beside("own", "bare", f"{label}: {what}", goal=goal, better=Better.LESS)]
        row.counted, row.faults = found.counted, found.faults
        rows.append(row)
    rows[0].notes = [
        f"{pairs * rounds} pairs, HTTP there and back included",
        "of it, in further trips that were watched: "
        + ", ".join(f"{what} after {ms:g} ms" for what, ms in stages.items()),
    ]
    return rows


async def _opened(caller: Caller, person: str) -> str:
    """A production with a drafted budget, which its read model has heard of."""
    production = str(uuid.uuid4())
    at = f"/v1/productions/{production}"
    await caller.ask(
        "POST",
        f"{at}/approval/open-production",
        {"title": "Bench", "kind": "feature", "currency": "USD", "time_zone": "UTC", "name": "B"},
    )
    appointed = {"person": person, "role": "line-producer", "name": "B"}
    await caller.insist("POST", f"{at}/approval/appoint-person", appointed)
    drafted = await caller.insist("POST", f"{at}/budget/draft-budget", _DRAFT)
    await caller.insist("GET", f"{at}/budget-status?after={drafted['token']}")
    return production


_DRAFT = {
    "currency": "USD",
    "categories": [{"category": "36", "name": "Set", "level": "production"}],
}


async def _own_trip(caller: Caller, production: str, acknowledged: Acknowledged) -> float:
    """Milliseconds from sending a command to an answer that shows it."""
    began = time.perf_counter()
    answer = await _raised(caller, production, acknowledged)
    at = f"/v1/productions/{production}/budget-status"
    await caller.ask("GET", f"{at}?after={answer['token']}")
    return 1000 * (time.perf_counter() - began)


async def _raised(caller: Caller, production: str, acknowledged: Acknowledged) -> Any:
    body = {
        "commitment": f"PO-{uuid.uuid4()}",
        "account": "3601",
        "amount": "1250.00",
        "description": "Lantern room, scaffolding and weather cover",
        "raised_on": "2026-09-07",
    }
    path = f"/v1/productions/{production}/budget/raise-commitment"
    answer = await caller.ask("POST", path, body)
    acknowledged.add(fact["id"] for fact in answer["events"])
    return answer


async def _stages(
    caller: Caller, url: str, productions: Sequence[str], acknowledged: Acknowledged
) -> dict[str, float]:
    """Median milliseconds, from sending a command, until each stage of its way is behind it."""
    times: dict[str, list[float]] = {}
    schema = projections()["budget_status"].schema
    watching = await asyncpg.connect(url)
    try:
        for production in productions:
            await asyncio.sleep(IDLE_SECONDS)
            began = time.perf_counter()
            answer = await _raised(caller, production, acknowledged)
            token = Token.parse(answer["token"])
            for what, query in (
                ("answered", "SELECT $1::bigint >= 0 OR $2::int < 0"),
                ("confirmed by Kafka", f"SELECT position >= $1 OR $2::int < 0 FROM {LOG}.relay"),
                (
                    "in the rows",
                    f"SELECT position >= $1 FROM {schema}.place "
                    f"WHERE log = '{LOG}' AND partition = $2",
                ),
            ):
                reached = partial(watching.fetchval, query, token.position, token.partition)
                await until(reached, every_seconds=STAGE_POLL_SECONDS)
                times.setdefault(what, []).append(1000 * (time.perf_counter() - began))
    finally:
        await watching.close()
    return {what: told(statistics.median(every)) for what, every in times.items()}


@asynccontextmanager
async def _bare_trip(settings: Settings) -> AsyncIterator["Trip"]:
    producer = bus.producer(settings, "bench")
    consumer = AIOKafkaConsumer(**bus.client_options(settings), fetch_max_wait_ms=100)
    await producer.start()
    await consumer.start()
    part = TopicPartition(settings.topic("round"), 0)
    consumer.assign([part])
    await consumer.seek_to_end(part)
    try:
        trip = Trip(producer, consumer, part)
        await trip()
        yield trip
    finally:
        await producer.stop()
        await consumer.stop()


class Trip:
    """One record there and back: milliseconds from the send to its arrival."""

    def __init__(
        self, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, part: TopicPartition
    ) -> None:
        self._producer = producer
        self._consumer = consumer
        self._part = part

    async def __call__(self) -> float:
        arriving = asyncio.ensure_future(self._consumer.getone())
        await asyncio.sleep(0)
        began = time.perf_counter()
        await self._producer.send(self._part.topic, PAYLOAD, partition=self._part.partition)
        await arriving
        return 1000 * (time.perf_counter() - began)
