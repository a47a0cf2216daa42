"""One seed: callers give commands while things go wrong, then all of it must come to rest."""

import asyncio
import random
import traceback
from collections import Counter
from dataclasses import dataclass, field

from events.envelope import Recorded
from runtime.log.memory import MemoryStore
from runtime.reading.consumer import Consumer
from tests.simulation.book import Promises, held
from tests.simulation.broker import Broker
from tests.simulation.callers import Callers
from tests.simulation.database import Database
from tests.simulation.loop import Loop
from tests.simulation.machines import LEDGER, YARD_SCHEMA, Site
from tests.simulation.rooms import LOGS, Mending, desk, ledger, yard
from tests.simulation.ruled import ruled_by
from tests.simulation.storm import Storm
from tests.simulation.weather import Weather

PARTITIONS = 3
REST_SECONDS_MAX = 90.0


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
        self.weather = weather = Weather(chance)
        self.database = database = Database(loop, weather)
        self.broker = broker = Broker(loop, weather, LOGS, PARTITIONS)
        self.logs = {
            log: MemoryStore(log, clock_us=database.now_us, partitions=PARTITIONS) for log in LOGS
        }
        mending = Mending()
        view, rooms = ledger(mending), (desk(), yard(mending))
        self.site = Site(loop, weather, database, broker, self.logs, *rooms, view, chance)
        self.callers = Callers(self.site, chance)
        self.storm = Storm(self.site, chance, mending)
        self.promises = Promises(self.logs, database, broker, view, self.callers.book)
        self._chance = chance
        loop.on_death = self.site.died
        database.on_commit = self._committed

    def _committed(self, schemas: set[str]) -> None:
        try:
            self.promises.at_commit(schemas)
        except Exception as error:
            self.loop.fail(error)

    async def play(self) -> None:
        """The whole of it."""
        for name in self.site.plans:
            self.site.start(name)
        self.loop.on(None, self._watch(), "watching")
        calling = asyncio.create_task(self.callers.call(), name="calling")
        await self.storm.blows()
        await self.storm.clears()
        await calling
        await self._rest()
        self.promises.at_the_end(broker_lost=self.weather.may_lose_topics)

    async def _watch(self) -> None:
        """Nothing says that it has caught up while it has not."""
        while True:
            await asyncio.sleep(0.05 + 0.3 * self._chance.random())
            for machine, one in self.site.following.items():
                self._is_honest(machine.name, one.group, one.consumer)

    def _is_honest(self, name: str, schema: str, consumer: Consumer) -> None:
        places = self.database.tables.get((schema, "place"), {})
        for key, durable in places.items():
            known = consumer.place(*key)
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
            and (log, fact.partition) not in self.broker.unprovable
        ]
