"""The rows of the timeline. Each class is written by the facts of one log only.

`baseline` is what a date is measured against: of the schedule, what the last locked version said;
of a deal, what was first signed. `cause` is the fact that moved a date last, `reason` what was said
with it. Eighths of a page are whole numbers, amounts are in currency units.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from events.money import ZERO


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule as a whole; `calendar` is the chosen one as JSON."""

    TABLE: ClassVar[str] = "schedule"
    KEY: ClassVar[tuple[str, ...]] = ()

    version: int = 0
    phase: str = "none"
    locked_version: int | None = None
    board: str | None = None
    calendar: str | None = None
    behind_threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone at its own date. `links` is JSON, as in the fact that set them."""

    TABLE: ClassVar[str] = "milestone"
    KEY: ClassVar[tuple[str, ...]] = ("milestone",)

    milestone: str
    kind: str
    name: str
    falls_on: date
    territory: str | None = None
    links: str = "[]"
    baseline: date | None = None
    reached_on: date | None = None
    reason: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task at its own first day, in working days; None while only its end was heard of."""

    TABLE: ClassVar[str] = "task"
    KEY: ClassVar[tuple[str, ...]] = ("task",)

    task: str
    kind: str
    name: str
    starts_on: date | None
    days: int
    links: str = "[]"
    baseline_starts_on: date | None = None
    baseline_days: int | None = None
    finished_on: date | None = None
    reason: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class ShootDay:
    """A shoot day; `planned_for` is None once it is planned no more."""

    TABLE: ClassVar[str] = "shoot_day"
    KEY: ClassVar[tuple[str, ...]] = ("day",)

    day: int
    baseline: date | None = None
    planned_for: date | None = None
    eighths_planned: int = 0
    eighths_shot: int | None = None
    wrapped_on: date | None = None
    fell_behind: bool = False
    reason: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal. Its terms below are those that were signed, before that those last spoken of."""

    TABLE: ClassVar[str] = "deal"
    KEY: ClassVar[tuple[str, ...]] = ("contract",)

    contract: str
    title: str
    kind: str = "unknown"
    phase: str = "proposed"
    signed: bool = False


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Approval:
    """A request for approval of one exact version."""

    TABLE: ClassVar[str] = "approval"
    KEY: ClassVar[tuple[str, ...]] = ("request",)

    request: str
    subject_kind: str
    subject_name: str
    subject_version: int
    due_on: date | None = None
    asked_on: date | None = None
    status: str = "open"
    decided_on: date | None = None
    fell_due: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Screening:
    """A cut before an audience; scores are shares from 0 to 1."""

    TABLE: ClassVar[str] = "screening"
    KEY: ClassVar[tuple[str, ...]] = ("screening",)

    screening: str
    cut_name: str
    cut_version: int
    held_on: date | None = None
    place: str | None = None
    audience: int | None = None
    answers: int | None = None
    top_two_box: Decimal | None = None
    definite_recommend: Decimal | None = None
    margin: Decimal | None = None
    decision: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Overage:
    """Money over the approved budget that will be needed."""

    TABLE: ClassVar[str] = "overage"
    KEY: ClassVar[tuple[str, ...]] = ("overage",)

    overage: str
    amount: Decimal
    number: int = 0
    cause: str = "forecast"
    status: str = "forecast"
    reason: str | None = None


OF_SCHEDULE = (Schedule, Milestone, Task, ShootDay)
OF_CONTRACTS = (Deal, Engagement, Payment, Option, Window, Deliverable, Conflict)
OF_APPROVALS = (Approval, Screening)
OF_BUDGET = (Overage,)
