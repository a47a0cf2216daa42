"""How a service consumes other rooms' facts: it remembers, and its policies react with commands.

At least once, with a command id that derives from policy, fact, command and target: the place
moves after every command has its answer, and a repeat finds the answer it had.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import BaseModel

from events.envelope import Recorded
from runtime import metrics
from runtime.decider import Command
from runtime.handling import Handler, KeyReused
from runtime.log.contract import TooLarge
from runtime.order import HOPS_MAX, Order, command_id_of
from runtime.people.team import fold_team
from runtime.points import point
from runtime.reactions import RefuseReaction
from runtime.rooms import Service

REASON_CHARACTERS_MAX = 2_000

logger = structlog.get_logger()

Known = dict[str, BaseModel | None]
"""What the room remembers of productions, by their id."""


@dataclass
class ServiceSink:
    """Remembers what the room needs to know, folds its team, and carries its policies out."""

    service: Service
    schema: str
    pool: Any
    handler: Handler

    async def prepare(self, events: Sequence[Recorded]) -> None:
        by_production = defaultdict(list)
        for recorded in events:
            by_production[recorded.production].append(recorded)
        known = await self._load_known(list(by_production))
        await asyncio.gather(*(self._react_to(own, known) for own in by_production.values()))

    async def _react_to(self, events: Sequence[Recorded], of: Known) -> None:
        policies = self.service.policies
        for recorded in events:
            known = policies.hear(of[recorded.production], recorded)
            of[recorded.production] = known
            given: Counter[tuple[str, str]] = Counter()
            for command in policies.react(recorded, known):
                name, target = self._addressed(recorded, command)
                await self._carry_out(recorded, command, known, given[name, target])
                given[name, target] += 1

    def _addressed(self, cause: Recorded, command: Command) -> tuple[str, str]:
        decider = self.service.decider_of(type(command))
        return type(command).__name__, decider.stream(cause.production, command)

    async def _carry_out(self, cause: Recorded, command: Command, known: Any, ordinal: int) -> None:
        """`ordinal` counts the commands of one name to one stream that this fact brings about."""
        name, target = self._addressed(cause, command)
        actor = f"policy:{self.service.name}"
        again = (str(ordinal),) if ordinal else ()
        order = Order(
            production=cause.production,
            command=command,
            command_id=command_id_of(actor, cause.id, name, target, *again),
            actor=actor,
            principal=cause.actor,
            known=known,
            correlation=cause.correlation,
            caused_by=cause,
        )
        if cause.hops >= HOPS_MAX:
            refusal = {"code": "too-many-hops", "detail": f"over {HOPS_MAX} reactions in a row"}
        else:
            try:
                refusal = (await self.handler.handle(order)).refusal or {}
            except (KeyReused, TooLarge) as error:
                refusal = {"code": type(error).__name__, "detail": str(error)}
        point("after-reaction")
        if refusal:
            await self._refuse(order, name, target, refusal)

    async def _refuse(self, order: Order, name: str, target: str, refusal: dict[str, Any]) -> None:
        cause = order.caused_by
        assert cause is not None
        metrics.REACTIONS_REFUSED.labels(self.service.name, refusal["code"]).inc()
        logger.warning(
            "reaction_refused",
            room=self.service.name,
            command=name,
            target=target,
            cause=cause.id,
            code=refusal["code"],
        )
        command = RefuseReaction(
            cause=cause.id,
            command=name,
            target=target,
            code=refusal["code"],
            reason=refusal["detail"][:REASON_CHARACTERS_MAX] or refusal["code"],
        )
        await self.handler.handle(
            Order(
                production=order.production,
                command=command,
                command_id=command_id_of(order.command_id, "refused"),
                actor=order.actor,
                principal=order.principal,
                correlation=order.correlation,
                caused_by=cause,
            )
        )

    async def apply(self, connection: Any, events: Sequence[Recorded], prepared: None) -> None:
        await fold_team(connection, self.schema, events)
        if self.service.policies.nothing_known is not None:
            await self._remember(connection, events)

    async def _remember(self, connection: Any, events: Sequence[Recorded]) -> None:
        """Folds the facts into what the room knows now, one log's after the other's.

        What `prepare` read may be old: the room hears several logs at the same time, and all of
        them tell it of the same production.
        """
        hear = self.service.policies.hear
        productions = sorted({recorded.production for recorded in events})
        nothing = self.service.policies.nothing_known
        assert nothing is not None
        await connection.execute(
            f"""INSERT INTO {self.schema}.known SELECT unnest($1::uuid[]), $2::text::json
                ON CONFLICT DO NOTHING""",
            productions,
            nothing.model_dump_json(),
        )
        rows = await connection.fetch(
            f"""SELECT production::text, body::text FROM {self.schema}.known
                WHERE production = ANY($1::uuid[]) ORDER BY production FOR UPDATE""",
            productions,
        )
        before = {production: self.service.known(body) for production, body in rows}
        known = dict(before)
        for recorded in events:
            known[recorded.production] = hear(known[recorded.production], recorded)
        changed = {one: body for one, body in known.items() if body != before[one]}
        await connection.execute(
            f"""UPDATE {self.schema}.known SET body = new.body
                FROM unnest($1::uuid[], $2::text[]::json[]) AS new (production, body)
                WHERE known.production = new.production""",
            list(changed),
            [body.model_dump_json() for body in changed.values()],
        )

    async def _load_known(self, productions: list[str]) -> Known:
        nothing = self.service.policies.nothing_known
        known: Known = dict.fromkeys(productions, nothing)
        if nothing is not None:
            rows = await self.pool.fetch(
                f"SELECT production::text, body::text FROM {self.schema}.known "
                "WHERE production = ANY($1::uuid[])",
                productions,
            )
            for production, body in rows:
                known[production] = self.service.known(body)
        return known

    def forget(self, log: str, partition: int) -> None:
        return None
