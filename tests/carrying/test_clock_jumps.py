"""A database clock that jumps fires nothing: timers halt until it is right again or accepted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from runtime.clock import DatabaseClock
from runtime.reading.rewind import rewind
from runtime.timing.watch import AHEAD_MAX, AWAY_MAX, BACK_MAX, accept
from tests.carrying.offers import DAY, HOUR, SCHEMA, Offer, Offers, Replica

pytestmark = pytest.mark.integration


@dataclass
class SaidClock(DatabaseClock):
    """A database clock that says what a test has it say."""

    said: datetime

    async def now(self) -> datetime:
        return self.said

    async def read(self) -> datetime:
        return self.said


@dataclass
class Clocked:
    """A replica whose database says what the test has it say, and whose offer is long due."""

    room: Offers
    replica: Replica
    clock: SaidClock

    async def look(self, moves: timedelta, lives: timedelta) -> str | None:
        """Looks again after the clock has moved and the process has lived so much; answers why
        the timers are halted."""
        self.clock.said += moves
        self.replica.lived[0] += lives / timedelta(seconds=1)
        return await self.look_now()

    async def look_now(self) -> str | None:
        await self.replica.timers.look()
        reasons = self.replica.timers.unready()
        return reasons[0] if reasons else None

    async def restarted(self) -> "Clocked":
        return Clocked(self.room, await self.room.replica(self.clock), self.clock)

    async def due(self) -> None:
        """Sets a timer that is due at once, by whatever the clock says."""
        offer = Offer(offer="crane", ends_at=self.room.now - 99 * DAY)
        await self.room.give(self.replica, offer)
        await self.replica.hear()

    async def fired(self) -> bool:
        return not await self.room.waiting()


@pytest.fixture
async def clocked(room: Offers) -> Clocked:
    """One that has looked, and believes the clock."""
    clock = SaidClock(room.now)
    found = Clocked(room, await room.replica(clock), clock)
    assert await found.look_now() is None
    await found.due()
    return found


async def test_time_that_passes_is_no_jump(clocked: Clocked) -> None:
    for _ in range(5):
        assert await clocked.look(40 * DAY, 40 * DAY) is None
    assert await clocked.fired()


async def test_a_clock_that_goes_back_halts_the_timers_until_it_is_where_it_was(
    clocked: Clocked,
) -> None:
    reason = await clocked.look(-2 * BACK_MAX, timedelta())
    assert reason is not None and "clock went back from" in reason
    assert not await clocked.fired()
    assert await clocked.look(timedelta(), HOUR) is not None
    assert await clocked.look(2 * BACK_MAX, HOUR) is None
    assert await clocked.fired()


async def test_a_clock_that_is_corrected_a_little_halts_nothing(clocked: Clocked) -> None:
    assert await clocked.look(-BACK_MAX, timedelta()) is None
    assert await clocked.fired()


async def test_many_small_steps_back_are_one_large_one(clocked: Clocked) -> None:
    await clocked.look(-BACK_MAX, timedelta())
    assert await clocked.look(-BACK_MAX, timedelta()) is not None


async def test_a_clock_that_runs_ahead_halts_the_timers_until_it_is_right_again(
    clocked: Clocked,
) -> None:
    reason = await clocked.look(HOUR + 2 * AHEAD_MAX, HOUR)
    assert reason is not None and "later than it could be" in reason
    assert not await clocked.fired()
    assert await clocked.look(HOUR, HOUR) is not None
    assert await clocked.look(-2 * AHEAD_MAX, timedelta()) is None
    assert await clocked.fired()


async def test_a_halt_outlives_its_process_and_ends_when_an_operator_accepts_the_time(
    clocked: Clocked,
) -> None:
    await clocked.look(2 * AHEAD_MAX, timedelta())
    following = await clocked.restarted()
    assert await following.look_now() is not None
    assert not await following.fired()

    await accept(clocked.room.world.pool, SCHEMA)
    assert await following.look_now() is None
    assert await clocked.look_now() is None, "every process hears of it"
    assert await clocked.fired()


@pytest.mark.parametrize(("away", "halts"), [(AWAY_MAX - HOUR, False), (AWAY_MAX + HOUR, True)])
async def test_a_room_may_have_been_down_for_a_month_and_no_longer(
    clocked: Clocked, away: timedelta, halts: bool
) -> None:
    clocked.clock.said += away
    following = await clocked.restarted()
    assert (await following.look_now() is not None) is halts
    assert await following.fired() is not halts


async def test_a_rewind_does_not_make_the_clock_believed(clocked: Clocked) -> None:
    await clocked.look(2 * AHEAD_MAX, timedelta())
    await rewind(clocked.room.world.dsn, SCHEMA)
    assert await (await clocked.restarted()).look_now() is not None
