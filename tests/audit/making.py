"""Logs of several films as the rooms record them, with causes across logs, and anchors of them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.envelope import Recorded
from events.names import id_of
from runtime.audit.anchors import Anchors, Source
from runtime.audit.findings import Incarnation, Standing
from runtime.audit.heads import ChainEnd, Head, Statement
from runtime.audit.lines import SignedHeads
from runtime.audit.signing import key_id, sign
from runtime.log.contract import Append, NewEvent, Outcome, Store
from runtime.log.memory import MemoryStore
from tests.carrying.history import VOCABULARY, done, lived

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOGS = ("approval", "budget")
FILMS = [id_of("film", str(number)) for number in range(3)]


def commands_of(seed: int, steps: int = 110) -> list[tuple[str, Append]]:
    """Commands of several films in one order, each with its log; the same seed, the same commands."""
    chance = random.Random(seed)
    waiting: dict[tuple[str, str], list[Append]] = {}
    for film in FILMS:
        for log, facts in lived(film, chance.choices(VOCABULARY, k=steps)).items():
            for number, (_, events) in enumerate(groupby(facts, lambda one: one.command_id)):
                append = _command(f"{film} {log} {number}", list(events))
                waiting.setdefault((film, log), []).append(append)
    order: list[tuple[str, Append]] = []
    while waiting:
        film, log = chance.choice(sorted(waiting))
        order.append((log, waiting[film, log].pop(0)))
        if not waiting[film, log]:
            del waiting[film, log]
    return order


def _command(name: str, events: Sequence[Recorded]) -> Append:
    first = events[0]
    return Append(
        command_id=id_of("command", name),
        fingerprint=name.encode(),
        production=first.production,
        stream=first.stream,
        expected=first.version - 1,
        actor=first.actor,
        correlation=name[-20:],
        events=tuple(
            NewEvent(
                id_of("event", name, str(one.ordinal)),
                one.type,
                one.schema_version,
                one.payload,
                one.effective_at_us,
            )
            for one in events
        ),
    )


async def record(stores: Mapping[str, Store], order: Sequence[tuple[str, Append]]) -> None:
    """Records the commands; every third one that can answers a fact of the other log."""
    last: dict[tuple[str, str], Recorded] = {}
    for number, (log, given) in enumerate(order):
        append = given
        cause = next(
            (
                last[other, append.production]
                for other in stores
                if other != log and (other, append.production) in last
            ),
            None,
        )
        if cause is not None and number % 3 == 0:
            append = replace(
                append,
                actor=f"policy:{log}",
                causation=cause.id,
                caused_at_us=cause.recorded_at_us,
                hops=cause.hops + 1,
            )
        (answer,) = await stores[log].append([append])
        assert answer.outcome is Outcome.RECORDED
        (last[log, append.production],) = await stores[log].page(
            answer.first_position + len(append.events) - 2, 1
        )


def head_of(log: str, incarnation: str, events: Sequence[Recorded]) -> Head:
    ends = {one.production: ChainEnd(one.production, one.position, one.hash) for one in events}
    time_us = events[-1].recorded_at_us if events else 0
    return Head.of(log, incarnation, time_us, ends.values())


@dataclass
class Books:
    """Both logs, and the lines that were anchored as they grew."""

    logs: dict[str, list[Recorded]]
    incarnations: dict[str, str]
    lines: list[str] = field(default_factory=list)

    def anchor(self, key: Ed25519PrivateKey = KEY) -> Statement:
        """Signs where the logs are."""
        before = SignedHeads.of_line(self.lines[-1]).statement if self.lines else None
        heads = tuple(head_of(log, self.incarnations[log], self.logs[log]) for log in LOGS)
        at_us = before.at_us + 1 if before else 1_790_000_000_000_000
        statement = Statement(
            at_us, key_id(key.public_key()), heads, before.digest if before else None
        )
        self.lines.append(sign(statement, key).line)
        return statement

    def anchors(self) -> Anchors:
        """The lines as an outsider reads them."""
        return Anchors.of([Source("file anchors.reel", self.lines, whole=True)], [KEY.public_key()])

    def readable(self) -> "list[MemoryLog]":
        return [MemoryLog(log, self.logs[log], self.incarnations[log]) for log in LOGS]


def kept_books(seed: int = 0, parts: int = 5) -> Books:
    """Books of which all but the last part is anchored, part by part."""
    stores = {log: MemoryStore(log) for log in LOGS}
    order = commands_of(seed)
    books = Books(
        {log: store.events for log, store in stores.items()},
        {log: store.incarnation for log, store in stores.items()},
    )
    size = len(order) // parts
    for part in range(parts):
        done(record(stores, order[part * size : (part + 1) * size]))
        if part < parts - 1:
            books.anchor()
    return books


@dataclass
class MemoryLog:
    """A list of events as a database would show it."""

    log: str
    events: Sequence[Recorded]
    incarnation: str
    incarnations: tuple[Incarnation, ...] = ()
    standing_: Standing | None = None

    async def standing(self) -> Standing:
        return self.standing_ or standing_of(self.events, self.incarnation, self.incarnations)

    async def page(self, after: int, limit: int, production: str | None) -> list[Recorded]:
        return [
            one
            for one in self.events
            if one.position > after and production in (None, one.production)
        ][:limit]

    async def links(self, after: int, limit: int) -> list[tuple[ChainEnd, int]]:
        return [
            (ChainEnd(one.production, one.position, one.hash), one.recorded_at_us)
            for one in await self.page(after, limit, None)
        ]


def standing_of(
    events: Sequence[Recorded], incarnation: str, incarnations: tuple[Incarnation, ...] = ()
) -> Standing:
    """What an honest head says of those events."""
    partitions = [0] * 12
    for one in events:
        partitions[one.partition] = one.position
    last = events[-1] if events else None
    return Standing(
        incarnation,
        last.position if last else 0,
        last.recorded_at_us if last else 0,
        tuple(partitions),
        len(events),
        last.position if last else 0,
        incarnations,
    )
