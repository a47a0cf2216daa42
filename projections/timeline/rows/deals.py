"""Rows that the facts of deals write; amounts are in the currency units of the deal."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from events.money import ZERO


@dataclass(frozen=True)
class Deal:
    """A deal. Its terms below are those that were signed, before that those last spoken of."""

    TABLE: ClassVar[str] = "deal"
    KEY: ClassVar[tuple[str, ...]] = ("contract",)

    contract: str
    title: str
    kind: str = "unknown"
    phase: str = "proposed"
    signed: bool = False


@dataclass(frozen=True)
class Engagement:
    """When somebody is engaged by a deal; `gone` is what its terms hold no more."""

    TABLE: ClassVar[str] = "engagement"
    KEY: ClassVar[tuple[str, ...]] = ("contract",)

    contract: str
    role: str
    starts_on: date
    ends_on: date
    firm: bool
    element: str | None
    baseline_starts_on: date | None = None
    baseline_ends_on: date | None = None
    cause: str | None = None
    gone: bool = False


@dataclass(frozen=True)
class Payment:
    """A payment; while it waits for something (`upon`) it may have no date."""

    TABLE: ClassVar[str] = "payment"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "payment")

    contract: str
    payment: str
    amount: Decimal = ZERO
    currency: str | None = None
    due_on: date | None = None
    upon: str | None = None
    earned: bool = False
    released: bool = False
    baseline: date | None = None
    cause: str | None = None
    gone: bool = False


@dataclass(frozen=True)
class Option:
    """A right that lapses at the end of a day."""

    TABLE: ClassVar[str] = "option_window"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "option")

    contract: str
    option: str
    right_to: str
    exercise_by: date
    price: Decimal = ZERO
    needed_by: str | None = None
    exercised_on: date | None = None
    lapsed: bool = False
    baseline: date | None = None
    cause: str | None = None
    gone: bool = False


@dataclass(frozen=True)
class Window:
    """A release window; `release` tells those of one deal apart."""

    TABLE: ClassVar[str] = "release_window"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "release")

    contract: str
    release: str
    territory: str
    medium: str
    opens_on: date
    closes_on: date | None
    exclusive: bool
    baseline_opens_on: date | None = None
    baseline_closes_on: date | None = None
    cause: str | None = None
    gone: bool = False


@dataclass(frozen=True)
class Deliverable:
    """Something to hand over; what did not pass has a new day, with the reason."""

    TABLE: ClassVar[str] = "deliverable"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "deliverable")

    contract: str
    deliverable: str
    name: str
    due_on: date | None
    status: str = "due"
    received_on: date | None = None
    accepted_on: date | None = None
    baseline: date | None = None
    reason: str | None = None
    cause: str | None = None
    gone: bool = False


@dataclass(frozen=True)
class Conflict:
    """What no longer fits a deal; `days` are dates, joined by commas."""

    TABLE: ClassVar[str] = "conflict"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "conflict")

    contract: str
    conflict: str
    problem: str
    cause: str
    days: str = ""
    resolved: bool = False


OF_DEALS = (Deal, Engagement, Payment, Option, Window, Deliverable, Conflict)
