"""Whether the database's clock may be believed: a clock that jumps would fire what is not due."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from runtime import metrics

BACK_MAX = timedelta(seconds=5)
"""A clock that is corrected may step back by as much; more of it would judge due times twice."""
AHEAD_MAX = timedelta(hours=1)
"""By how much more than a process has lived through the clock may go on: far beyond what clocks
drift between two looks, and less than any deadline of the trade."""
AWAY_MAX = timedelta(days=30)
"""How long a room may have been down: nobody knows how long it was, and a month is a holiday."""
SEEN_EVERY = timedelta(seconds=5)

logger = structlog.get_logger()


def lived_seconds() -> float:
    """Seconds that only go on, those that this machine slept included."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True)
class Believed:
    """The last time of the database that was believed, and what this process counted then."""

    at: datetime
    lived: float
    ahead_max: timedelta


def jump(believed: Believed, seen_at: datetime, now: datetime, lived: float) -> str | None:
    """How the clock jumped since `believed`, if it did; `seen_at` is what any process has seen."""
    last = max(believed.at, seen_at)
    if now < last - BACK_MAX:
        return f"the database's clock went back from {last:%F %T} to {now:%F %T} UTC"
    expected = believed.at + timedelta(seconds=lived - believed.lived)
    if now > expected + believed.ahead_max:
        ahead = timedelta(seconds=(now - expected) // timedelta(seconds=1))
        return f"the database's clock says {now:%F %T} UTC, {ahead} later than it could be"
    return None


class ClockWatch:
    """Looks at the database's clock for one room's timers, and halts them when it has jumped.

    What was believed is kept beside the timers, and so is the halt: neither another process nor
    the next one takes a jump for the passing of time. A clock that goes back to where it should be
    ends the halt by itself, an operator by `accept`.
    """

    def __init__(self, room: str, schema: str, lived: Callable[[], float] = lived_seconds) -> None:
        self.halted: str | None = None
        self._room = room
        self._schema = schema
        self._lived = lived
        self._believed: Believed | None = None
        self._accepted_at: datetime | None = None

    async def look(self, connection: Any, now: datetime) -> None:
        """Judges `now`, the database's own time: afterwards `halted` says whether timers may fire.

        The first look of a process goes by what another has believed before it.
        """
        seen_at, halted, accepted_at = await self._kept(connection, now)
        if self._believed is None or accepted_at != self._accepted_at:
            bound = AHEAD_MAX if halted else AWAY_MAX
            self._believed = Believed(seen_at, self._lived(), bound)
            self._accepted_at = accepted_at
        reason = jump(self._believed, seen_at, now, self._lived())
        if reason is None:
            self._believed = Believed(now, self._lived(), AHEAD_MAX)
        await self._say(connection, reason, halted)
        if reason is None and now >= seen_at + SEEN_EVERY:
            await connection.execute(
                f"UPDATE {self._schema}.clock SET seen_at = greatest(seen_at, $1)", now
            )

    async def _kept(
        self, connection: Any, now: datetime
    ) -> tuple[datetime, str | None, datetime | None]:
        select = f"SELECT seen_at, halted, accepted_at FROM {self._schema}.clock"
        row = await connection.fetchrow(select)
        if row is None:
            await connection.execute(
                f"INSERT INTO {self._schema}.clock (seen_at) VALUES ($1) ON CONFLICT DO NOTHING",
                now,
            )
            row = await connection.fetchrow(select)
        return row[0], row[1], row[2]

    async def _say(self, connection: Any, reason: str | None, kept: str | None) -> None:
        if reason and not self.halted:
            logger.error("timers_halted", room=self._room, reason=reason)
        if self.halted and not reason:
            logger.warning("timers_resumed", room=self._room)
        self.halted = reason
        metrics.TIMERS_HALTED.labels(self._room).set(reason is not None)
        if (reason is None) != (kept is None):
            await connection.execute(f"UPDATE {self._schema}.clock SET halted = $1", reason)


async def accept(connection: Any, schema: str) -> datetime:
    """Believes what the database's clock says now, whatever was believed before; answers it."""
    at: datetime = await connection.fetchval(
        f"""INSERT INTO {schema}.clock (seen_at, accepted_at)
            VALUES (clock_timestamp(), clock_timestamp())
            ON CONFLICT (one) DO UPDATE SET seen_at = EXCLUDED.seen_at, halted = NULL,
                accepted_at = EXCLUDED.accepted_at
            RETURNING accepted_at"""
    )
    return at


async def why_halted(connection: Any, schema: str) -> str | None:
    """Why the timers behind this schema are halted; None while they fire."""
    reason: str | None = await connection.fetchval(f"SELECT halted FROM {schema}.clock")
    return reason
