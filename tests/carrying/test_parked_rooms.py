"""A room for which a production is parked answers the facts that waited once they are heard."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from events.approval import ApprovalGiven, PersonAppointed, ProductionOpened, Role
from events.budget import CommitmentClosed, CommitmentRaised
from events.envelope import Recorded
from runtime.clock import DatabaseClock
from runtime.decider import Command, Timer
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.order import Order
from runtime.people.team import NoSuchProduction, Team
from runtime.people.vault import MemoryVault
from runtime.reading.consumer import Consumer
from runtime.reading.parking import Parked, ParkedRows, ProductionIsParked
from runtime.reading.rewind import rewind
from tests.carrying import offers as offering
from tests.carrying import test_policies as policies
from tests.carrying.offers import Accept, Offer, Offers
from tests.carrying.test_policies import BOTH, MEETS, REACTIONS, SCHEMA, Room, service
from tests.carrying.world import World, cost, production_in

pytestmark = [pytest.mark.integration, pytest.mark.long]

LIGHTHOUSE = production_in(3)
HARBOUR = production_in(3, nth=1)
BAD = "no promise at all"
"""A note that this room's policy stumbles over, since it is no list of promises."""


@pytest.fixture
async def room(world: World) -> AsyncIterator[Room]:
    store = world.stores["budget"]
    async with Committer(store) as committer:
        yield Room(world, Handler(service(), store, committer, MemoryVault(), DatabaseClock(store)))


async def hear(consumer: Consumer, *logs: str) -> None:
    for log in logs or ("approval",):
        await consumer.check_tail(log, behind_seconds_max=0)


async def parked(world: World) -> list[Parked]:
    return await ParkedRows(SCHEMA).all(world.pool)


async def promised(room: Room, production: str = LIGHTHOUSE) -> list[str]:
    return [
        fact.event.commitment
        for fact in await room.recorded(production)
        if isinstance(fact.event, CommitmentRaised)
    ]


def forgiving(recorded: Recorded, known: Any) -> Sequence[Command]:
    """The same policy, of a build that knows a note without promises."""
    match recorded.event:
        case ApprovalGiven(note=str(note)) if note == BAD:
            return []
        case _:
            return policies.promised(recorded, known)


MENDED = (replace(REACTIONS[0], react=forgiving), *REACTIONS[1:])


async def test_what_waited_is_answered_once_and_in_order_while_others_were_answered_at_once(
    room: Room,
) -> None:
    consumer, _ = await room.process()
    await room.given("PO-1:5")
    await room.given(BAD)
    await room.given("PO-2:7")
    await room.given("harbour:1", HARBOUR)
    await room.given("PO-3:9")
    await hear(consumer)
    assert await promised(room) == ["PO-1"]
    assert await promised(room, HARBOUR) == ["harbour"]
    assert await room.known() == ["approval/1"]
    assert [(one.position, one.told) for one in await parked(room.world)] == [
        (2, "the fold failed")
    ]
    again, answers = await room.process(reactions=MENDED)
    await again.retry_asked()
    assert await promised(room) == ["PO-1", "PO-2", "PO-3"]
    assert await room.known() == [f"approval/{n}" for n in (1, 2, 3, 5)]
    assert len(answers.handled) == 2
    await room.given("PO-4:1")
    await hear(again)
    assert await promised(room) == ["PO-1", "PO-2", "PO-3", "PO-4"]


async def test_what_another_log_tells_of_a_parked_production_is_heard_and_answered(
    room: Room,
) -> None:
    consumer, _ = await room.process(*BOTH)
    await room.given(BAD)
    await hear(consumer, *BOTH)
    promise = Order(
        production=LIGHTHOUSE,
        command=policies.Promise(commitment="echo", amount=Decimal(1)),
        command_id="00000000-0000-8000-8000-000000000001",
        actor="maya",
        principal="maya",
    )
    await room.handler.handle(promise)
    await hear(consumer, *BOTH)
    assert await promised(room) == ["echo", "echo!"]
    assert await room.known() == ["budget/1"]
    again, _ = await room.process(*BOTH, reactions=MENDED)
    await again.retry_asked()
    assert await room.known() == ["budget/1", "approval/1"]


async def test_what_was_parked_when_a_room_was_rewound_is_answered_after_it(
    room: Room,
) -> None:
    """Its place had passed what was parked, and said so of everything else with right."""
    consumer, _ = await room.process()
    await room.given("PO-1:5")
    await room.given("harbour:1", HARBOUR)
    await room.given(BAD)
    await room.given("PO-2:7")
    await hear(consumer)
    for _ in range(2):
        await rewind(room.world.dsn, SCHEMA)
    assert await parked(room.world) == []
    again, answers = await room.process(reactions=MENDED)
    await hear(again)
    assert await promised(room) == ["PO-1", "PO-2"]
    assert len(answers.handled) == 1
    await rewind(room.world.dsn, SCHEMA)
    last, none = await room.process(reactions=MENDED)
    await hear(last)
    assert none.handled == []
    assert await room.known() == [f"approval/{n}" for n in (1, 3, 4)]


async def test_what_rests_on_what_is_parked_after_a_rewind_waits_in_the_other_log_as_well(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it were answered from half a memory, and nobody would do so again from the whole."""
    world = room.world
    consumer, _ = await room.process(*BOTH, reactions=MEETS)
    await room.given("the glazing")
    await hear(consumer, *BOTH)
    await rewind(world.dsn, SCHEMA)

    def stumbling(known: policies.Known, recorded: Recorded) -> policies.Known:
        if recorded.log == "approval":
            raise LookupError("what is this?")
        return policies.Known(heard=(*known.heard, f"{recorded.log}/{recorded.position}"))

    with monkeypatch.context() as patched:
        patched.setattr(policies, "hear", stumbling)
        worse, answers = await room.process(*BOTH, reactions=MEETS)
        await hear(worse, "approval")
        await world.budget.record(LIGHTHOUSE, cost(1))
        await world.budget.record(HARBOUR, cost(1))
        await hear(worse, "budget")
        assert answers.handled == []
        assert {(one.log, one.told) for one in await parked(world)} == {
            ("approval", "the fold failed"),
            ("budget", "not all is heard again"),
        }
        assert (await room.place(log="budget")) == 2, "the other production goes on"
    mended, answers = await room.process(*BOTH, reactions=MEETS)
    await mended.retry_asked()
    await mended.retry_asked()
    assert await parked(world) == []
    (order,) = [order for order, _ in answers.handled]
    assert order.command == policies.Promise(commitment="met by budget", amount=Decimal(2))


async def test_a_team_that_is_parked_authorises_nobody_and_tells_strangers_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def appointed(person: str) -> PersonAppointed:
        return PersonAppointed(person=person, role=Role.PRODUCER)

    world = room.world
    opened = ProductionOpened(
        title="The Last Lighthouse", kind="feature", currency="EUR", time_zone="Europe/Berlin"
    )
    await world.approval.record(LIGHTHOUSE, opened, appointed("maya"))
    await world.approval.record(
        LIGHTHOUSE, appointed("wren"), wire=("approval.ProductionOpened", 1)
    )
    consumer, _ = await room.process()
    await hear(consumer)
    team = Team(SCHEMA, world.pool)
    monkeypatch.setattr("runtime.people.team.HEARD_OF_WITHIN_SECONDS", -1)
    today = (await DatabaseClock(world.stores["budget"]).read()).date()
    with pytest.raises(ProductionIsParked, match=r"\(UndecodableEvent\).*`reel parked retry`"):
        await team.member(LIGHTHOUSE, "maya", today)
    for stranger in ("wren", "nobody"):
        with pytest.raises(NoSuchProduction):
            await team.member(LIGHTHOUSE, stranger, today)


async def test_a_production_that_is_parked_in_another_log_takes_commands(room: Room) -> None:
    world = room.world
    await world.approval.record(
        LIGHTHOUSE,
        PersonAppointed(person="maya", role=Role.PRODUCER),
    )
    await world.budget.record(LIGHTHOUSE, cost(1), wire=("approval.ApprovalGiven", 1))
    consumer, _ = await room.process(*BOTH)
    await hear(consumer, *BOTH)
    assert [one.log for one in await parked(world)] == ["budget"]
    today = (await DatabaseClock(world.stores["budget"]).read()).date()
    member = await Team(SCHEMA, world.pool).member(LIGHTHOUSE, "maya", today)
    assert member.roles == {Role.PRODUCER}


async def test_a_timer_waits_while_what_takes_it_away_is_parked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbling(recorded: Recorded) -> Sequence[Timer]:
        if isinstance(recorded.event, CommitmentClosed):
            raise LookupError("which of them?")
        return offering.timers(recorded)

    async with AsyncExitStack() as stack:
        offers = Offers(world, stack, await DatabaseClock(world.stores["budget"]).read())
        with monkeypatch.context() as patched:
            patched.setattr(offering, "SERVICE", replace(offering.SERVICE, timers=stumbling))
            replica = await offers.replica()
        ends = offers.now + offering.HOUR
        for offer in ("the crane", "the boat"):
            await offers.give(replica, Offer(offer=offer, ends_at=ends))
        await replica.hear()
        await offers.give(replica, Accept(offer="the boat"))
        await replica.hear()
        assert [one.type for one in await parked(world)] == ["budget.CommitmentClosed"]
        assert [key for key, _ in await offers.waiting()] == ["the boat", "the crane"]
        await replica.fire(ends + offering.HOUR)
        assert await offers.told() == ["offered", "offered", "accepted"]

        mended = await offers.replica()
        await mended.consumer.retry_asked()
        assert [key for key, _ in await offers.waiting()] == ["the crane"]
        offers.shift.by = 2 * offering.HOUR
        await mended.fire(ends + offering.HOUR)
        assert await offers.told() == ["offered", "offered", "accepted", "lapsed"]
