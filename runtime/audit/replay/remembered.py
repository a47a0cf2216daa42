"""What a service remembers and its timers, as a view: a fold of the logs that it hears.

Two things in it are not the fold's alone. A memory of several logs may depend on which of them was
heard first, and any order that keeps each log's own is as good as another. A timer that has fired
is taken away by no fact: its command has its answer in the room's log.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations
from typing import Any, ClassVar

from pydantic import ValidationError

from events.envelope import Recorded
from runtime.log.contract import Store
from runtime.rooms import Service
from runtime.timing.rows import SetBy, TimerRows, Waiting, timer_command_id
from runtime.view import Key, Row, Rows, View

UNREADABLE = "body"


@dataclass(frozen=True, slots=True)
class Known:
    """One field of what is remembered of a production."""

    TABLE: ClassVar[str] = "known"
    KEY: ClassVar[tuple[str, ...]] = ("field",)

    field: str
    value: Any

    COLUMNS: ClassVar[tuple[str, ...]] = ("body::text",)


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer; without a `due_at` it was taken away. `body` is its command, read."""

    TABLE: ClassVar[str] = "timer"
    KEY: ClassVar[tuple[str, ...]] = ("key",)

    key: str
    due_at: datetime | None
    partition: int
    command: str
    body: Any
    cause: str
    actor: str
    correlation: str
    hops: int
    recorded_at_us: int

    COLUMNS: ClassVar[tuple[str, ...]] = (
        *("key", "due_at", "partition", "command", "body::text", "cause::text", "actor"),
        *("correlation", "hops", "recorded_at_us"),
    )


def remembered(service: Service) -> View:
    """The view of what that service keeps of each production."""
    timers, policies = TimerRows(service, ""), service.policies

    def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
        if policies.nothing_known is not None and recorded.log in service.hears:
            yield from _heard(service, rows, recorded)
        if recorded.log == service.name:
            for waiting, key in timers.set_by(recorded):
                yield _gone(key) if waiting is None else _timer(service, waiting)

    return View(tuple(sorted(service.consumes)), (Known, Timer), evolve)


def _heard(service: Service, rows: Rows, recorded: Recorded) -> Iterator[Row]:
    known = service.policies.nothing_known
    assert known is not None
    fields = {one.field: one.value for one in rows.all(Known)}
    if fields:
        known = type(known).model_construct(**fields)
    after = service.policies.hear(known, recorded)
    for field in type(after).model_fields:
        value = getattr(after, field)
        if not fields or value != fields[field]:
            yield Known(field, value)


def row_of(service: Service, table: type[Any], record: Sequence[Any]) -> list[Any]:
    """The rows that one row of the database stands for."""
    if table is Timer:
        key, due_at, partition, command, body, *cause = record
        waiting = Waiting("", key, due_at, partition, command, body, SetBy(*cause))
        return [_timer(service, waiting)]
    if table is not Known:
        return [table(*record)]
    (body,) = record
    try:
        known = service.known(body)
        return [Known(field, getattr(known, field)) for field in type(known).model_fields]
    except (ValidationError, TypeError, AttributeError):
        return [Known(UNREADABLE, body)]


def _timer(service: Service, one: Waiting) -> Timer:
    try:
        body: Any = one.command_of(service)
    except (LookupError, ValidationError):
        body = one.body
    cause = one.cause
    return Timer(
        *(one.key, one.due_at, one.partition, one.command, body),
        *(cause.id, cause.actor, cause.correlation, cause.hops, cause.recorded_at_us),
    )


def _gone(key: str) -> Timer:
    return Timer(key, None, 0, "", None, "", "", "", 0, 0)


def waiting_ones(rows: Rows) -> Rows:
    """The rows without the timers that were taken away."""
    return Rows.of(
        row for row in rows.every() if not (isinstance(row, Timer) and row.due_at is None)
    )


async def fired(
    service: Service, production: str, expected: Rows, missing: Iterable[Key], log: Store
) -> set[Key]:
    """Those of the missing timers whose command has its answer."""
    ids = {}
    for (key,) in missing:
        timer = expected.get(Timer, key)
        if timer is not None and timer.due_at is not None:
            room = service.name
            ids[timer_command_id(room, production, key, timer.due_at, timer.cause)] = (key,)
    found = await log.find(list(ids)) if ids else {}
    return {ids[one] for one in found}


def as_heard_otherwise(
    view: View, facts: Mapping[str, Sequence[Recorded]]
) -> Iterator[Mapping[str, Any]]:
    """What is remembered, by field, if the logs were heard in the order of their times, or one
    behind the other in any order."""
    by_time = sorted(
        (one for of_log in facts.values() for one in of_log), key=lambda one: one.recorded_at_us
    )
    yield _fields(view.fold(by_time))
    for order in permutations(facts):
        yield _fields(view.fold(one for log in order for one in facts[log]))


def _fields(rows: Rows) -> Mapping[str, Any]:
    return {one.field: one.value for one in rows.all(Known)}
