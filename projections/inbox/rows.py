"""What is kept of what waits. Each log writes rows of its own; where two write one class, its key
begins with the log."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

SEPARATOR = "\n"
"""Between the ids of a list in one column: none of them holds a line break."""


def listed(column: str) -> tuple[str, ...]:
    """The ids in a column, in order."""
    return tuple(column.split(SEPARATOR)) if column else ()


def with_one(column: str, one: str) -> str:
    """The column with one id more, once."""
    ids = listed(column)
    return column if one in ids else SEPARATOR.join((*ids, one))


@dataclass(frozen=True)
class Appointment:
    """A person in a role, from one day until another (both included, either may be open)."""

    TABLE: ClassVar[str] = "appointment"
    KEY: ClassVar[tuple[str, ...]] = ("person", "role")

    person: str
    role: str
    name: str | None = None
    starts: date | None = None
    ends: date | None = None


@dataclass(frozen=True)
class Delegation:
    """Who decides in whose place, on the kinds of subject in `kinds` or on all, until when."""

    TABLE: ClassVar[str] = "delegation"
    KEY: ClassVar[tuple[str, ...]] = ("delegator", "delegate")

    delegator: str
    delegate: str
    kinds: str
    starts: date
    ends: date


@dataclass(frozen=True)
class Request:
    """A request for approval and how far it has come. `rule` is JSON; `step` counts from 1;
    `agreed` lists who agreed or was spoken for, `given` counts those who agreed in this step."""

    TABLE: ClassVar[str] = "request"
    KEY: ClassVar[tuple[str, ...]] = ("request",)

    request: str
    kind: str
    name: str
    version: int
    amount: Decimal | None
    requested_by: str
    rule: str
    asked_at: datetime
    step_since: datetime
    due_on: date | None = None
    step: int = 1
    given: int = 0
    agreed: str = ""
    consulted: str = ""
    fell_due: bool = False
    closed: bool = False


@dataclass(frozen=True)
class Deal:
    """A deal, and where the terms of `version` stand since when."""

    TABLE: ClassVar[str] = "deal"
    KEY: ClassVar[tuple[str, ...]] = ("contract",)

    contract: str
    title: str = ""
    party: str = ""
    name: str | None = None
    version: int = 1
    stage: str = "draft"
    since: datetime | None = None
    offered_by: str | None = None
    expires_at: datetime | None = None
    conditions: str = ""
    met: str = ""
    reason: str | None = None
    ended: bool = False


@dataclass(frozen=True)
class Matter:
    """A deliverable that was handed over, or a conflict, and whether it is still open."""

    TABLE: ClassVar[str] = "matter"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "kind", "id")

    contract: str
    kind: str
    id: str
    what: str
    since: datetime
    open: bool = True


@dataclass(frozen=True)
class Returned:
    """The budget, or the schedule, that came back and was not submitted again."""

    TABLE: ClassVar[str] = "returned"
    KEY: ClassVar[tuple[str, ...]] = ("log",)

    log: str
    version: int
    reason: str
    since: datetime
    open: bool = True


@dataclass(frozen=True)
class Overage:
    """An overage and why it is needed."""

    TABLE: ClassVar[str] = "overage"
    KEY: ClassVar[tuple[str, ...]] = ("overage",)

    overage: str
    number: int
    reason: str


@dataclass(frozen=True)
class Refusal:
    """A policy's command that was refused: what was to be done to which stream, and why not."""

    TABLE: ClassVar[str] = "refusal"
    KEY: ClassVar[tuple[str, ...]] = ("log", "event")

    log: str
    event: str
    cause: str
    command: str
    target: str
    code: str
    reason: str
    at: datetime
