"""Due dates derived from facts fire once in effect, and survive whatever stops a process."""

import asyncio
from datetime import datetime, timedelta, timezone

import pytest

from events.reaction import ReactionRefused
from runtime.log.contract import Unavailable
from runtime.order import HOPS_MAX
from runtime.reading.rewind import rewind
from runtime.timing import firing
from runtime.timing.rows import HOPS_FORGOTTEN_AFTER
from tests.carrying.offers import (
    DAY,
    HOUR,
    LIGHTHOUSE,
    SCHEMA,
    Accept,
    Lapse,
    Offer,
    Offers,
    offered,
)
from tests.carrying.world import Frozen, PowerCut, running, until

pytestmark = pytest.mark.integration


async def test_what_falls_due_is_done_then_and_not_before(room: Offers) -> None:
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY))
    await replica.fire(room.now + DAY - HOUR)
    assert await room.told() == ["offered"]
    assert await room.waiting() == [("crane", room.now + DAY)]
    await replica.fire(room.now + DAY)
    assert await room.told() == ["offered", "lapsed"]
    assert await room.waiting() == []


async def test_a_timer_says_what_caused_it_and_for_whom_it_was_done(room: Offers) -> None:
    replica = await room.replica()
    await room.world.approval.costs(LIGHTHOUSE, 1, 2)
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY), correlation="a day")
    await replica.fire(room.now + DAY)
    cause, effect = await room.facts()
    assert effect.actor == "timer:budget"
    assert (effect.causation, effect.correlation) == (cause.id, "a day")
    assert (cause.hops, effect.hops) == (0, 1)
    assert effect.recorded_at_us > cause.recorded_at_us
    assert effect.event.reason == "lapsed, known 2"  # type: ignore[attr-defined]
    order, _ = replica.handler.handled[-1]
    assert order.principal == "maya"


async def test_two_replicas_that_fire_at_the_same_time_do_it_once(room: Offers) -> None:
    first, second = await room.replica(), await room.replica()
    await room.give(first, Offer(offer="crane", ends_at=room.now + DAY))
    await first.hear()
    both = asyncio.Barrier(2)
    first.handler.before = second.handler.before = both.wait
    await asyncio.gather(*(one.timers.fire_due(room.now + DAY) for one in (first, second)))
    answers = [one.handler.handled[-1][1] for one in (first, second)]
    assert sorted(answer.replayed for answer in answers) == [False, True]
    assert await room.told() == ["offered", "lapsed"]
    assert await room.waiting() == []


@pytest.mark.parametrize("place", ["before-timer", "after-reaction", "after-timer"])
async def test_a_process_that_dies_while_it_fires_leaves_the_rest_to_the_next_one(
    room: Offers, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def die(name: str) -> None:
        if name == place:
            raise PowerCut

    doomed = await room.replica()
    await room.give(doomed, Offer(offer="standing crane", ends_at=room.now + DAY))
    await doomed.hear()
    with monkeypatch.context() as patch:
        patch.setattr(firing, "point", die)
        patch.setattr("runtime.errands.point", die)
        with pytest.raises(PowerCut):
            await doomed.timers.fire_due(room.now + DAY)
    assert await room.waiting() == [("standing crane", room.now + DAY)]
    following = await room.replica()
    await following.fire(room.now + DAY)
    assert await room.told() == ["offered", "lapsed"]
    assert await room.waiting() == []
    assert following.handler.handled[-1][1].replayed is (place != "before-timer")


async def test_a_timer_that_was_set_before_a_restart_fires_after_it(room: Offers) -> None:
    before = await room.replica()
    await room.give(before, Offer(offer="crane", ends_at=room.now + DAY))
    await before.hear()
    after = await room.replica()
    assert not await after.timers.fire_due(room.now + 2 * DAY)
    assert await room.told() == ["offered", "lapsed"]


async def test_the_same_key_again_replaces_the_timer(room: Offers) -> None:
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY))
    await replica.hear()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + 3 * DAY))
    await replica.fire(room.now + 2 * DAY)
    assert await room.told() == ["offered", "offered"]
    assert await room.waiting() == [("crane", room.now + 3 * DAY)]
    await replica.fire(room.now + 3 * DAY)
    assert await room.told() == ["offered", "offered", "lapsed"]


async def test_a_fact_takes_its_timer_away(room: Offers) -> None:
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY))
    await replica.hear()
    await room.give(replica, Accept(offer="crane"))
    await replica.fire(room.now + DAY)
    assert await room.waiting() == []
    assert [type(order.command) for order, _ in replica.handler.handled] == [Offer, Accept]


async def test_a_timer_waits_until_its_room_has_heard_what_may_take_it_away(room: Offers) -> None:
    """Its log held the acceptance when it fell due; only the row did not know yet."""
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY))
    await replica.hear()
    await room.give(replica, Accept(offer="crane"))
    assert await replica.timers.fire_due(room.now + DAY), "it is to be looked at again soon"
    await replica.fire(room.now + DAY)
    assert [type(order.command) for order, _ in replica.handler.handled] == [Offer, Accept]


async def test_a_timer_does_not_wait_for_what_comes_after_it_fell_due(room: Offers) -> None:
    """Under a steady load a room never has heard everything."""
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY))
    await room.give(replica, Offer(offer="dolly", ends_at=room.now + 9 * DAY))
    await replica.hear()
    await room.give(replica, Offer(offer="grip truck", ends_at=room.now + 9 * DAY))
    assert await replica.timers.fire_due(room.now + DAY)
    await replica.hear()
    await room.give(replica, Offer(offer="tracks", ends_at=room.now + 9 * DAY))
    assert not await replica.timers.fire_due(room.now + DAY)
    assert (await room.told())[-1] == "lapsed"


async def test_a_fact_that_sets_it_anew_while_it_fires_is_not_lost(room: Offers) -> None:
    frozen = Frozen()
    replica, other = await room.replica(), await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY))
    await replica.hear()
    replica.handler.before = frozen.here
    firing_it = asyncio.create_task(replica.timers.fire_due(room.now + DAY))
    await frozen.reached.wait()
    await room.give(other, Offer(offer="crane", ends_at=room.now + 3 * DAY))
    await other.hear()
    frozen.released.set()
    await firing_it
    assert await room.waiting() == [("crane", room.now + 3 * DAY)]
    await replica.fire(room.now + 3 * DAY)
    assert (await room.told())[-1] == "lapsed"


async def test_a_refused_command_is_a_fact_of_the_room(room: Offers) -> None:
    replica = await room.replica()
    await room.give(replica, Offer(offer="word of honour", ends_at=room.now + DAY))
    await replica.fire(room.now + DAY)
    cause, refused = await room.facts()
    assert refused.actor == "timer:budget"
    assert refused.stream == f"reactions-{LIGHTHOUSE}"
    assert refused.event == ReactionRefused(
        cause=cause.id,
        command="Lapse",
        target="offer-" + Lapse(offer="word of honour").stream_id(LIGHTHOUSE),
        code="offer-is-honoured",
        reason="forget about it",
    )
    assert await room.waiting() == []


async def test_a_rewound_room_fires_again_and_nothing_happens_twice(room: Offers) -> None:
    replica = await room.replica()
    for offer in ("standing crane", "word of honour", "dolly", "tracks"):
        await room.give(replica, Offer(offer=offer, ends_at=room.now + DAY))
    await room.give(replica, Accept(offer="dolly"))
    await replica.fire(room.now + DAY)
    before = await room.facts()
    assert "timer" in await rewind(room.world.dsn, SCHEMA)

    again = await room.replica()
    await again.fire(room.now + DAY)
    assert await room.facts() == before
    assert await room.waiting() == []
    assert [answer.replayed for _, answer in again.handler.handled] == [True, True, True]
    assert [order.command for order, _ in again.handler.handled[:2]] == [
        Lapse(offer="standing crane"),
        Lapse(offer="word of honour"),
    ], "what a later fact took away is not even tried"


async def test_a_deadline_passes_while_its_timer_is_down(room: Offers) -> None:
    """Interleaving 12: judged by the command's time, not by whether the timer has fired."""
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY))
    room.shift.by = 2 * DAY
    late = await room.give(replica, Accept(offer="crane"))
    assert late.refusal is not None and late.refusal["code"] == "offer-has-lapsed"
    await replica.hear()
    await replica.timers.look()
    assert await room.told() == ["offered", "lapsed"]
    assert (await room.give(replica, Accept(offer="crane"))).recorded == ()


async def test_a_clock_that_a_test_advances_fires_at_once_what_is_due_by_then(room: Offers) -> None:
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + 300 * DAY))
    await replica.hear()
    async with running(replica.timers.run()):
        room.shift.by = 301 * DAY
        replica.timers.wake()
        await until(lambda: len(replica.handler.handled) == 2)
    assert await room.told() == ["offered", "lapsed"]


async def test_the_loop_waits_out_a_database_that_is_away(
    room: Offers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firing, "LOOK_SECONDS", 0.01)
    troubles: list[Exception] = [Unavailable("the budget log"), ConnectionResetError()]

    async def struggle() -> None:
        if troubles:
            raise troubles.pop()

    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now - HOUR))
    await replica.hear()
    replica.handler.before = struggle
    async with running(replica.timers.run()):
        await until(lambda: len(replica.handler.handled) == 2)
    assert await room.told() == ["offered", "lapsed"]


async def test_a_timer_of_another_build_is_told_and_stops_no_other(
    room: Offers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firing, "FAILED_SECONDS", 0)
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=room.now + DAY))
    await room.give(replica, Offer(offer="dolly", ends_at=room.now + DAY))
    await replica.hear()
    await room.world.pool.execute(
        f"UPDATE {SCHEMA}.timer SET command = 'Forget' WHERE key = 'crane'"
    )
    await replica.fire(room.now + DAY)
    assert [key for key, _ in await room.waiting()] == ["crane"]
    assert replica.timers.unready() == ["timers of budget: 1 cannot be given (LookupError)"]
    assert (await room.told())[-1] == "lapsed"
    await rewind(room.world.dsn, SCHEMA)
    await replica.fire(room.now + DAY)
    assert replica.timers.unready() == []
    assert await room.waiting() == []


@pytest.mark.parametrize(
    ("ends_at", "told"),
    [
        (datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-5))), ["offered"]),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), ["offered", "lapsed"]),
    ],
    ids=["never", "long ago"],
)
async def test_the_ends_of_the_calendar_stop_nothing(
    room: Offers, ends_at: datetime, told: list[str]
) -> None:
    replica = await room.replica()
    await room.give(replica, Offer(offer="crane", ends_at=ends_at))
    await replica.fire(room.now + 9_999 * DAY)
    assert await room.told() == told
    assert await room.waiting() == []
    assert replica.consumer.unready() == []


@pytest.mark.parametrize(
    ("waits", "told"),
    [(timedelta(), "too-many-hops"), (2 * HOPS_FORGOTTEN_AFTER, "lapsed")],
    ids=["at once", "slowly"],
)
async def test_a_circle_that_turns_at_once_ends_and_one_that_waits_goes_on(
    room: Offers, waits: timedelta, told: str
) -> None:
    replica = await room.replica()
    ends_at = room.now + waits
    stream = "offer-" + Offer(offer="crane", ends_at=ends_at).stream_id(LIGHTHOUSE)
    raised = offered("crane", ends_at)
    await room.world.budget.record(LIGHTHOUSE, raised, stream=stream, hops=HOPS_MAX)
    await replica.fire(ends_at)
    assert await room.told() == ["offered", told]
