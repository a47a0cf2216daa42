"""From a decision to what the log takes, and from the log's answer to recorded facts."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any

import orjson

from events.envelope import Recorded, microseconds
from events.event import Event
from events.names import id_of
from runtime.decider import Command
from runtime.log.contract import Answer, Append, NewEvent, Outcome
from runtime.order import Order
from runtime.web.token import Token


def fingerprint_of(production: str, command: Command) -> bytes:
    """What makes a command the same when it comes again: SHA-256 of production, class and body."""
    words = (production, type(command).__name__, command.model_dump_json())
    return sha256("\x1f".join(words).encode()).digest()


def append_of(
    order: Order,
    stream: str,
    expected: int,
    fingerprint: bytes,
    events: Sequence[Event],
    refusal: dict[str, Any] | None,
    at: datetime,
) -> Append:
    """The facts, or the refusal, that the log is to take at version `expected` of the stream."""
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


def recorded_by(log: str, append: Append, answer: Answer) -> tuple[Recorded, ...]:
    """The facts as the log recorded them."""
    first_version = answer.version - len(append.events) + 1
    return tuple(
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


def token_of(log: str, answer: Answer) -> Token:
    """Where a reader must have come to see what the command left behind."""
    last = answer.before
    if answer.outcome is Outcome.RECORDED:
        last = answer.first_position + len(answer.hashes) - 1
    return Token(log, answer.incarnation, answer.partition, last)
