"""The rows of a budget's status."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from events.money import ZERO


@dataclass(frozen=True)
class Budget:
    """The budget as a whole: which version stands, and which one was locked last."""

    TABLE: ClassVar[str] = "budget"
    KEY: ClassVar[tuple[str, ...]] = ()

    currency: str
    phase: str
    version: int
    locked_version: int | None = None


@dataclass(frozen=True)
class Category:
    """A heading of the chart of accounts."""

    TABLE: ClassVar[str] = "category"
    KEY: ClassVar[tuple[str, ...]] = ("category",)

    category: str
    name: str
    level: str


@dataclass(frozen=True)
class Account:
    """One account: what was planned and approved, and what was committed and spent.

    Amounts in currency units. `category` is None while only costs have named the account.
    `overage` is the part of `approved` that was approved since the last lock, `estimate_overage`
    what that was when the estimate was set.
    """

    TABLE: ClassVar[str] = "account"
    KEY: ClassVar[tuple[str, ...]] = ("account",)

    account: str
    category: str | None = None
    working: Decimal = ZERO
    original: Decimal = ZERO
    approved: Decimal = ZERO
    overage: Decimal = ZERO
    committed: Decimal = ZERO
    cost_to_date: Decimal = ZERO
    estimate_basis: str | None = None
    estimate: Decimal | None = None
    estimate_overage: Decimal = ZERO


@dataclass(frozen=True)
class Line:
    """One line of the plan; a removed one stays, marked."""

    TABLE: ClassVar[str] = "line"
    KEY: ClassVar[tuple[str, ...]] = ("line",)

    line: str
    account: str
    category: str
    description: str
    amount: Decimal
    unit: str
    x: Decimal
    rate: Decimal
    subtotal: Decimal
    removed: bool = False


@dataclass(frozen=True)
class Overage:
    """Money beyond the approved budget that was forecast: open, approved or refused."""

    TABLE: ClassVar[str] = "overage"
    KEY: ClassVar[tuple[str, ...]] = ("overage",)

    overage: str
    amount: Decimal
    state: str
    number: int | None = None
    cause: str | None = None
    approved: Decimal | None = None
    efc: Decimal | None = None
    reason: str | None = None
    request: str | None = None
    refused_by: str | None = None
    refusal: str | None = None


@dataclass(frozen=True)
class OverageAccount:
    """What of an overage is needed on one account."""

    TABLE: ClassVar[str] = "overage_account"
    KEY: ClassVar[tuple[str, ...]] = ("overage", "account")

    overage: str
    account: str
    total: Decimal


@dataclass(frozen=True)
class HotBase:
    """The hot-cost base that holds, by the versions it was made of."""

    TABLE: ClassVar[str] = "hot_base"
    KEY: ClassVar[tuple[str, ...]] = ()

    schedule_version: int
    budget_version: int
    total: Decimal


@dataclass(frozen=True)
class HotDay:
    """One shoot day of a base; those of other versions than the base's are history."""

    TABLE: ClassVar[str] = "hot_day"
    KEY: ClassVar[tuple[str, ...]] = ("schedule_version", "budget_version", "day")

    schedule_version: int
    budget_version: int
    day: int
    shot_on: date
    eighths: int
    budgeted: Decimal


@dataclass(frozen=True)
class DayCost:
    """What was incurred on one account on one day."""

    TABLE: ClassVar[str] = "day_cost"
    KEY: ClassVar[tuple[str, ...]] = ("account", "incurred_on")

    account: str
    incurred_on: date
    amount: Decimal = ZERO
