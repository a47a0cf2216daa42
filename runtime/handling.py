"""The one path of every command: repeat, state, decision, append, answer."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import orjson

from events.envelope import Recorded
from events.event import Event
from runtime import metrics
from runtime.clock import DatabaseClock
from runtime.decider import Command, Context, Decider, Rejection
from runtime.log.coalesced import Coalesced
from runtime.log.committer import Committer
from runtime.log.contract import Found, Outcome, Overloaded, Store
from runtime.order import Order
from runtime.people.erasure import carry_out
from runtime.people.sealing import seal_command
from runtime.people.vault import Sealer
from runtime.recording import append_of, fingerprint_of, recorded_by, token_of
from runtime.rooms import Service
from runtime.settings import STATES_MIB
from runtime.snapshots.keeper import Keeper
from runtime.snapshots.streams import SnapshotGone
from runtime.states import States
from runtime.web.token import Token

CONFLICTS_MAX = 50


class KeyReused(Exception):
    """The idempotency key came before with another body."""


@dataclass(frozen=True)
class Handled:
    """What became of a command: its facts, or the refusal, and whether it was answered before."""

    recorded: tuple[Recorded, ...] = ()
    token: Token | None = None
    refusal: dict[str, Any] | None = None
    replayed: bool = False


@dataclass
class Handler:
    """Handles every command of one service in this process.

    A stale state does no harm: each decision, a refusal too, is checked against the stream's
    version by the committer.
    """

    service: Service
    store: Store
    committer: Committer
    vault: Sealer
    clock: DatabaseClock
    keeper: Keeper | None = None
    states_mib: int = STATES_MIB
    _repeats: Coalesced[str, Found] = field(init=False)
    _states: States = field(init=False)
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def __post_init__(self) -> None:
        self._repeats = Coalesced(self.store.find)
        self._states = States(self.store, self.keeper, self.states_mib)

    async def handle(self, order: Order) -> Handled:
        """Decides and records.

        Raises:
            KeyReused: the command id came before with another body.
            TooLarge, Overloaded, Unavailable: as the committer says.
        """
        handled = await self._handle(order)
        await carry_out(self.vault, handled.recorded)
        return handled

    async def _handle(self, order: Order) -> Handled:
        command = order.command
        if order.caused_by is None:
            command = await seal_command(self.vault, command, order.actor)
        fingerprint = fingerprint_of(order.production, command)
        found = await self._repeats.get(order.command_id)
        if found is not None:
            return await self._again(order, fingerprint)
        decider = self.service.decider_of(type(command))
        stream = decider.stream(order.production, command)
        context = Context(
            production=order.production,
            actor=order.actor,
            principal=order.principal,
            at=await self._time_of(order),
            roles=order.roles,
            known=order.known,
            key=await self._key_of(command),
        )
        lock = self._locks.setdefault(stream, asyncio.Lock())
        async with lock:
            for _ in range(CONFLICTS_MAX):
                folded, (events, refusal) = await self._states.ask(
                    decider, stream, partial(_decision, decider, command, context)
                )
                append = append_of(
                    order, stream, folded.version, fingerprint, events, refusal, context.at
                )
                answer = await self.committer.append(append)
                match answer.outcome:
                    case Outcome.RECORDED:
                        await self._states.keep(decider, stream, folded, events, append, answer)
                        return Handled(
                            recorded_by(self.service.name, append, answer),
                            token_of(self.service.name, answer),
                        )
                    case Outcome.NOTHING:
                        return Handled(token=token_of(self.service.name, answer), refusal=refusal)
                    case Outcome.CONFLICT:
                        metrics.CONFLICTS.labels(self.service.name).inc()
                        with suppress(SnapshotGone):
                            await self._states.catch_up(decider, stream, folded)
                    case Outcome.REPEAT | Outcome.MISMATCH:
                        return await self._again(order, fingerprint)
        raise Overloaded(f"{stream} is changed by others faster than this command can be decided")

    async def _key_of(self, command: Command) -> str | None:
        """The name of the key that the command is to destroy."""
        if command.ERASES is None:
            return None
        return await self.vault.key_name(getattr(command, command.ERASES))

    async def _time_of(self, order: Order) -> datetime:
        now = await self.clock.now()
        return now if order.not_before is None else max(now, order.not_before)

    async def _again(self, order: Order, fingerprint: bytes) -> Handled:
        """The answer that this command had before."""
        found = (await self.store.find([order.command_id]))[order.command_id]
        if found.fingerprint != fingerprint:
            raise KeyReused(
                "this Idempotency-Key came before with another body: "
                "use a new key for a new command"
            )
        if found.stream is None:
            refusal = orjson.loads(found.outcome or "{}") or None
            return Handled(refusal=refusal, replayed=True)
        recorded = await self._facts_of(order.command_id, found.stream, found.version)
        heads = await self.store.heads()
        last = recorded[-1]
        token = Token(self.service.name, heads.incarnation, last.partition, last.position)
        return Handled(recorded, token, replayed=True)

    async def _facts_of(
        self, command_id: str, stream: str, first_version: int
    ) -> tuple[Recorded, ...]:
        """The facts of one command stand side by side in its stream."""
        recorded: list[Recorded] = []
        after = first_version - 1
        while page := await self.store.of_stream(stream, after, 200):
            own = [one for one in page if one.command_id == command_id]
            recorded += own
            if len(own) < len(page):
                break
            after = page[-1].version
        return tuple(recorded)


def _decision(
    decider: Decider[Any, Any], command: Command, context: Context, state: Any
) -> tuple[Sequence[Event], dict[str, Any] | None]:
    try:
        return decider.decide(state, command, context), None
    except Rejection as rejection:
        return (), {
            "code": rejection.code,
            "status": rejection.STATUS,
            "detail": str(rejection),
            "problems": list(rejection.problems),
        }
