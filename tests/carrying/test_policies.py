"""A policy's commands are given at least once, recorded once, and have their answer in time."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from events.approval import ApprovalGiven
from events.budget import CommitmentRaised, CostPosted
from events.envelope import Recorded
from events.reaction import ReactionRefused
from runtime.clock import DatabaseClock
from runtime.decider import Command, Context, Decider, Policies, Reaction, Rejection
from runtime.handling import Handled, Handler
from runtime.log.committer import Committer
from runtime.log.contract import COMMAND_EVENTS_MAX, Store, Unavailable
from runtime.log.memory import MemoryStore
from runtime.order import Order
from runtime.people.vault import MemoryVault, Sealer
from runtime.reacting import ServiceSink
from runtime.reading import consumer as consuming
from runtime.reading.consumer import Consumer
from runtime.reading.sink import Sink
from runtime.rooms import Service
from tests.carrying.world import (
    Frozen,
    GatedSink,
    PowerCut,
    World,
    carried,
    cost,
    production_in,
)

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)
STORM = production_in(8)
REQUEST = "0b4f7c1d-52a9-8e36-9c70-4d1f6e2a8b95"
SCHEMA = "budget_service"


class Promise(Command):
    """Promise some money; less than nothing is refused."""

    STREAM: ClassVar[str | None] = "commitment"

    commitment: str
    amount: Decimal


class NothingIsPromisedBelowZero(Rejection):
    """The amount is below zero."""


class Known(BaseModel):
    """Everything that the room has heard of a production, as log/position."""

    model_config = ConfigDict(frozen=True)

    heard: tuple[str, ...] = ()


def decide(promised: Decimal | None, command: Promise, _: Context) -> Sequence[CommitmentRaised]:
    if command.amount < 0:
        raise NothingIsPromisedBelowZero("promise more" * (200 if command.amount < -1 else 1))
    if promised is not None:
        return []
    raised = CommitmentRaised(
        commitment=command.commitment,
        account="2302",
        amount=command.amount,
        description="glazing",
        raised_on=date(2026, 9, 8),
    )
    return [raised] * (COMMAND_EVENTS_MAX + 1 if command.amount == 10**6 else 1)


def evolve(_: Decimal | None, event: CommitmentRaised) -> Decimal:
    return event.amount


def hear(known: Known, recorded: Recorded) -> Known:
    return Known(heard=(*known.heard, f"{recorded.log}/{recorded.position}"))


def promised(recorded: Recorded, _: Any) -> Sequence[Command]:
    """What the note of an approval says: `PO-1:5 PO-2:7`."""
    match recorded.event:
        case ApprovalGiven(note=str(note)):
            return [
                Promise(commitment=commitment, amount=Decimal(amount))
                for commitment, amount in (one.split(":") for one in note.split())
            ]
        case _:
            return []


def echoed(recorded: Recorded, _: Any) -> Sequence[Command]:
    match recorded.event:
        case CommitmentRaised(commitment=commitment) if commitment.startswith("echo"):
            return [Promise(commitment=f"{commitment}!", amount=Decimal(1))]
        case _:
            return []


GIVES = {Promise: (CommitmentRaised,)}
REACTIONS = (
    Reaction(on=ApprovalGiven, because="a note promises", gives=GIVES, react=promised),
    Reaction(on=CommitmentRaised, because="a promise echoes", gives=GIVES, react=echoed),
)


def met(recorded: Recorded, known: Known) -> Sequence[Command]:
    """Where another log has told of the production too, and how much was heard of it by then."""
    if all(one.startswith(recorded.log) for one in known.heard):
        return []
    return [Promise(commitment=f"met by {recorded.log}", amount=Decimal(len(known.heard)))]


def counted(recorded: Recorded, known: Known) -> Sequence[Command]:
    """Of another body with each fact that was heard."""
    return [Promise(commitment="counted", amount=Decimal(len(known.heard)))]


MEETS = tuple(
    Reaction(on=on, because="two logs have met", gives=GIVES, react=met)
    for on in (ApprovalGiven, CostPosted)
)
COUNTS = (Reaction(on=ApprovalGiven, because="facts are counted", gives=GIVES, react=counted),)
BOTH = ("approval", "budget")

DECIDER: Decider[Any, Any] = Decider("promise", None, (Promise,), decide, evolve)


def service(*logs: str, reactions: tuple[Reaction, ...] = REACTIONS) -> Service:
    return Service(
        name="budget",
        deciders=(DECIDER,),
        policies=Policies(logs=logs, nothing_known=Known(), hear=hear, reactions=reactions),
    )


@dataclass
class GatedHandler:
    """The room's handler, with a place before each command at which things can happen."""

    handler: Handler
    before: Callable[[Order], Awaitable[None]] | None = None
    handled: list[tuple[Order, Handled]] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.handler.store

    @property
    def vault(self) -> Sealer:
        return self.handler.vault

    async def handle(self, order: Order) -> Handled:
        if self.before is not None:
            await self.before(order)
        answer = await self.handler.handle(order)
        self.handled.append((order, answer))
        return answer


@dataclass
class Room:
    """The budget room with one policy, in as many processes as a test starts."""

    world: World
    handler: Handler

    async def process(
        self,
        *logs: str,
        before: Callable[[Order], Awaitable[None]] | None = None,
        between: Callable[[], Awaitable[None]] | None = None,
        reactions: tuple[Reaction, ...] = REACTIONS,
    ) -> tuple[Consumer, GatedHandler]:
        """`between` is a place after the reactions, before the rows are written."""
        handler = GatedHandler(self.handler, before)
        logs = logs or ("approval",)
        room = service(*logs, reactions=reactions)
        sink: Sink = ServiceSink(room, SCHEMA, self.world.pool, handler)  # type: ignore[arg-type]
        if between is not None:
            sink = GatedSink(sink, before=between)
        stores: dict[str, Store] = {log: self.world.stores[log] for log in logs}
        consumer = Consumer("budget", SCHEMA, self.world.pool, stores, sink)
        await consumer.start()
        return consumer, handler

    async def given(self, note: str, production: str = LIGHTHOUSE, **more: Any) -> Recorded:
        """An approval with that note."""
        approval = ApprovalGiven(request=REQUEST, by="maya", note=note)
        (recorded,) = await self.world.approval.record(production, approval, **more)
        return recorded

    async def bring(self, consumer: Consumer, *recorded: Recorded) -> None:
        for fact in recorded:
            brought = carried([fact], await self.world.incarnation(fact.log))
            await consumer.take(fact.log, fact.partition, brought)

    async def recorded(self, production: str = LIGHTHOUSE) -> list[Recorded]:
        return await self.world.stores["budget"].of_production(production)

    async def place(self, partition: int = 3, log: str = "approval") -> int:
        at: int = await self.world.pool.fetchval(
            f"SELECT position FROM {SCHEMA}.place WHERE log = $1 AND partition = $2",
            log,
            partition,
        )
        return at

    async def known(self, production: str = LIGHTHOUSE) -> list[str]:
        body = await self.world.pool.fetchval(
            f"SELECT body::text FROM {SCHEMA}.known WHERE production = $1", production
        )
        return list(json.loads(body)["heard"]) if body else []


@pytest.fixture
async def room(world: World) -> AsyncIterator[Room]:
    store = world.stores["budget"]
    async with Committer(store) as committer:
        handler = Handler(service(), store, committer, MemoryVault(), DatabaseClock(store))
        yield Room(world, handler)


async def test_the_place_moves_after_every_command_has_its_answer(room: Room) -> None:
    frozen = Frozen()

    async def before_the_second(order: Order) -> None:
        if isinstance(order.command, Promise) and order.command.commitment == "PO-2":
            await frozen.here()

    consumer, _ = await room.process(before=before_the_second)
    cause = await room.given("PO-1:5 PO-2:7")
    taking = asyncio.create_task(room.bring(consumer, cause))
    await frozen.reached.wait()
    assert [fact.event.amount for fact in await room.recorded()] == [5]  # type: ignore[attr-defined]
    assert await room.place() == 0
    frozen.released.set()
    await taking
    assert [fact.event.amount for fact in await room.recorded()] == [5, 7]  # type: ignore[attr-defined]
    assert await room.place() == 1


async def test_a_crash_between_command_and_place_repeats_the_reaction_and_records_nothing_twice(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer, _ = await room.process()

    async def die(*_: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(consumer._places, "move", die)
    cause = await room.given("PO-1:5 PO-2:7")
    with pytest.raises(PowerCut):
        await room.bring(consumer, cause)
    once = await room.recorded()
    assert len(once) == 2
    assert await room.place() == 0

    again, handler = await room.process()
    await room.bring(again, cause)
    assert [answer.replayed for _, answer in handler.handled] == [True, True]
    assert await room.recorded() == once
    assert await room.place() == 1


async def test_a_crash_between_two_commands_of_one_reaction_leaves_none_of_them_out(
    room: Room,
) -> None:
    async def die_at_the_second(order: Order) -> None:
        if isinstance(order.command, Promise) and order.command.commitment == "PO-2":
            raise PowerCut

    consumer, _ = await room.process(before=die_at_the_second)
    cause = await room.given("PO-1:5 PO-2:7")
    with pytest.raises(PowerCut):
        await room.bring(consumer, cause)
    again, _ = await room.process()
    await room.bring(again, cause)
    assert [fact.event.amount for fact in await room.recorded()] == [5, 7]  # type: ignore[attr-defined]


async def test_two_commands_to_two_targets_have_ids_of_their_own_that_never_change(
    room: Room,
) -> None:
    consumer, handler = await room.process()
    cause = await room.given("PO-1:5 PO-2:5")
    await room.bring(consumer, cause)
    first, second = (order.command_id for order, _ in handler.handled)
    assert first != second
    assert [(fact.type, fact.command_id) for fact in await room.recorded()] == [
        ("budget.CommitmentRaised", first),
        ("budget.CommitmentRaised", second),
    ]

    await room.world.pool.execute(f"UPDATE {SCHEMA}.place SET position = 0, hash = ''")
    again, repeated = await room.process()
    await room.bring(again, cause)
    assert [order.command_id for order, _ in repeated.handled] == [first, second]
    assert len(await room.recorded()) == 2


async def test_two_commands_of_one_name_to_one_stream_are_told_apart(room: Room) -> None:
    """Their bodies differ: under one id the second would be a key used again, and be refused."""
    consumer, handler = await room.process()
    await room.bring(consumer, await room.given("PO-1:5 PO-1:7"))
    first, second = (order.command_id for order, _ in handler.handled)
    assert first != second
    assert [fact.type for fact in await room.recorded()] == ["budget.CommitmentRaised"]


async def test_the_same_command_twice_in_one_reaction_is_one_command(room: Room) -> None:
    consumer, handler = await room.process()
    await room.bring(consumer, await room.given("PO-1:5 PO-1:5"))
    (first, answer), (second, again) = handler.handled
    assert first.command_id == second.command_id
    assert (answer.replayed, again.replayed) == (False, True)
    assert [fact.type for fact in await room.recorded()] == ["budget.CommitmentRaised"]


async def test_a_reaction_says_what_caused_it_and_for_whom_it_was_done(room: Room) -> None:
    consumer, _ = await room.process()
    cause = await room.given("PO-1:5", hops=2)
    await room.bring(consumer, cause)
    (effect,) = await room.recorded()
    assert effect.causation == cause.id
    assert effect.correlation == cause.correlation
    assert effect.actor == "policy:budget"
    assert effect.hops == 3
    assert effect.recorded_at_us > cause.recorded_at_us


async def test_a_refused_reaction_is_a_fact_of_the_acting_room(room: Room) -> None:
    consumer, _ = await room.process()
    cause = await room.given("PO-9:-1 PO-1:5")
    await room.bring(consumer, cause)
    refused, raised = await room.recorded()
    assert refused.stream == f"reactions-{LIGHTHOUSE}"
    assert refused.causation == cause.id
    assert refused.event == ReactionRefused(
        cause=cause.id,
        command="Promise",
        target=Promise(commitment="PO-9", amount=Decimal(-1))
        .stream_id(LIGHTHOUSE)
        .join(["promise-", ""]),
        code="nothing-is-promised-below-zero",
        reason="promise more",
    )
    assert raised.type == "budget.CommitmentRaised"
    assert await room.place() == 1


async def test_a_refused_reaction_that_is_repeated_is_recorded_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer, _ = await room.process()

    async def die(*_: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(consumer._places, "move", die)
    cause = await room.given("PO-9:-1")
    with pytest.raises(PowerCut):
        await room.bring(consumer, cause)
    again, _ = await room.process()
    await room.bring(again, cause)
    assert [fact.type for fact in await room.recorded()] == ["reaction.ReactionRefused"]
    assert await room.place() == 1


async def test_a_refusal_of_many_words_is_cut_and_stops_nothing(room: Room) -> None:
    consumer, _ = await room.process()
    await room.bring(consumer, await room.given("PO-9:-2"))
    (refused,) = await room.recorded()
    assert isinstance(refused.event, ReactionRefused)
    assert refused.event.reason == ("promise more" * 200)[:2000]
    assert await room.place() == 1


async def test_a_reaction_that_is_too_large_is_refused_and_stops_nothing(room: Room) -> None:
    consumer, _ = await room.process()
    await room.bring(consumer, await room.given("PO-1:1000000"))
    (refused,) = await room.recorded()
    assert isinstance(refused.event, ReactionRefused)
    assert refused.event.code == "TooLarge"
    assert await room.place() == 1


async def test_reactions_to_reactions_end_after_twelve(room: Room) -> None:
    """Every promise is answered by another one; without a limit this would never end."""
    consumer, _ = await room.process("approval", "budget")
    await room.given("echo:1")
    await consumer.check_tail("approval")
    await consumer.check_tail("approval", behind_seconds_max=0)
    for _ in range(40):
        await consumer.check_tail("budget", behind_seconds_max=0)
    *raised, refused = await room.recorded()
    assert [fact.hops for fact in raised] == list(range(1, 13))
    assert {fact.type for fact in raised} == {"budget.CommitmentRaised"}
    assert isinstance(refused.event, ReactionRefused)
    assert refused.event.code == "too-many-hops"
    assert refused.event.cause == raised[-1].id
    assert await room.place(log="budget") == len(raised) + 1


async def test_a_log_that_cannot_be_reached_is_waited_for_and_nothing_is_refused(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "RETRY_SECONDS", 0.01)
    troubles: list[Exception] = [Unavailable("the budget log"), ConnectionResetError()]

    async def struggle(_: Order) -> None:
        if troubles:
            raise troubles.pop()

    consumer, _ = await room.process(before=struggle)
    await room.bring(consumer, await room.given("PO-1:5"))
    assert [fact.type for fact in await room.recorded()] == ["budget.CommitmentRaised"]
    assert await room.place() == 1


async def test_a_room_remembers_what_it_heard_with_its_place(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer, _ = await room.process()
    first, second = await room.given("PO-1:5"), await room.given("PO-2:5")
    await room.bring(consumer, first)
    assert await room.known() == ["approval/1"]

    async def die(*_: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(consumer._places, "move", die)
    with pytest.raises(PowerCut):
        await room.bring(consumer, second)
    assert await room.known() == ["approval/1"]
    again, _ = await room.process()
    await room.bring(again, first, second)
    assert await room.known() == ["approval/1", "approval/2"]


async def test_what_two_logs_tell_at_the_same_time_is_both_remembered(room: Room) -> None:
    """Their partitions are taken side by side, by one worker or by two."""
    frozen = Frozen()

    async def freeze(_: Order) -> None:
        await frozen.here()

    slow, _ = await room.process("approval", "budget", before=freeze)
    quick, _ = await room.process("approval", "budget")
    cause = await room.given("PO-1:5")
    (other,) = await room.world.budget.record(LIGHTHOUSE, cost(1))
    taking = asyncio.create_task(room.bring(slow, cause))
    await frozen.reached.wait()
    await room.bring(quick, other)
    frozen.released.set()
    await taking
    assert sorted(await room.known()) == ["approval/1", "budget/1"]


async def test_what_two_logs_tell_is_remembered_whichever_transaction_is_the_slower_one(
    room: Room,
) -> None:
    consumers = [(await room.process("approval", "budget"))[0] for _ in range(4)]
    approvals = [await room.given("PO-1:5", production) for production in [LIGHTHOUSE, STORM] * 5]
    costs = [
        (await room.world.budget.record(production, cost(1)))[0]
        for production in [LIGHTHOUSE, STORM] * 5
    ]
    await asyncio.gather(
        *(room.bring(consumer, *facts) for consumer in consumers for facts in (approvals, costs))
    )
    for production, partition in ((LIGHTHOUSE, 3), (STORM, 8)):
        heard = await room.known(production)
        told = [
            f"{fact.log}/{fact.position}"
            for fact in [*approvals, *costs]
            if fact.partition == partition
        ]
        assert sorted(heard) == sorted(told)
        for log in ("approval", "budget"):
            of_log = [one for one in heard if one.startswith(log)]
            assert of_log == [one for one in told if one.startswith(log)]


@pytest.mark.parametrize("slow", BOTH)
@pytest.mark.parametrize("processes", [1, 2])
async def test_of_two_logs_that_tell_at_the_same_time_the_last_is_answered_with_both(
    room: Room, monkeypatch: pytest.MonkeyPatch, slow: str, processes: int
) -> None:
    """Each is answered from a memory that lacks the other; one of them is then answered again."""
    monkeypatch.setattr(consuming, "RETRY_SECONDS", 3600.0)
    held = Frozen()

    async def hold_the_first() -> None:
        if not held.reached.is_set():
            await held.here()

    first, answers = await room.process(*BOTH, between=hold_the_first, reactions=MEETS)
    second, others = first, answers
    if processes > 1:
        second, others = await room.process(*BOTH, reactions=MEETS)
    facts = {
        "approval": await room.given("the glazing"),
        "budget": (await room.world.budget.record(LIGHTHOUSE, cost(1)))[0],
    }
    taking = asyncio.create_task(room.bring(first, facts.pop(slow)))
    await held.reached.wait()
    await room.bring(second, *facts.values())
    assert [*answers.handled, *others.handled] == []
    held.released.set()
    await taking
    (order,) = [order for order, _ in answers.handled]
    assert order.command == Promise(commitment=f"met by {slow}", amount=Decimal(2))
    assert [await room.place(log=log) for log in BOTH] == [1, 1]
    assert sorted(await room.known()) == ["approval/1", "budget/1"]


async def test_facts_of_one_page_are_answered_again_each_from_what_was_known_then(
    room: Room,
) -> None:
    held = Frozen()
    slow, answers = await room.process(*BOTH, between=held.here, reactions=MEETS)
    quick, _ = await room.process(*BOTH, reactions=MEETS)
    approvals = [await room.given(f"scene {n}", of) for n in range(3) for of in (LIGHTHOUSE, STORM)]
    page = [fact for fact in approvals if fact.production == LIGHTHOUSE]
    (other,) = await room.world.budget.record(LIGHTHOUSE, cost(1))
    taking = asyncio.create_task(room.bring(slow, *page))
    await held.reached.wait()
    await room.bring(quick, other)
    held.released.set()
    await taking
    assert [order.caused_by.id for order, _ in answers.handled if order.caused_by] == [
        fact.id for fact in page
    ]
    assert [int(order.command.amount) for order, _ in answers.handled] == [2, 3, 4]  # type: ignore[attr-defined]
    assert await room.place() == page[-1].position


async def test_a_command_of_another_body_from_a_fresher_memory_is_no_key_used_again(
    room: Room,
) -> None:
    held = Frozen()
    slow, answers = await room.process(*BOTH, between=held.here, reactions=COUNTS)
    quick, _ = await room.process(*BOTH, reactions=COUNTS)
    cause = await room.given("the glazing")
    (other,) = await room.world.budget.record(LIGHTHOUSE, cost(1))
    taking = asyncio.create_task(room.bring(slow, cause))
    await held.reached.wait()
    await room.bring(quick, other)
    held.released.set()
    await taking
    one, two = (order for order, _ in answers.handled)
    assert one.command_id != two.command_id
    assert [fact.type for fact in await room.recorded()] == [
        "budget.CostPosted",
        "budget.CommitmentRaised",
    ]


async def test_who_is_no_longer_at_his_place_gives_no_command(room: Room) -> None:
    """Another worker has taken the same facts: what they made the room remember is not theirs."""
    late, answers = await room.process(*BOTH, reactions=COUNTS)
    quick, _ = await room.process(*BOTH, reactions=COUNTS)
    cause = await room.given("the glazing")
    await room.bring(quick, cause)
    await room.bring(late, cause)
    assert answers.handled == []
    assert late.place("approval", 3).position == 1


@pytest.mark.parametrize("ahead_us", [50_000, 3_600_000_000], ids=["50 ms", "an hour"])
async def test_an_effect_is_recorded_after_its_cause_though_its_databases_clock_is_behind(
    room: Room, ahead_us: int
) -> None:
    """The cause's database runs ahead; a moment between the two would show effect without cause."""
    now = await room.world.stores["approval"].now_us()
    cause = await room.given("PO-1:5", caused_at_us=now + ahead_us)
    consumer, _ = await room.process()
    await room.bring(consumer, cause)
    (effect,) = await room.recorded()
    assert cause.recorded_at_us > now + ahead_us
    assert effect.recorded_at_us > cause.recorded_at_us
    (later,) = await room.world.budget.record(LIGHTHOUSE, cost(1))
    assert later.recorded_at_us > effect.recorded_at_us


async def test_cause_and_effect_are_in_order_over_logs_in_memory_too(world: World) -> None:
    ahead = MemoryStore("approval", clock_us=lambda: 1_800_000_000_050_000)
    behind = MemoryStore("budget", clock_us=lambda: 1_800_000_000_000_000)
    world.stores |= {"approval": ahead, "budget": behind}
    world.__post_init__()
    async with Committer(behind) as committer:
        clock = DatabaseClock(behind)
        room = Room(world, Handler(service(), behind, committer, MemoryVault(), clock))
        consumer, _ = await room.process()
        cause = await room.given("PO-1:5 PO-2:7")
        await room.bring(consumer, cause)
    assert [fact.recorded_at_us - cause.recorded_at_us for fact in behind.events] == [1, 2]
