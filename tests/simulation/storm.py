"""The bad luck of a run that strikes all of it at once, and the end of it."""

import asyncio
import random
from dataclasses import dataclass

from tests.simulation.database import Connections
from tests.simulation.machines import LEDGER, YARD_SCHEMA, Site
from tests.simulation.rooms import Mending
from tests.simulation.tables import MemoryParked
from tests.simulation.weather import LONG_SECONDS_MAX

STORM_SECONDS = (1.0, 4.0, 20.0)
OUTLASTED_SECONDS = LONG_SECONDS_MAX + 3.0
"""By then nothing is on its way any more that set out in the storm, such as the parking of a fact
that could not be folded when it was tried: asked for before that, it would stay parked."""


@dataclass
class Storm:
    """What the weather has in store."""

    site: Site
    chance: random.Random
    mending: Mending

    async def blows(self) -> None:
        """For a while."""
        ends_at = self.site.loop.time() + self.chance.choice(STORM_SECONDS)
        pause = self.chance.choice((0.1, 0.5, 2.0))
        while self.site.loop.time() < ends_at:
            await asyncio.sleep(self.chance.expovariate(1 / pause))
            if self.site.weather.disasters:
                what = self.chance.choice(self.site.weather.disasters)
                self.site.weather.hits[what] += 1
                self.site.loop.note(f"*** {what}")
                self._strike(what)

    def _strike(self, what: str) -> None:
        machine = self.chance.choice(
            sorted(self.site.running.values(), key=lambda one: one.name) or [None]
        )
        where = self.chance.choice(sorted(self.site.broker.kept))
        match what:
            case "a machine dies" | "a machine dies and comes back at once" if machine:
                machine.dies_in_steps = self.chance.randint(0, 200)
                seconds = 0.1 if "at once" in what else self.chance.uniform(0.5, 9)
                self.site.loop.call_later(seconds, self._is_up_again, machine.name)
            case "a machine is paused" if machine:
                machine.paused = True
                seconds = self.chance.choice((0.2, 3, 8, 15)) * self.chance.random()
                self.site.loop.call_later(seconds, setattr, machine, "paused", False)
            case "the database dies":
                self.site.database.die()
                self.site.loop.call_later(
                    self.chance.uniform(0.01, 6), setattr, self.site.database, "up", True
                )
            case "the broker is away":
                self.site.broker.up = False
                self.site.loop.call_later(
                    self.chance.uniform(0.01, 9), setattr, self.site.broker, "up", True
                )
            case "the database's clock jumps":
                hours = self.chance.choice((-72, -1, -0.001, 0.001, 1, 72))
                self.site.database.clock_shift_us += int(hours * 3_600_000_000)
            case "partitions are given anew":
                self.site.share_out()
            case "a topic is wiped":
                for one in self.site.broker.kept:
                    if one[0] == where[0]:
                        self.site.broker.lose(one, 1_000_000)
            case "a topic's tail is lost":
                self.site.broker.dies(where, self.chance.randint(1, 5))
                left = [one.position for one in self.site.broker.kept[where]]
                self.site.loop.note(f"{where} is {left}")
            case "what is parked is tried again":
                self.mending.done = self.mending.done or self.chance.random() < 0.3
                self._ask_for_the_parked()

    def _is_up_again(self, name: str) -> None:
        if name not in self.site.running:
            self.site.start(name)
        elif self.site.running[name].dies_in_steps is not None:
            self.site.loop.call_later(0.5, self._is_up_again, name)

    def _ask_for_the_parked(self) -> None:
        async def ask() -> None:
            for schema in (LEDGER, YARD_SCHEMA):
                try:
                    await MemoryParked(schema).ask(Connections(self.site.database, None))
                except Exception as error:
                    self.site.loop.note(f"nobody asks: {error!r}")

        self.site.loop.on(None, ask(), "reel parked retry")

    async def clears(self) -> None:
        """All that was broken is mended."""
        self.site.loop.note("*** it clears up")
        self.site.weather.clears()
        self.mending.done = True
        self.site.database.up = self.site.broker.up = True
        for machine in list(self.site.running.values()):
            machine.paused, machine.dies_in_steps = False, None
        for name in self.site.plans:
            if name not in self.site.running:
                self.site.start(name)
        await asyncio.sleep(OUTLASTED_SECONDS)
        self.site.share_out()
        self._ask_for_the_parked()
