"""A small world of its own for each test: two logs, their topics, and a ledger that reads them.

The ledger writes down every position that it folds, in its order, so that a fact folded twice, out
of its order or not at all shows. What it must hold is asked of PostgreSQL, by another way.
"""

import asyncio
import inspect
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord
from fastapi import APIRouter

from events.budget import CostPosted
from events.envelope import Recorded, cloud_event_headers, from_cloud_event
from events.event import Event
from events.money import ZERO
from runtime.kafka.bus import Subscription, migrate_topics
from runtime.kafka.relay import Relay
from runtime.log.contract import PARTITIONS, Append, NewEvent, Outcome, Store
from runtime.log.partition import partition_of
from runtime.reading.consumer import Carried, Consumer
from runtime.reading.parking import Parked
from runtime.reading.place import Place
from runtime.reading.sink import Sink
from runtime.reading.tables import Tables
from runtime.reading.views import ProjectionSink
from runtime.rooms import Projection
from runtime.settings import Settings
from runtime.view import Row, Rows, View

LOGS = ("approval", "budget")
LEDGER = "ledger_v1"
LIVELINESS_SECONDS_MAX = 30.0
"""Longer than anything here takes on a busy machine; only a test that fails waits for it."""

LEDGER_TABLES = """
CREATE TABLE trail (
    production uuid NOT NULL, log text NOT NULL, count int NOT NULL,
    total numeric NOT NULL, positions text NOT NULL, PRIMARY KEY (production, log));
CREATE TABLE mark (
    production uuid NOT NULL, log text NOT NULL, position bigint NOT NULL,
    PRIMARY KEY (production, log, position));
"""

Where = dict[tuple[str, str], tuple[int, Decimal | int, str]]
"""By production and log: how many facts, their amounts' sum, their positions in order."""


@dataclass(frozen=True)
class Trail:
    """What one log has told of a production, every fact in the order of its arrival."""

    TABLE: ClassVar[str] = "trail"
    KEY: ClassVar[tuple[str, ...]] = ("log",)

    log: str
    count: int = 0
    total: Decimal = ZERO
    positions: str = ""


@dataclass(frozen=True)
class Mark:
    """One fact that was folded; a row that is all key."""

    TABLE: ClassVar[str] = "mark"
    KEY: ClassVar[tuple[str, ...]] = ("log", "position")

    log: str
    position: int


def write_down(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The ledger's fold."""
    fact = recorded.event
    about = fact.description if isinstance(fact, CostPosted) else None
    if about == POISON:
        raise ArithmeticError("this cannot be added up")
    if about == TOO_WIDE:
        yield Mark(recorded.log, 2**63)
    if about == NO_TEXT:
        yield Mark(f"{recorded.log}\0", recorded.position)
    before = rows.get(Trail, recorded.log) or Trail(recorded.log)
    yield replace(
        before,
        count=before.count + 1,
        total=before.total + (fact.amount if isinstance(fact, CostPosted) else ZERO),
        positions=f"{before.positions},{recorded.position}".lstrip(","),
    )
    yield Mark(recorded.log, recorded.position)


POISON = "a cost that the ledger's fold stumbles over"
TOO_WIDE = "a cost of which a row is too wide for its column"
NO_TEXT = "a cost of which a row is no text to PostgreSQL"
LEDGER_VIEW = View(logs=LOGS, tables=(Trail, Mark), evolve=write_down)


class Ledger(Projection):
    """A projection that lives in no folder."""

    @property
    def tables_sql(self) -> str:
        return LEDGER_TABLES


LEDGER_ROOM = Ledger("ledger", 1, LEDGER_VIEW, routes=lambda _: APIRouter())


def production_in(partition: int, nth: int = 0) -> str:
    """The id of a production that `partition` carries; another one for each `nth`."""
    found = (
        str(one)
        for number in range(100_000)
        if partition_of(str(one := uuid.UUID(int=(number << 64) | 0x8000 << 48)), PARTITIONS)
        == partition
    )
    for _ in range(nth):
        next(found)
    return next(found)


def jobs_of(parent: psutil.Process) -> list[psutil.Process]:
    """The processes that a rebuild has started beside its own."""
    return [one for one in parent.children() if "spawn_main" in " ".join(one.cmdline())]


def cost(amount: int | str, description: str = "timber") -> CostPosted:
    """A cost of that amount."""
    return CostPosted(
        posting=f"INV-{uuid.uuid4().hex[:8]}",
        account="2302",
        amount=Decimal(amount),
        commitment=None,
        relieved=ZERO,
        description=description,
        incurred_on=date(2026, 9, 12),
    )


class Log:
    """Records facts by hand, as a room would."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.name = store.log
        self._versions: Counter[str] = Counter()

    async def record(
        self,
        production: str,
        *events: Event,
        stream: str | None = None,
        caused_at_us: int = 0,
        hops: int = 0,
        wire: tuple[str, int] | None = None,
    ) -> list[Recorded]:
        """One command's facts; `wire` gives them another name and version than their class has."""
        stream = stream or f"costs-{production}"
        command_id = uuid.uuid4()
        (answer,) = await self.store.append(
            [
                Append(
                    command_id=str(command_id),
                    fingerprint=b"by hand",
                    production=production,
                    stream=stream,
                    expected=self._versions[stream],
                    actor="maya",
                    correlation=str(command_id),
                    caused_at_us=caused_at_us,
                    hops=hops,
                    events=tuple(
                        NewEvent(
                            str(uuid.uuid5(command_id, str(n))),
                            *(wire or event.wire()),
                            event.encode(),
                            1_790_000_000_000_000,
                        )
                        for n, event in enumerate(events)
                    ),
                )
            ]
        )
        assert answer.outcome is Outcome.RECORDED
        self._versions[stream] = answer.version
        return await self.store.page(answer.first_position - 1, len(events))

    async def costs(self, production: str, *amounts: int) -> list[Recorded]:
        """Costs, each recorded by a command of its own."""
        return [(await self.record(production, cost(amount)))[0] for amount in amounts]


@dataclass
class Topic:
    """A topic, looked at and tampered with from outside."""

    address: str
    name: str
    settings: Settings

    async def records(self) -> list[ConsumerRecord]:
        """Everything in it, partition by partition, each in its order."""
        found: list[ConsumerRecord] = []
        async with AIOKafkaConsumer(
            bootstrap_servers=self.address, auto_offset_reset="earliest", fetch_max_wait_ms=20
        ) as kafka:
            partitions = [TopicPartition(self.name, n) for n in range(PARTITIONS)]
            kafka.assign(partitions)
            ends = await kafka.end_offsets(partitions)
            starts = await kafka.beginning_offsets(partitions)
            async with asyncio.timeout(LIVELINESS_SECONDS_MAX):
                while len(found) < sum(ends.values()) - sum(starts.values()):
                    for records in (await kafka.getmany(timeout_ms=50)).values():
                        found += records
        return sorted(found, key=lambda record: (record.partition, record.offset))

    async def positions(self) -> list[int]:
        """The positions in it, partition by partition, each in its order."""
        return [int(dict(record.headers)["ce_position"]) for record in await self.records()]

    async def recreate(self) -> None:
        """Deletes the topic with everything in it and makes it again, empty."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await admin.start()
        try:
            await admin.delete_topics([self.name])

            async def gone() -> bool:
                return self.name not in await admin.list_topics()

            await until(gone)
        finally:
            await admin.close()
        await migrate_topics(self.settings, [self.name.rpartition(".")[2]])

    async def delete(self) -> None:
        """Deletes the topic."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await admin.start()
        try:
            await admin.delete_topics([self.name])
        finally:
            await admin.close()

    async def send(self, facts: Sequence[Recorded], incarnation: str) -> None:
        """Puts facts there as the relay would, in the order given."""
        async with AIOKafkaProducer(bootstrap_servers=self.address) as producer:
            for recorded in facts:
                await producer.send_and_wait(
                    self.name,
                    recorded.payload.encode(),
                    key=recorded.production.encode(),
                    partition=recorded.partition,
                    headers=cloud_event_headers(recorded, incarnation),
                )

    async def send_again(self, records: Sequence[ConsumerRecord]) -> None:
        """Puts back what was read."""
        async with AIOKafkaProducer(bootstrap_servers=self.address) as producer:
            for record in records:
                await producer.send_and_wait(
                    self.name,
                    record.value,
                    key=record.key,
                    partition=record.partition,
                    headers=list(record.headers),
                )


def fact_of(record: ConsumerRecord) -> Recorded:
    """What a Kafka record says."""
    return from_cloud_event(dict(record.headers), record.value, record.partition)[1]


class PowerCut(BaseException):
    """A process dies here: nothing of it runs any further."""


class Frozen:
    """A place at which somebody stands still until he is let go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.released = asyncio.Event()

    async def here(self) -> None:
        self.reached.set()
        await self.released.wait()


@dataclass
class GatedSink:
    """The ledger's sink with a place to freeze at, before or after it writes its rows."""

    sink: Sink
    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None

    async def prepare(self, events: Sequence[Recorded], behind: Place | Parked) -> Any:
        return await self.sink.prepare(events, behind)

    async def apply(self, connection: Any, events: Sequence[Recorded], prepared: Any) -> None:
        if self.before is not None:
            await self.before()
        await self.sink.apply(connection, events, prepared)
        if self.after is not None:
            await self.after()

    def forget(self, log: str, partition: int) -> None:
        self.sink.forget(log, partition)


@dataclass
class World:
    """One test's database and topics."""

    settings: Settings
    dsn: str
    pool: asyncpg.Pool
    stores: dict[str, Store]
    tables: Tables
    logs: dict[str, Log] = field(init=False)

    def __post_init__(self) -> None:
        self.logs = {name: Log(store) for name, store in self.stores.items()}

    @property
    def budget(self) -> Log:
        return self.logs["budget"]

    @property
    def approval(self) -> Log:
        return self.logs["approval"]

    def topic(self, log: str = "budget") -> Topic:
        return Topic(self.settings.kafka_servers(), self.settings.topic(log), self.settings)

    async def ledger(
        self,
        *logs: str,
        sink: Sink | None = None,
        pool: asyncpg.Pool | None = None,
        name: str = LEDGER,
    ) -> Consumer:
        """A process's consumer of the ledger, started; of the budget log alone unless told."""
        consumer = Consumer(
            name,
            LEDGER,
            pool or self.pool,
            {log: self.stores[log] for log in logs or ("budget",)},
            sink or ProjectionSink(self.tables),
        )
        await consumer.start()
        return consumer

    def relay(self, log: str = "budget", **options: Any) -> Relay:
        return Relay.of(self.settings, self.stores[log], self.pool, **options)

    async def incarnation(self, log: str = "budget") -> str:
        return (await self.stores[log].heads()).incarnation

    async def rows(self) -> Where:
        """What the ledger holds."""
        rows = await self.pool.fetch(
            f"SELECT production::text, log, count, total, positions FROM {LEDGER}.trail"
        )
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}

    async def expected(self, *logs: str) -> Where:
        """What the ledger must hold, by one SQL statement over the logs themselves."""
        expected: Where = {}
        for log in logs or ("budget",):
            rows = await self.pool.fetch(
                f"""SELECT production::text, count(*)::int,
                        coalesce(sum((payload->>'amount')::numeric), 0),
                        string_agg(position::text, ',' ORDER BY position)
                    FROM {log}.event GROUP BY production"""
            )
            expected |= {(row[0], log): (row[1], row[2], row[3]) for row in rows}
        return expected

    async def is_told(self, *logs: str) -> bool:
        return await self.rows() == await self.expected(*logs)

    async def place(self, partition: int, log: str = "budget") -> asyncpg.Record:
        """The ledger's place as the database has it."""
        (row,) = await self.pool.fetch(
            f"SELECT * FROM {LEDGER}.place WHERE log = $1 AND partition = $2", log, partition
        )
        return row

    async def cursor(self, log: str = "budget") -> asyncpg.Record:
        """The relay's row as the database has it."""
        (row,) = await self.pool.fetch(f"SELECT * FROM {log}.relay")
        return row

    async def restore(self, position: int, log: str = "budget", *, renew: bool = True) -> None:
        """Sets the log back, as a restored backup would; `renew` gives it a new incarnation."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(f"DELETE FROM {log}.event WHERE position > $1", position)
            await connection.execute(
                f"""UPDATE {log}.head SET position = $1,
                        incarnation = CASE WHEN $2 THEN gen_random_uuid() ELSE incarnation END,
                        partitions = ARRAY(
                            SELECT coalesce((SELECT max(position) FROM {log}.event
                                             WHERE partition = n), 0)
                            FROM generate_series(0, {PARTITIONS - 1}) AS n)""",
                position,
                renew,
            )
        self.logs[log] = Log(self.stores[log])
        for row in await self.pool.fetch(
            f"SELECT stream, max(version) FROM {log}.event GROUP BY stream"
        ):
            self.logs[log]._versions[row[0]] = row[1]


def at(world: World, position: int, log: str = "budget") -> Callable[[], Awaitable[bool]]:
    """Whether the relay has confirmed everything up to that position."""

    async def confirmed() -> bool:
        return bool((await world.cursor(log))["position"] == position)

    return confirmed


async def until(
    what: Callable[[], Any], *, within: float = LIVELINESS_SECONDS_MAX, every: float = 0.02
) -> None:
    """Waits until `what` holds; it is a plain or a coroutine function."""
    deadline = time.monotonic() + within
    while True:
        found = what()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return
        assert time.monotonic() < deadline, f"not within {within} s: {inspect.getsource(what)}"
        await asyncio.sleep(every)


@asynccontextmanager
async def running(*works: Awaitable[None]) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Runs some work beside the test, and cancels it at the end; what failed by itself fails."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


@asynccontextmanager
async def subscribed(
    world: World, *consumers: Consumer, group: str = "ledger"
) -> AsyncIterator[list[Subscription]]:
    """Workers of one group, each with its tail watched."""
    subscriptions = [Subscription(world.settings, one, group) for one in consumers]
    async with running(
        *(one.run() for one in subscriptions),
        *(one.watch_the_tail() for one in consumers),
        *(one.watch_the_parked() for one in consumers),
    ):
        try:
            yield subscriptions
        finally:
            await asyncio.gather(*(one.stop() for one in subscriptions))


def carried(facts: Sequence[Recorded], incarnation: str, first_offset: int = 0) -> list[Carried]:
    """Facts as Kafka would bring them."""
    return [Carried(incarnation, fact, first_offset + n) for n, fact in enumerate(facts)]
