"""Gives the commands of a room's timers once their time has come, by the database's clock.

At least once, with a command id that derives from the timer: its row goes after the command has
its answer, and whoever fires it again, another replica or the next process, finds that answer.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from runtime import metrics
from runtime.clock import DatabaseClock
from runtime.errands import Errands
from runtime.handling import Handler
from runtime.known import KnownRows, StoredKnown
from runtime.log.contract import Store
from runtime.order import Order
from runtime.points import point
from runtime.reading.trouble import TRANSIENT
from runtime.rooms import Service
from runtime.timing.rows import AT_ONCE_MAX, Due, TimerRows, Waiting, timer_command_id
from runtime.timing.watch import ClockWatch

LOOK_SECONDS = 1.0
"""How long a timer that was just set may go unnoticed."""
SOON_SECONDS = 0.1
"""When to look again for a timer whose room has not heard everything yet."""
FAILED_SECONDS = 30.0
"""When a timer that this build cannot give is tried again."""

logger = structlog.get_logger()


class Timers:
    """The timers of one room in this process."""

    def __init__(
        self,
        service: Service,
        schema: str,
        pool: Any,
        store: Store,
        handler: Handler,
        clock: DatabaseClock,
        watch: ClockWatch | None = None,
    ) -> None:
        self._service = service
        self._pool = pool
        self._store = store
        self._clock = clock
        self._watch = watch or ClockWatch(service.name, schema)
        self._rows = TimerRows(service, schema)
        self._known = KnownRows(service, StoredKnown(schema))
        self._errands = Errands(service, handler)
        self._heard_until: dict[str, int] = {}
        self._failed: dict[str, tuple[str, float]] = {}
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Fires what is due until cancelled; sleeps until the next is, or until `wake`."""
        while True:
            try:
                pause = await self.look()
            except TRANSIENT as error:
                logger.warning("timers_wait", room=self._service.name, error=repr(error))
                pause = LOOK_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()

    def wake(self) -> None:
        """Lets the loop look now: the clock was advanced."""
        self._woken.set()

    async def look(self) -> float:
        """Fires what is due, if the clock may be believed; answers when to look again, in
        seconds."""
        await self._watch.look(self._pool, await self._clock.read())
        if self._watch.halted:
            return LOOK_SECONDS
        now = await self._clock.now()
        if await self.fire_due(now):
            return SOON_SECONDS
        following = await self._rows.next_after(self._pool, now)
        if following is None:
            return LOOK_SECONDS
        return min((following - now) / timedelta(seconds=1), LOOK_SECONDS)

    async def fire_due(self, now: datetime) -> bool:
        """Gives the commands of the timers that are due at `now`; answers whether it is worth
        looking again soon.

        A timer waits until its room has folded all that its log held when it was found to be due:
        what was to take it away may be among that.
        """
        due = await self._rows.due(self._pool, now)
        late = (now - due[0].timer.due_at) / timedelta(seconds=1) if due else 0.0
        metrics.TIMERS_LATE.labels(self._service.name).set(late)
        ready = await self._ready(due)
        by_production: dict[str, list[Waiting]] = defaultdict(list)
        for timer in ready:
            by_production[timer.production].append(timer)
        await asyncio.gather(*(self._fire_in_turn(own) for own in by_production.values()))
        return len(due) == AT_ONCE_MAX or len(due) > len(ready) + len(self._failed)

    async def _ready(self, due: Sequence[Due]) -> list[Waiting]:
        if not due:
            self._heard_until, self._failed = {}, {}
            return []
        heads = await self._store.heads()
        found = {self._id(one.timer): one for one in due}
        self._heard_until = {
            id_: self._heard_until.get(id_, heads.partitions[one.timer.partition])
            for id_, one in found.items()
        }
        self._failed = {id_: why for id_, why in self._failed.items() if id_ in found}
        return [
            one.timer
            for id_, one in found.items()
            if one.incarnation == heads.incarnation
            and one.position >= self._heard_until[id_]
            and self._failed.get(id_, ("", 0.0))[1] <= time.monotonic()
        ]

    def _id(self, timer: Waiting) -> str:
        return timer_command_id(
            self._service.name, timer.production, timer.key, timer.due_at, timer.cause.id
        )

    async def _fire_in_turn(self, timers: Sequence[Waiting]) -> None:
        """The timers of one production, in the order of their due times."""
        for timer in timers:
            try:
                await self._fire(timer)
                self._failed.pop(self._id(timer), None)
            except TRANSIENT as error:
                logger.warning("timer_waits", room=self._service.name, error=repr(error))
                return
            except Exception as error:
                logger.exception("timer_failed", room=self._service.name, key=timer.key)
                again_at = time.monotonic() + FAILED_SECONDS
                self._failed[self._id(timer)] = type(error).__name__, again_at

    async def _fire(self, timer: Waiting) -> None:
        point("before-timer")
        known = await self._known.load(self._pool, [timer.production])
        await self._errands.run(
            Order(
                production=timer.production,
                command=timer.command_of(self._service),
                command_id=self._id(timer),
                actor=f"timer:{self._service.name}",
                principal=timer.cause.actor,
                known=known[timer.production],
                correlation=timer.cause.correlation,
                caused_by=timer.cause,
                not_before=timer.due_at,
            )
        )
        point("after-timer")
        await self._rows.done(self._pool, timer)
        metrics.TIMERS_FIRED.labels(self._service.name).inc()

    def unready(self) -> list[str]:
        """Why this room's timers should not be relied upon now; empty when they should."""
        name = self._service.name
        reasons = [f"timers of {name}: {self._watch.halted}"] if self._watch.halted else []
        if self._failed:
            kinds = ", ".join(sorted({why for why, _ in self._failed.values()}))
            reasons.append(f"timers of {name}: {len(self._failed)} cannot be given ({kinds})")
        return reasons
