"""What a package holds: one production's facts in every log, up to one moment of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from events.approval import ProductionOpened, Role
from events.envelope import Recorded, microseconds, moment_of, verified
from runtime import rooms
from runtime.log.postgres import PostgresStore
from runtime.pools import Pools

PAGE_EVENTS = 5_000


class NoSuchProduction(LookupError):
    """No log holds anything of it at that moment."""


class NotYet(ValueError):
    """The moment has not come."""


@dataclass(frozen=True)
class End:
    """How far one log was at the moment: the last position in it, of any production."""

    incarnation: str
    position: int
    recorded_at_us: int


@dataclass(frozen=True)
class History:
    """One production at `at`. `left_out` says of logs why they are not handed over, though what is
    not restricted of them may be told."""

    production: str
    at: datetime
    ends: Mapping[str, End]
    events: Mapping[str, Sequence[Recorded]]
    left_out: Mapping[str, str]

    @cached_property
    def opened(self) -> ProductionOpened:
        """Its opening; raises `NoSuchProduction`."""
        for recorded in self.in_order:
            if isinstance(recorded.event, ProductionOpened):
                return recorded.event
        raise NoSuchProduction(
            f"no production {self.production} had been opened by {self.at:%Y-%m-%d %H:%M:%S} UTC"
        )

    @cached_property
    def in_order(self) -> list[Recorded]:
        """The facts of all logs, each behind its cause."""
        found = (recorded for events in self.events.values() for recorded in events)
        return sorted(found, key=lambda recorded: recorded.recorded_at_us)

    @property
    def handed_over(self) -> dict[str, Sequence[Recorded]]:
        """The facts of the logs that are not left out."""
        return {log: told for log, told in self.events.items() if log not in self.left_out}


def left_out_for(role: Role) -> dict[str, str]:
    """The logs that are not for that role, each with why."""
    return {
        name: f"it is not for the role {role.value}"
        for name, service in rooms.services().items()
        if service.trail_for is not None and role not in service.trail_for
    }


async def history_of(
    pools: Pools, production: str, as_of: datetime | None, left_out: Mapping[str, str]
) -> History:
    """What all logs hold of `production`, with its chains checked.

    Raises:
        BrokenChain: a log was changed; nothing is handed out of it.
        NoSuchProduction, NotYet: with the cure.
    """
    logs = list(rooms.services())
    at_us = await _time(pools, logs, as_of)
    ends = {log: await _end(pools, log, at_us) for log in logs}
    events = {log: await _events(pools, log, production, ends[log].position) for log in logs}
    for told in events.values():
        verified(told)
    found = History(production, moment_of(at_us), ends, events, left_out)
    _ = found.opened
    return found


async def _time(pools: Pools, logs: Sequence[str], as_of: datetime | None) -> int:
    """The moment, in µs; without one, now by the clock that is furthest behind."""
    now_us = min([await _now(pools, log) for log in logs])
    if as_of is None:
        return now_us
    if microseconds(as_of) > now_us:
        raise NotYet(f"{as_of.isoformat()} has not come: it is {moment_of(now_us).isoformat()} now")
    return microseconds(as_of)


async def _now(pools: Pools, log: str) -> int:
    return await PostgresStore(log, await pools.of(log)).now_us()


async def _end(pools: Pools, log: str, at_us: int) -> End:
    """Where the log was. Whoever appends holds the same lock and takes his time under it, so that
    nothing can come in before `at_us` afterwards, and the moment stays what it is."""
    pool = await pools.of(log)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('reel.append.' || $1::text, 0))", log
        )
        # Positions and times rise together, so that the last one is found from the end.
        row = await connection.fetchrow(
            f"""SELECT h.incarnation::text, coalesce(e.position, 0), coalesce(e.recorded_at, 0)
                FROM {log}.head h LEFT JOIN LATERAL (
                    SELECT position, recorded_at FROM {log}.event WHERE recorded_at <= $1
                    ORDER BY position DESC LIMIT 1) e ON true""",
            at_us,
        )
    assert row is not None
    return End(*row)


async def _events(pools: Pools, log: str, production: str, until: int) -> list[Recorded]:
    store = PostgresStore(log, await pools.of(log))
    found: list[Recorded] = []
    while page := await store.of_production(
        production, found[-1].position if found else 0, PAGE_EVENTS
    ):
        found += [recorded for recorded in page if recorded.position <= until]
        if page[-1].position >= until or len(page) < PAGE_EVENTS:
            break
    return found
