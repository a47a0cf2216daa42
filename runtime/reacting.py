"""How a service consumes facts: it remembers, its policies react with commands, its own facts set
its timers.

At least once, with a command id that derives from policy, fact, target and the command itself: the
place moves after every command has its answer, and a repeat finds the answer it had. What was
answered from a memory that another log has added to meanwhile is answered again from the new one,
before the place moves; what was answered before a rewind is not answered after it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from events.envelope import Recorded
from events.event import Event
from runtime.answered import Answered, AnsweredRows
from runtime.decider import Command
from runtime.errands import Errands
from runtime.handling import Handler
from runtime.known import KnownRows, KnownTable, Stored, StoredKnown
from runtime.order import Order, command_id_of
from runtime.people.erasure import carry_out
from runtime.people.team import fold_team
from runtime.reading.parking import Parked
from runtime.reading.place import Place
from runtime.reading.trouble import HalfHeard, TooEarly
from runtime.rooms import Service
from runtime.timing.rows import TimerRows


class AnsweredTable(Protocol):
    """How far a room's policies have answered; `AnsweredRows` says what each method does."""

    async def before(self, connection: Any, behind: Place | Parked) -> Answered: ...

    async def are_held_by(self, pool: Any, incarnation: str) -> None: ...


class TimerTable(Protocol):
    """A room's timers, as far as facts set them; see `TimerRows`."""

    async def write(self, connection: Any, events: Sequence[Recorded]) -> None: ...


@dataclass(frozen=True)
class RoomTables:
    """Where a room keeps what it makes of facts. `save_team` writes what they say of teams."""

    known: KnownTable
    answered: AnsweredTable
    timers: TimerTable
    save_team: Callable[[Any, Sequence[Recorded]], Awaitable[None]]


def _tables_in(schema: str, service: Service) -> RoomTables:
    async def save_team(connection: Any, events: Sequence[Recorded]) -> None:
        await fold_team(connection, schema, events)

    return RoomTables(
        StoredKnown(schema), AnsweredRows(service, schema), TimerRows(service, schema), save_team
    )


@dataclass
class ServiceSink:
    """Remembers what the room needs to know, folds its team, carries its policies out, and writes
    its timers down: to `tables`, which are those of its schema unless they are told."""

    service: Service
    schema: str
    pool: Any
    handler: Handler
    tables: RoomTables | None = None
    _errands: Errands = field(init=False)
    _known: KnownRows = field(init=False)
    _tables: RoomTables = field(init=False)
    _reacted_to: tuple[type[Event], ...] = field(init=False)
    _answers_are_there: bool = False

    def __post_init__(self) -> None:
        self._reacted_to = tuple({one.on for one in self.service.policies.reactions})
        self._errands = Errands(self.service, self.handler)
        self._tables = self.tables or _tables_in(self.schema, self.service)
        self._known = KnownRows(self.service, self._tables.known)

    async def prepare(self, events: Sequence[Recorded], behind: Place | Parked) -> Stored:
        """Gives the commands that answer these facts, and tells from what memory. What this room's
        own facts erase is erased before its place moves."""
        await carry_out(self.handler.vault, self._own(events))
        by_production = defaultdict(list)
        last_asking: dict[str, int] = {}
        for recorded in self._heard(events):
            by_production[recorded.production].append(recorded)
            if isinstance(recorded.event, self._reacted_to):
                last_asking[recorded.production] = recorded.position
        if not last_asking:
            return {}
        await self._see_that_answers_are_there()
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            answered = await self._tables.answered.before(connection, behind)
            stored = await self._known.stored(connection, list(last_asking))
        fresh = {
            production: stored[production]
            for production, last in last_asking.items()
            if not answered.has(production, last)
        }
        if fresh and answered.lacks:
            raise TooEarly(f"what {answered.lacks} told before the rewind is not heard yet")
        if fresh.keys() & answered.half_heard:
            raise HalfHeard("another log has told more before the rewind, and that is parked")
        known = self._known.read(fresh)
        await _all_of(self._react_to(by_production[one], known[one], answered) for one in fresh)
        return fresh

    async def _see_that_answers_are_there(self) -> None:
        """Once in a process: a log is restored while none runs."""
        if not self._answers_are_there:
            heads = await self.handler.store.heads()
            await self._tables.answered.are_held_by(self.pool, heads.incarnation)
            self._answers_are_there = True

    def _heard(self, events: Sequence[Recorded]) -> list[Recorded]:
        """Without those that are here for the timers alone: policies hear the logs they name."""
        return [recorded for recorded in events if recorded.log in self.service.hears]

    async def _react_to(self, events: Sequence[Recorded], known: Any, answered: Answered) -> None:
        policies = self.service.policies
        for recorded in events:
            known = policies.hear(known, recorded)
            if not answered.has(recorded.production, recorded.position):
                for command in policies.react(recorded, known):
                    await self._carry_out(recorded, command, known)

    async def _carry_out(self, cause: Recorded, command: Command, known: Any) -> None:
        name, target = type(command).__name__, self._errands.target(cause.production, command)
        actor, body = f"policy:{self.service.name}", command.model_dump_json()
        await self._errands.run(
            Order(
                production=cause.production,
                command=command,
                command_id=command_id_of(actor, cause.id, name, target, body),
                actor=actor,
                principal=cause.actor,
                known=known,
                correlation=cause.correlation,
                caused_by=cause,
            )
        )

    async def apply(self, connection: Any, events: Sequence[Recorded], prepared: Stored) -> None:
        await self._tables.save_team(connection, events)
        await self._known.fold(connection, self._heard(events), since=prepared)
        await self._tables.timers.write(connection, self._own(events))

    def _own(self, events: Sequence[Recorded]) -> list[Recorded]:
        """The facts of this room's own log."""
        return [recorded for recorded in events if recorded.log == self.service.name]

    def forget(self, log: str, partition: int) -> None:
        return None


async def _all_of(works: Iterable[Awaitable[None]]) -> None:
    """Does them side by side, and raises what went wrong once none of them is under way."""
    for error in await asyncio.gather(*works, return_exceptions=True):
        if error is not None:
            raise error
