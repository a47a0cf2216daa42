"""One seed: callers give commands while things go wrong, then all of it must come to rest."""

import asyncio
import random
import traceback
from collections import Counter
from dataclasses import dataclass, field

from events.envelope import Recorded
from runtime.handling import KeyReused
from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.contract import Overloaded, Unavailable
from runtime.log.memory import MemoryStore
from runtime.order import Order
from tests.simulation.book import Book, Promises, held
from tests.simulation.broker import Broker
from tests.simulation.database import Connections, Database
from tests.simulation.loop import Loop
from tests.simulation.machines import LEDGER, YARD_SCHEMA, Site
from tests.simulation.rooms import LOGS, POISON, Post, desk, ledger, yard
from tests.simulation.ruled import ruled_by
from tests.simulation.tables import MemoryParked
from tests.simulation.weather import Weather

PARTITIONS = 3
CALLERS = 4
STORM_SECONDS = (1.0, 4.0, 20.0)
REST_SECONDS_MAX = 90.0
UNKNOWN = (Unavailable, Overloaded, *OUTCOME_UNKNOWN)


@dataclass
class Outcome:
    """How one seed went. `digest` stands for all of its steps."""

    seed: int
    steps: int
    digest: str
    hits: Counter[str]
    facts: int
    failure: str = ""
    trace: list[str] = field(default_factory=list)


def run(seed: int) -> Outcome:
    """Runs one seed from its beginning to its end."""
    loop = Loop(seed)
    with ruled_by(loop):
        return _played(seed, loop)


def _played(seed: int, loop: Loop) -> Outcome:
    scenario, failure = Scenario(loop, random.Random(f"faults {seed}")), ""
    try:
        loop.run(scenario.play())
    except Exception as error:
        failure = "".join(traceback.format_exception(error, limit=-6))
    facts = sum(len(store.events) for store in scenario.logs.values())
    return Outcome(
        seed, loop.steps, loop.digest, scenario.weather.hits, facts, failure, list(loop.trace)
    )


class Scenario:
    """One installation, its callers, and its bad luck."""

    def __init__(self, loop: Loop, chance: random.Random) -> None:
        self.loop = loop
        self.chance = chance
        self.weather = Weather(chance)
        self.mended = False
        self.database = Database(loop, self.weather)
        self.broker = Broker(loop, self.weather, LOGS, PARTITIONS)
        clock = self.database.now_us
        self.logs = {log: MemoryStore(log, clock_us=clock, partitions=PARTITIONS) for log in LOGS}
        self.book = Book()
        view = ledger(lambda: self.mended)
        self.promises = Promises(self.logs, self.database, self.broker, view, self.book)
        self.site = Site(
            loop,
            self.weather,
            self.database,
            self.broker,
            self.logs,
            desk(),
            yard(lambda: self.mended),
            view,
            chance,
        )
        loop.on_death = self.site.died
        self.database.on_commit = self._committed
        self._productions = [f"00000000-0000-8000-8000-{n:012}" for n in range(4)]
        self._keys = 0

    def _committed(self, schemas: set[str]) -> None:
        try:
            self.promises.at_commit(schemas)
        except Exception as error:
            self.loop.fail(error)

    async def play(self) -> None:
        """The whole of it."""
        for name in self.site.plans:
            self.site.start(name)
        calling = [asyncio.create_task(self._call(n), name=f"caller {n}") for n in range(CALLERS)]
        watching = asyncio.create_task(self._watch(), name="watching")
        await self._storm()
        await self._calm()
        await asyncio.gather(*calling)
        await self._rest()
        watching.cancel()
        self.promises.at_the_end(broker_lost=self.weather.may_lose_topics)

    # --- callers ---------------------------------------------------------------------------------

    async def _call(self, n: int) -> None:
        """One caller gives some commands, one after the other, and insists on an answer."""
        for _ in range(self.chance.randint(2, 6)):
            await asyncio.sleep(self.chance.choice((0, 0.001, 0.3, 2)) * self.chance.random())
            order = self._order(n)
            if await self._insist(order) and self.chance.random() < 0.4:
                await self._insist(order)
                await self._reuse(order)

    def _order(self, n: int) -> Order:
        self._keys += 1
        key = f"00000000-0000-8000-9000-{self._keys:012}"
        amounts = tuple(self.chance.randint(1, 9) for _ in range(self.chance.choice((0, 1, 1, 3))))
        self.book.given.add(key)
        return Order(
            production=self.chance.choice(self._productions),
            command=Post(
                costs=f"costs {self.chance.randint(1, 2)}",
                amounts=amounts,
                text=POISON if self.chance.random() < 0.04 else "timber",
                hire=f"hire {self._keys}" if self.chance.random() < 0.4 else None,
            ),
            command_id=key,
            actor=f"caller {n}",
            principal=f"caller {n}",
        )

    async def _insist(self, order: Order) -> bool:
        """Asks until there is an answer; now and then a caller gives up."""
        while True:
            try:
                handled = await self.site.ask(order)
            except UNKNOWN as error:
                self.loop.note(f"{order.command_id[-4:]} is not answered: {error!r:.100}")
                if self.chance.random() < 0.03:
                    return False
                await asyncio.sleep(self.chance.uniform(0.01, 1))
                continue
            self.book.is_told(order.command_id, handled)
            self.loop.note(f"{order.command_id[-4:]} is answered, again: {handled.replayed}")
            return True

    async def _reuse(self, order: Order) -> None:
        other = order.command.model_copy(update={"text": "another body"})
        try:
            again = Order(order.production, other, order.command_id, order.actor, order.principal)
            held(False, "a key is for one body", await self.site.ask(again))
        except KeyReused:
            return
        except UNKNOWN:
            return

    # --- bad luck --------------------------------------------------------------------------------

    async def _storm(self) -> None:
        """What the weather has in store, for a while."""
        ends_at = self.loop.time() + self.chance.choice(STORM_SECONDS)
        pause = self.chance.choice((0.1, 0.5, 2.0))
        while self.loop.time() < ends_at:
            await asyncio.sleep(self.chance.expovariate(1 / pause))
            if self.weather.disasters:
                what = self.chance.choice(self.weather.disasters)
                self.weather.hits[what] += 1
                self.loop.note(f"*** {what}")
                self._strike(what)

    def _strike(self, what: str) -> None:
        machine = self.chance.choice(
            sorted(self.site.running.values(), key=lambda one: one.name) or [None]
        )
        where = self.chance.choice(sorted(self.broker.kept))
        match what:
            case "a machine dies" | "a machine dies and comes back at once" if machine:
                machine.dies_in_steps = self.chance.randint(0, 200)
                seconds = 0.1 if "at once" in what else self.chance.uniform(0.5, 9)
                self.loop.call_later(seconds, self._is_up_again, machine.name)
            case "a machine is paused" if machine:
                machine.paused = True
                seconds = self.chance.choice((0.2, 3, 8, 15)) * self.chance.random()
                self.loop.call_later(seconds, setattr, machine, "paused", False)
            case "the database dies":
                self.database.die()
                self.loop.call_later(
                    self.chance.uniform(0.01, 6), setattr, self.database, "up", True
                )
            case "the broker is away":
                self.broker.up = False
                self.loop.call_later(self.chance.uniform(0.01, 9), setattr, self.broker, "up", True)
            case "the database's clock jumps":
                hours = self.chance.choice((-72, -1, -0.001, 0.001, 1, 72))
                self.database.clock_shift_us += int(hours * 3_600_000_000)
            case "partitions are given anew":
                self.site.share_out()
            case "a topic is wiped":
                for one in self.broker.kept:
                    if one[0] == where[0]:
                        self.broker.lose(one, 1_000_000)
            case "a topic's tail is lost":
                self.broker.lose(where, self.chance.randint(1, 5))
                left = [one.position for one in self.broker.kept[where]]
                self.loop.note(f"{where} is {left}")
            case "what is parked is tried again":
                self.mended = self.mended or self.chance.random() < 0.3
                self._ask_for_the_parked()

    def _is_up_again(self, name: str) -> None:
        if name not in self.site.running:
            self.site.start(name)
        elif self.site.running[name].dies_in_steps is not None:
            self.loop.call_later(0.5, self._is_up_again, name)

    def _ask_for_the_parked(self) -> None:
        async def ask() -> None:
            for schema in (LEDGER, YARD_SCHEMA):
                try:
                    await MemoryParked(schema).ask(Connections(self.database, None))
                except Exception as error:
                    self.loop.note(f"nobody asks: {error!r}")

        self.loop.on(None, ask(), "reel parked retry")

    async def _calm(self) -> None:
        """All that was broken is mended."""
        self.loop.note("*** it clears up")
        self.weather.clears()
        self.mended = True
        self.database.up = self.broker.up = True
        for machine in list(self.site.running.values()):
            machine.paused, machine.dies_in_steps = False, None
        for name in self.site.plans:
            if name not in self.site.running:
                self.site.start(name)
        await asyncio.sleep(3)
        self.site.share_out()
        self._ask_for_the_parked()

    # --- looking on ------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Nothing says that it has caught up while it has not."""
        while True:
            await asyncio.sleep(0.05 + 0.3 * self.chance.random())
            for machine, one in self.site.following.items():
                self._is_honest(machine.name, one.group, one.consumer)

    def _is_honest(self, name: str, schema: str, consumer: object) -> None:
        places = self.database.tables.get((schema, "place"), {})
        for key, durable in places.items():
            known = consumer.place(*key)  # type: ignore[attr-defined]
            held(
                known.position <= durable.position,
                "nobody takes himself to be further than his rows are",
                (name, known, durable),
            )
            held(not durable.stopped, "nothing stands still", durable)

    async def _rest(self) -> None:
        """Everything comes to rest, and says so."""
        until = self.loop.time() + REST_SECONDS_MAX
        while reasons := self._restless():
            held(self.loop.time() < until, "all of it comes to rest", reasons)
            await asyncio.sleep(0.5)

    def _restless(self) -> list[str]:
        tables, reasons = self.database.tables, []
        for log, store in self.logs.items():
            _, _, cursor = tables.get((log, "relay"), {}).get((), (None, 0, None))
            if cursor is None or cursor.position < len(store.events):
                reasons.append(f"the relay of {log} is at {cursor and cursor.position}")
            for schema in (LEDGER, YARD_SCHEMA):
                places = tables.get((schema, "place"), {})
                for partition, head in enumerate(store._heads):
                    place = places.get((log, partition))
                    if place is None or place.position < head:
                        reasons.append(f"{schema} is at {place} of {head}")
        reasons += [
            f"{key} is parked" for table in tables if table[1] == "parked" for key in tables[table]
        ]
        for machine, one in self.site.following.items():
            reasons += [f"{machine}: {reason}" for reason in one.consumer.unready()]
        for machine, relays in self.site.relays.items():
            reasons += [f"{machine}: {reason}" for relay in relays for reason in relay.unready()]
        reasons += [f"{log} {fact.position} is not on its topic" for log, fact in self._missing()]
        return reasons

    def _missing(self) -> list[tuple[str, Recorded]]:
        there = {
            where: {one.position for one in records} for where, records in self.broker.kept.items()
        }
        return [
            (log, fact)
            for log, store in self.logs.items()
            for fact in store.events
            if fact.position not in there[log, fact.partition]
        ]
