"""A room of offers, each of which lapses at the end of its time unless it is accepted before.

What is offered *standing* keeps its timer when it is closed; a *word of honour* never lapses.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, assert_never

from pydantic import BaseModel, ConfigDict

from events.budget import CommitmentClosed, CommitmentRaised
from events.envelope import Recorded
from events.reaction import ReactionRefused
from runtime.clock import DatabaseClock, Shift
from runtime.decider import Command, Context, Decider, Policies, Reaction, Rejection, Timer
from runtime.handling import Handled, Handler
from runtime.log.committer import Committer
from runtime.log.contract import Store
from runtime.order import Order
from runtime.people.vault import MemoryVault, Sealer
from runtime.reacting import ServiceSink
from runtime.reading.consumer import Consumer
from runtime.rooms import Service
from runtime.timing.firing import Timers
from runtime.timing.watch import ClockWatch
from tests.carrying.world import World, production_in

LIGHTHOUSE = production_in(3)
SCHEMA = "budget_service"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Offer(Command):
    """Offer a hire until a moment; again with another moment, the offer is prolonged."""

    STREAM: ClassVar[str | None] = "offer"

    offer: str
    ends_at: datetime


class Accept(Command):
    """Accept an offer in time."""

    STREAM: ClassVar[str | None] = "offer"

    offer: str


class Lapse(Command):
    """Let an offer go when its time is over."""

    STREAM: ClassVar[str | None] = "offer"

    offer: str


class OfferHasLapsed(Rejection):
    """Its time is over."""


class OfferStillStands(Rejection):
    """Its time is not over."""


class OfferIsHonoured(Rejection):
    """This house never lets it go."""


@dataclass(frozen=True)
class Open:
    ends_at: datetime


@dataclass(frozen=True)
class Closed:
    pass


State = Open | Closed | None
OfferCommand = Offer | Accept | Lapse


def decide(
    state: State, command: OfferCommand, context: Context
) -> Sequence[CommitmentRaised | CommitmentClosed]:
    if isinstance(state, Closed):
        return []
    match command:
        case Offer(offer=offer, ends_at=ends_at):
            return [] if state == Open(ends_at) else [offered(offer, ends_at)]
        case Accept(offer=offer):
            assert isinstance(state, Open)
            if context.at >= state.ends_at:
                raise OfferHasLapsed("ask for another one")
            return [closed(offer, "accepted")]
        case Lapse(offer=offer):
            assert isinstance(state, Open)
            if offer.startswith("word of honour"):
                raise OfferIsHonoured("forget about it")
            if context.at < state.ends_at:
                raise OfferStillStands("wait for it")
            return [closed(offer, f"lapsed, known {context.known.heard}")]
        case never:
            assert_never(never)


def evolve(_: State, event: CommitmentRaised | CommitmentClosed) -> State:
    match event:
        case CommitmentRaised(description=ends_at):
            return Open(datetime.fromisoformat(ends_at))
        case CommitmentClosed():
            return Closed()
        case never:
            assert_never(never)


def offered(offer: str, ends_at: datetime) -> CommitmentRaised:
    return CommitmentRaised(
        commitment=offer,
        account="2302",
        amount=Decimal(1),
        description=ends_at.isoformat(),
        raised_on=date(2026, 9, 8),
    )


def closed(offer: str, reason: str) -> CommitmentClosed:
    return CommitmentClosed(
        commitment=offer,
        account="2302",
        released=Decimal(0),
        closed_on=date(2026, 9, 8),
        reason=reason,
    )


class Known(BaseModel):
    """How many facts of the approval room were heard."""

    model_config = ConfigDict(frozen=True)

    heard: int = 0


def timers(recorded: Recorded) -> Sequence[Timer]:
    match recorded.event:
        case CommitmentRaised(commitment=offer, description=ends_at):
            return [Timer(offer, datetime.fromisoformat(ends_at), Lapse(offer=offer))]
        case CommitmentClosed(commitment=offer) if not offer.startswith("standing"):
            return [Timer(offer, None)]
        case _:
            return []


def nothing_of_its_own(recorded: Recorded, _: Any) -> Sequence[Command]:
    raise AssertionError("this room's policies do not name its own log")


SERVICE = Service(
    name="budget",
    deciders=(Decider("offer", None, (Offer, Accept, Lapse), decide, evolve),),
    policies=Policies(
        nothing_known=Known(),
        hear=lambda known, recorded: Known(heard=known.heard + 1),
        reactions=(Reaction(CommitmentRaised, "never heard", {}, nothing_of_its_own),),
    ),
    timers=timers,
)


@dataclass
class GatedHandler:
    """The room's handler, with a place before each command, and what was answered."""

    handler: Handler
    before: Callable[[], Any] | None = None
    handled: list[tuple[Order, Handled]] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.handler.store

    @property
    def vault(self) -> Sealer:
        return self.handler.vault

    async def handle(self, order: Order) -> Handled:
        if self.before is not None:
            await self.before()
        answer = await self.handler.handle(order)
        self.handled.append((order, answer))
        return answer


@dataclass
class Replica:
    """One process of the room: what it consumes, and its timers."""

    consumer: Consumer
    handler: GatedHandler
    timers: Timers
    lived: list[float]

    async def hear(self) -> None:
        """Folds everything that the logs hold."""
        for log in ("budget", "approval"):
            await self.consumer.check_tail(log, behind_seconds_max=0)

    async def fire(self, now: datetime) -> None:
        """Fires what is due at `now`, as soon as everything was heard."""
        await self.hear()
        assert not await self.timers.fire_due(now)


@dataclass
class Offers:
    world: World
    stack: AsyncExitStack
    now: datetime
    shift: Shift = field(default_factory=Shift)
    given: int = 0

    async def replica(self, clock: DatabaseClock | None = None) -> Replica:
        store = self.world.stores["budget"]
        committer = await self.stack.enter_async_context(Committer(store))
        clock = clock or DatabaseClock(store, self.shift)
        gated = GatedHandler(Handler(SERVICE, store, committer, MemoryVault(), clock))
        pool = self.world.pool
        sink = ServiceSink(SERVICE, SCHEMA, pool, gated)  # type: ignore[arg-type]
        stores: dict[str, Store] = {log: self.world.stores[log] for log in SERVICE.consumes}
        consumer = Consumer("budget", SCHEMA, pool, stores, sink)
        await consumer.start()
        lived = [0.0]
        watch = ClockWatch("budget", SCHEMA, lambda: lived[0])
        timers = Timers(SERVICE, SCHEMA, pool, store, gated, clock, watch)  # type: ignore[arg-type]
        return Replica(consumer, gated, timers, lived)

    async def give(self, replica: Replica, command: Command, **more: Any) -> Handled:
        """A person's command."""
        self.given += 1
        order = Order(
            production=LIGHTHOUSE,
            command=command,
            command_id=f"00000000-0000-8000-8000-{self.given:012}",
            actor="maya",
            principal="maya",
            **more,
        )
        return await replica.handler.handle(order)

    async def facts(self) -> list[Recorded]:
        return await self.world.stores["budget"].of_production(LIGHTHOUSE)

    async def told(self) -> list[str]:
        """What the log says, fact by fact."""
        return [
            fact.reason.partition(",")[0]
            if isinstance(fact, CommitmentClosed)
            else fact.code
            if isinstance(fact, ReactionRefused)
            else "offered"
            for fact in [one.event for one in await self.facts()]
        ]

    async def waiting(self) -> list[tuple[str, datetime]]:
        rows = await self.world.pool.fetch(f"SELECT key, due_at FROM {SCHEMA}.timer ORDER BY key")
        return [(row[0], row[1]) for row in rows]
