"""The one path of every command: repeat, state, decision, append, answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any
from weakref import WeakValueDictionary

import orjson
from cachetools import LRUCache

from events.approval import Role
from events.envelope import Recorded, microseconds
from events.event import Event
from events.names import id_of
from runtime import metrics
from runtime.clock import DatabaseClock
from runtime.decider import Command, Context, Decider, Rejection
from runtime.log.coalesced import Coalesced
from runtime.log.committer import Committer
from runtime.log.contract import Answer, Append, Found, NewEvent, Outcome, Overloaded, Store
from runtime.people.vault import Sealer, seal_command
from runtime.rooms import Service
from runtime.web.token import Token

CACHE_BYTES_MAX = 64 * 1024 * 1024
CONFLICTS_MAX = 50
HOPS_MAX = 12
FIRST_PAGE = 100


def command_id_of(*words: str) -> str:
    """The id of a command, from what makes it the same command when it comes again."""
    return id_of("command", *words)


@dataclass(frozen=True)
class Order:
    """One command with what the edge knows of it. `caused_by` is the fact that a policy answers."""

    production: str
    command: Command
    command_id: str
    actor: str
    principal: str
    roles: frozenset[Role] = frozenset()
    known: Any = None
    correlation: str | None = None
    caused_by: Recorded | None = None


class KeyReused(Exception):
    """The idempotency key came before with another body."""


@dataclass(frozen=True)
class Handled:
    """What became of a command: its facts, or the refusal, and whether it was answered before."""

    recorded: tuple[Recorded, ...] = ()
    token: Token | None = None
    refusal: dict[str, Any] | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Folded:
    state: Any
    version: int
    size_bytes: int


@dataclass
class Handler:
    """Handles every command of one service in this process.

    States are cached, bounded by the bytes of the events that made them. A stale state does no
    harm: each decision, a refusal too, is checked against the stream's version by the committer.
    """

    service: Service
    store: Store
    committer: Committer
    vault: Sealer
    clock: DatabaseClock
    _repeats: Coalesced[str, Found] = field(init=False)
    _beginnings: Coalesced[str, list[Recorded]] = field(init=False)
    _states: LRUCache[str, _Folded] = field(init=False)
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def __post_init__(self) -> None:
        self._repeats = Coalesced(self.store.find)
        self._beginnings = Coalesced(lambda streams: self.store.of_streams(streams, FIRST_PAGE))
        self._states = LRUCache(CACHE_BYTES_MAX, getsizeof=lambda folded: folded.size_bytes)

    async def handle(self, order: Order) -> Handled:
        """Decides and records.

        Raises:
            KeyReused: the command id came before with another body.
            TooLarge, Overloaded, Unavailable: as the committer says.
        """
        command = order.command
        if order.caused_by is None:
            command = await seal_command(self.vault, command, order.actor)
        fingerprint = _fingerprint(order.production, command)
        found = await self._repeats.get(order.command_id)
        if found is not None:
            return await self._again(order, fingerprint)
        decider = self.service.decider_of(type(command))
        stream = decider.stream(order.production, command)
        context = Context(
            production=order.production,
            actor=order.actor,
            principal=order.principal,
            at=await self.clock.now(),
            roles=order.roles,
            known=order.known,
        )
        lock = self._locks.setdefault(stream, asyncio.Lock())
        async with lock:
            for _ in range(CONFLICTS_MAX):
                folded = await self._state(decider, stream)
                events, refusal = _decision(decider, folded.state, command, context)
                append = _append(
                    order, stream, folded.version, fingerprint, events, refusal, context.at
                )
                answer = await self.committer.append(append)
                match answer.outcome:
                    case Outcome.RECORDED:
                        self._keep(decider, stream, folded, events, append, answer)
                        return _recorded(self.service.name, append, answer)
                    case Outcome.NOTHING:
                        return Handled(token=_token(self.service.name, answer), refusal=refusal)
                    case Outcome.CONFLICT:
                        metrics.CONFLICTS.labels(self.service.name).inc()
                        await self._catch_up(decider, stream, folded)
                    case Outcome.REPEAT | Outcome.MISMATCH:
                        return await self._again(order, fingerprint)
        raise Overloaded(f"{stream} is changed by others faster than this command can be decided")

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

    async def _state(self, decider: Decider[Any, Any], stream: str) -> _Folded:
        cached = self._states.get(stream)
        if cached is not None:
            return cached
        first = await self._beginnings.get(stream) or []
        folded = _folded(decider, _Folded(decider.initial, 0, 200), first)
        if len(first) == FIRST_PAGE:
            return await self._catch_up(decider, stream, folded)
        self._remember(stream, folded)
        return folded

    async def _catch_up(self, decider: Decider[Any, Any], stream: str, folded: _Folded) -> _Folded:
        """Folds what the log holds behind `folded`."""
        while page := await self.store.of_stream(stream, folded.version):
            folded = _folded(decider, folded, page)
        self._remember(stream, folded)
        return folded

    def _keep(
        self,
        decider: Decider[Any, Any],
        stream: str,
        folded: _Folded,
        events: Sequence[Event],
        append: Append,
        answer: Answer,
    ) -> None:
        state = decider.fold(events, folded.state)
        self._remember(
            stream, _Folded(state, answer.version, folded.size_bytes + append.size_bytes)
        )

    def _remember(self, stream: str, folded: _Folded) -> None:
        if folded.size_bytes <= self._states.maxsize:
            self._states[stream] = folded
        else:
            self._states.pop(stream, None)


def _folded(decider: Decider[Any, Any], folded: _Folded, page: Sequence[Recorded]) -> _Folded:
    if not page:
        return folded
    return _Folded(
        decider.fold([recorded.event for recorded in page], folded.state),
        page[-1].version,
        folded.size_bytes + sum(len(recorded.payload) for recorded in page),
    )


def _decision(
    decider: Decider[Any, Any], state: Any, command: Command, context: Context
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


def _fingerprint(production: str, command: Command) -> bytes:
    words = (production, type(command).__name__, command.model_dump_json())
    return sha256("\x1f".join(words).encode()).digest()


def _append(
    order: Order,
    stream: str,
    expected: int,
    fingerprint: bytes,
    events: Sequence[Event],
    refusal: dict[str, Any] | None,
    at: datetime,
) -> Append:
    cause = order.caused_by
    return Append(
        command_id=order.command_id,
        fingerprint=fingerprint,
        production=order.production,
        stream=stream,
        expected=expected,
        actor=order.actor,
        correlation=order.correlation or order.command_id,
        causation=cause.id if cause else None,
        hops=cause.hops + 1 if cause else 0,
        caused_at_us=cause.recorded_at_us if cause else 0,
        events=tuple(
            NewEvent(
                id_of("event", order.command_id, str(ordinal)),
                *event.wire(),
                event.encode(),
                _effective_at_us(event, at),
            )
            for ordinal, event in enumerate(events)
        ),
        outcome=orjson.dumps(refusal).decode() if refusal else "{}",
    )


def _effective_at_us(event: Event, at: datetime) -> int:
    """A fact of a day holds from that day's beginning in UTC, any other from its command's time."""
    day = event.effective_on()
    return microseconds(at if day is None else datetime.combine(day, time(), UTC))


def _recorded(log: str, append: Append, answer: Answer) -> Handled:
    first_version = answer.version - len(append.events) + 1
    recorded = tuple(
        Recorded(
            log=log,
            production=append.production,
            stream=append.stream,
            version=first_version + ordinal,
            position=answer.first_position + ordinal,
            partition=answer.partition,
            previous=answer.first_position + ordinal - 1 if ordinal else answer.before,
            id=event.id,
            ordinal=ordinal,
            type=event.type,
            schema_version=event.schema_version,
            payload=event.payload,
            recorded_at_us=answer.time_us + ordinal,
            effective_at_us=event.effective_at_us,
            actor=append.actor,
            command_id=append.command_id,
            correlation=append.correlation,
            causation=append.causation,
            hops=append.hops,
            hash=answer.hashes[ordinal],
        )
        for ordinal, event in enumerate(append.events)
    )
    return Handled(recorded, _token(log, answer))


def _token(log: str, answer: Answer) -> Token:
    last = answer.before
    if answer.outcome is Outcome.RECORDED:
        last = answer.first_position + len(answer.hashes) - 1
    return Token(log, answer.incarnation, answer.partition, last)
