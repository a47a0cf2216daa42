"""How a service consumes facts: it remembers, its policies react with commands, its own facts set
its timers.

At least once, with a command id that derives from policy, fact, command and target: the place
moves after every command has its answer, and a repeat finds the answer it had.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from events.envelope import Recorded
from runtime.decider import Command
from runtime.errands import Errands
from runtime.handling import Handler
from runtime.known import Known, KnownRows
from runtime.order import Order, command_id_of
from runtime.people.team import fold_team
from runtime.rooms import Service
from runtime.timing.rows import TimerRows


@dataclass
class ServiceSink:
    """Remembers what the room needs to know, folds its team, carries its policies out, and writes
    its timers down."""

    service: Service
    schema: str
    pool: Any
    handler: Handler
    _errands: Errands = field(init=False)
    _known: KnownRows = field(init=False)
    _timers: TimerRows = field(init=False)

    def __post_init__(self) -> None:
        self._errands = Errands(self.service, self.handler)
        self._known = KnownRows(self.service, self.schema)
        self._timers = TimerRows(self.service, self.schema)

    async def prepare(self, events: Sequence[Recorded]) -> None:
        by_production = defaultdict(list)
        for recorded in self._heard(events):
            by_production[recorded.production].append(recorded)
        known = await self._known.load(self.pool, list(by_production))
        await asyncio.gather(*(self._react_to(own, known) for own in by_production.values()))

    def _heard(self, events: Sequence[Recorded]) -> list[Recorded]:
        """Without those that are here for the timers alone: policies hear the logs they name."""
        return [recorded for recorded in events if recorded.log in self.service.hears]

    async def _react_to(self, events: Sequence[Recorded], of: Known) -> None:
        policies = self.service.policies
        for recorded in events:
            known = policies.hear(of[recorded.production], recorded)
            of[recorded.production] = known
            given: Counter[tuple[str, str]] = Counter()
            for command in policies.react(recorded, known):
                kind = type(command).__name__, self._errands.target(recorded.production, command)
                await self._carry_out(recorded, command, known, given[kind])
                given[kind] += 1

    async def _carry_out(self, cause: Recorded, command: Command, known: Any, ordinal: int) -> None:
        """`ordinal` counts the commands of one name to one stream that this fact brings about."""
        name, target = type(command).__name__, self._errands.target(cause.production, command)
        actor = f"policy:{self.service.name}"
        again = (str(ordinal),) if ordinal else ()
        await self._errands.run(
            Order(
                production=cause.production,
                command=command,
                command_id=command_id_of(actor, cause.id, name, target, *again),
                actor=actor,
                principal=cause.actor,
                known=known,
                correlation=cause.correlation,
                caused_by=cause,
            )
        )

    async def apply(self, connection: Any, events: Sequence[Recorded], prepared: None) -> None:
        await fold_team(connection, self.schema, events)
        await self._known.fold(connection, self._heard(events))
        own = [recorded for recorded in events if recorded.log == self.service.name]
        await self._timers.write(connection, own)

    def forget(self, log: str, partition: int) -> None:
        return None
