"""What runs on each machine: Reel's own parts, put together as `runtime.process` does, over ports
to servers in memory."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import KafkaError

from events.envelope import from_cloud_event
from runtime.clock import DatabaseClock
from runtime.handling import Handled, Handler
from runtime.kafka.lease import Lease
from runtime.kafka.relay import Relay
from runtime.log.committer import Committer
from runtime.log.contract import Store
from runtime.order import Order
from runtime.people.vault import MemoryVault
from runtime.reacting import RoomTables, ServiceSink
from runtime.reading.consumer import Carried, Consumer
from runtime.reading.kept import Kept
from runtime.reading.place import NO_OFFSET
from runtime.reading.sink import Sink
from runtime.reading.trouble import TRANSIENT
from runtime.reading.views import ProjectionSink
from runtime.rooms import Service
from runtime.view import View
from tests.simulation.broker import Broker, MemoryTopic
from tests.simulation.broker import Kept as Record
from tests.simulation.database import Connections, Database
from tests.simulation.log import RemoteStore
from tests.simulation.loop import Loop, Machine
from tests.simulation.rooms import DESK, LOGS, YARD
from tests.simulation.tables import (
    MemoryAnswered,
    MemoryKnown,
    MemoryLeaseRow,
    MemoryParked,
    MemoryPlaces,
    MemoryTables,
    MemoryWakes,
    NoTimers,
    no_team,
)
from tests.simulation.weather import Weather

LEDGER, YARD_SCHEMA = "ledger", "budget_service"
Place = tuple[str, int]


@dataclass(eq=False)
class Following:
    """One consumer, and what Kafka gives it: which partitions, and where it reads on."""

    consumer: Consumer
    group: str
    broker: Broker
    chance: random.Random
    positions: dict[Place, int] = field(default_factory=dict)

    def assign(self, partitions: set[Place]) -> None:
        """As a rebalance does; it reads on where the place says."""
        self.consumer.assigned = set(partitions)
        kept = {key: at for key, at in self.positions.items() if key in partitions}
        for key in sorted(partitions - kept.keys()):
            offset = self.consumer.place(*key).offset
            kept[key] = 0 if offset == NO_OFFSET else offset + 1
        self.positions = kept

    async def run(self) -> None:
        """Reads and folds, as FastStream would have it do."""
        while True:
            try:
                found = await self.broker.fetch(dict(self.positions))
            except KafkaError:
                await asyncio.sleep(0.5)
                continue
            for key, records in found.items():
                if key not in self.positions:
                    continue
                if records is None:
                    self.positions[key] = 0
                    continue
                self.positions[key] = records[-1].offset + 1
                if carried := self._carried(key, records):
                    await self.consumer.take(*key, carried)
            await asyncio.sleep(0.02)

    def _carried(self, key: Place, records: list[Record]) -> list[Carried]:
        """The facts in records, of which some come twice, too late or not at all."""
        weather = self.broker.weather
        carried = []
        for one in records:
            if not weather.strikes("a record does not come"):
                incarnation, recorded = from_cloud_event(dict(one.headers), one.value, key[1])
                carried.append(Carried(incarnation, recorded, one.offset))
        if weather.strikes("records come twice"):
            carried += carried
        if weather.strikes("records come in disorder"):
            self.chance.shuffle(carried)
        return carried


@dataclass
class Site:
    """Every machine, and the servers that they share."""

    loop: Loop
    weather: Weather
    database: Database
    broker: Broker
    logs: dict[str, Any]
    desk: Service
    yard: Service
    view: View
    chance: random.Random
    running: dict[str, Machine] = field(default_factory=dict)
    desks: dict[Machine, Handler] = field(default_factory=dict)
    following: dict[Machine, Following] = field(default_factory=dict)
    relays: dict[Machine, list[Relay]] = field(default_factory=dict)
    asked: dict[Machine, list["asyncio.Future[Handled]"]] = field(default_factory=dict)

    @property
    def plans(self) -> dict[str, Callable[[Machine], Coroutine[Any, Any, None]]]:
        """What each machine runs, by its name."""
        return {
            "service 1": self._service,
            "service 2": self._service,
            "relay 1": self._relay,
            "relay 2": self._relay,
            "projector 1": self._projector,
            "projector 2": self._projector,
        }

    def start(self, name: str) -> None:
        """Starts a machine that is not running."""
        self.running[name] = machine = Machine(name)
        self.loop.note(f"{name} starts")
        self.loop.start(machine, self.plans[name](machine))

    def died(self, machine: Machine) -> None:
        """Its callers and the broker notice; the database does so later."""
        if self.running.get(machine.name) is machine:
            del self.running[machine.name]
        for known in (self.desks, self.following, self.relays):
            known.pop(machine, None)  # type: ignore[attr-defined]
        for answer in self.asked.pop(machine, ()):
            if not answer.done():
                answer.set_exception(ConnectionResetError(f"{machine.name} is gone"))
        self.loop.call_later(self.chance.uniform(0, 3), self.database.forget, machine)
        self.loop.call_later(self.chance.uniform(0, 10), self.share_out)

    def share_out(self) -> None:
        """Gives each consumer group's partitions to those of its members that live."""
        for group in (LEDGER, YARD_SCHEMA):
            members = [one for one in self.following.values() if one.group == group]
            shares: dict[int, set[Place]] = {n: set() for n in range(len(members))}
            for key in sorted(self.broker.kept):
                if members and not self.weather.strikes("nobody at a partition"):
                    shares[self.chance.randrange(len(members))].add(key)
                    if self.weather.strikes("two at one partition"):
                        shares[self.chance.randrange(len(members))].add(key)
            for n, member in enumerate(members):
                member.assign(shares[n])

    # --- what machines run ---------------------------------------------------------------------

    def _stores(self) -> dict[str, Store]:
        return {log: RemoteStore(self.logs[log], self.database) for log in LOGS}

    async def _service(self, machine: Machine) -> None:
        stores, pool = self._stores(), Connections(self.database, machine)
        async with Committer(stores[DESK]) as of_desk, Committer(stores[YARD]) as of_yard:
            clocks = {log: DatabaseClock(store) for log, store in stores.items()}
            desk = Handler(self.desk, stores[DESK], of_desk, MemoryVault(), clocks[DESK])
            handler = Handler(self.yard, stores[YARD], of_yard, MemoryVault(), clocks[YARD])
            tables = RoomTables(
                MemoryKnown(YARD_SCHEMA), MemoryAnswered(YARD_SCHEMA), NoTimers(), no_team
            )
            sink = ServiceSink(self.yard, YARD_SCHEMA, pool, handler, tables)
            self.desks[machine] = desk
            await self._follow(machine, YARD_SCHEMA, pool, stores, sink)

    async def _projector(self, machine: Machine) -> None:
        pool = Connections(self.database, machine)
        sink = ProjectionSink(MemoryTables(LEDGER, self.view))
        await self._follow(machine, LEDGER, pool, self._stores(), sink)

    async def _follow(
        self, machine: Machine, schema: str, pool: Connections, stores: dict[str, Store], sink: Sink
    ) -> None:
        kept = Kept(MemoryPlaces(schema), MemoryParked(schema))
        consumer = Consumer(schema, schema, pool, stores, sink, kept)
        while True:
            try:
                await consumer.start()
                break
            except TRANSIENT:
                await asyncio.sleep(1)  # Its process would end, and be started again.
        following = Following(consumer, schema, self.broker, self.chance)
        self.following[machine] = following
        self.share_out()
        await asyncio.gather(
            consumer.watch_the_tail(), consumer.watch_the_parked(), following.run()
        )

    async def _relay(self, machine: Machine) -> None:
        pool = Connections(self.database, machine)
        self.relays[machine] = [
            self._relay_of(log, store, pool) for log, store in self._stores().items()
        ]
        await asyncio.gather(*(one.run() for one in self.relays[machine]))

    def _relay_of(self, log: str, store: Store, pool: Connections) -> Relay:
        row = MemoryLeaseRow(log, pool)
        topic = MemoryTopic(self.broker, log, lambda: not row.is_lost)
        return Relay(store, topic, Lease(row), MemoryWakes(log, pool))

    # --- what callers do -------------------------------------------------------------------------

    async def ask(self, order: Order) -> Handled:
        """Gives a command to one of the desks; raises where no answer comes."""
        await asyncio.sleep(self.weather.trip())
        if not self.desks:
            raise ConnectionRefusedError("no desk is open")
        machine = self.chance.choice(list(self.desks))
        answer: asyncio.Future[Handled] = self.loop.create_future()
        self.asked.setdefault(machine, []).append(answer)
        self.loop.on(machine, _handled(self.desks[machine], order, answer), "a request")
        async with asyncio.timeout(30):
            handled = await answer
        await asyncio.sleep(self.weather.trip())
        if self.weather.strikes("an answer is lost"):
            raise ConnectionResetError("the answer is lost")
        return handled


async def _handled(desk: Handler, order: Order, answer: "asyncio.Future[Handled]") -> None:
    try:
        handled = await desk.handle(order)
    except Exception as error:
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(handled)
