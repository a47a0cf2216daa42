"""Callers: they give commands under keys, insist on an answer, and keep a book of what they heard."""

import asyncio
import random
from dataclasses import dataclass, field

from runtime.handling import KeyReused
from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.contract import Overloaded, Unavailable
from runtime.order import Order
from tests.simulation.book import Book, held
from tests.simulation.machines import Site
from tests.simulation.rooms import POISON, Post

CALLERS = 4
PRODUCTIONS = [f"00000000-0000-8000-8000-{n:012}" for n in range(4)]
UNKNOWN = (Unavailable, Overloaded, *OUTCOME_UNKNOWN)


@dataclass
class Callers:
    """All of them, with one book."""

    site: Site
    chance: random.Random
    book: Book = field(default_factory=Book)

    async def call(self) -> None:
        """Until the last of them has given all of his commands."""
        await asyncio.gather(*(self._call(n) for n in range(CALLERS)))

    async def _call(self, n: int) -> None:
        """One caller gives some commands, one after the other, and insists on an answer."""
        for _ in range(self.chance.randint(2, 6)):
            await asyncio.sleep(self.chance.choice((0, 0.001, 0.3, 2)) * self.chance.random())
            order = self._order(n)
            if await self._insist(order) and self.chance.random() < 0.4:
                await self._insist(order)
                await self._reuse(order)

    def _order(self, n: int) -> Order:
        number = len(self.book.given) + 1
        key = f"00000000-0000-8000-9000-{number:012}"
        amounts = tuple(self.chance.randint(1, 9) for _ in range(self.chance.choice((0, 1, 1, 3))))
        self.book.given.add(key)
        return Order(
            production=self.chance.choice(PRODUCTIONS),
            command=Post(
                costs=f"costs {self.chance.randint(1, 2)}",
                amounts=amounts,
                text=POISON if self.chance.random() < 0.04 else "timber",
                hire=f"hire {number}" if self.chance.random() < 0.4 else None,
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
                self.site.loop.note(f"{order.command_id[-4:]} is not answered: {error!r:.100}")
                if self.chance.random() < 0.03:
                    return False
                await asyncio.sleep(self.chance.uniform(0.01, 1))
                continue
            self.book.is_told(order.command_id, handled)
            self.site.loop.note(f"{order.command_id[-4:]} is answered, again: {handled.replayed}")
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
