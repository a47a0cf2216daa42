"""What budget status answers, as its callers see it. Amounts in currency units."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, Field

from events.names import Id
from runtime.reading.answer import Answer, LeftOut


class By(StrEnum):
    """What one row stands for."""

    ACCOUNT = "account"
    CATEGORY = "category"
    LEVEL = "level"


class Money(BaseModel):
    """The figures of one row, in currency units."""

    working: Decimal = Field(description="the plan as it is being edited")
    original: Decimal = Field(description="the first locked budget")
    approved: Decimal = Field(description="the last locked budget and the overages since")
    committed: Decimal = Field(description="open balances of commitments")
    cost_to_date: Decimal
    total_cost: Decimal
    etc: Decimal
    efc: Decimal
    variance: Decimal = Field(description="approved - EFC: positive = under, negative = over")


class StatusRow(Money):
    """One account, category or level."""

    key: str = Field(examples=["2300"])
    name: str | None = Field(examples=["Set construction"])
    category: str | None = None
    level: str | None


class AccountAmount(BaseModel):
    """An amount on one account."""

    account: str
    amount: Decimal


class OverageRow(BaseModel):
    """Money beyond the approved budget that was forecast."""

    overage: str = Field(examples=["OV-1"])
    number: int | None
    cause: str | None = Field(description="forecast or behind-schedule")
    state: str = Field(description="open, approved or refused")
    amount: Decimal
    approved_budget: Decimal | None = Field(description="what was approved when it was forecast")
    efc: Decimal | None = Field(description="what was expected when it was forecast")
    reason: str | None
    accounts: list[AccountAmount]
    request: str | None = Field(description="the approval that answered it")
    refused_by: str | None
    refusal: str | None


class Status(Answer):
    """One production's budget status."""

    production: Id
    title: str
    currency: str
    phase: str = Field(description="none, draft, submitted or locked")
    version: int
    locked_version: int | None
    by: By
    conventions: dict[str, str]
    rows: list[StatusRow]
    total: Money
    overages: list[OverageRow]
    next: str | None


class SlateRow(Money):
    """One production in total."""

    production: Id
    title: str
    currency: str
    phase: str
    version: int


class Slate(Answer):
    """The status of every production that the caller is on, a row each."""

    conventions: dict[str, str]
    rows: list[SlateRow]
    parked: list[LeftOut] = Field(description="those that are in no row")
    next: str | None


class PlanLine(BaseModel):
    """One line of the plan as it is being edited."""

    line: str
    category: str
    account: str
    description: str
    amount: Decimal
    unit: str
    x: Decimal
    rate: Decimal
    subtotal: Decimal


class Lines(Answer):
    """A page of the plan, in the order of line ids."""

    production: Id
    rows: list[PlanLine]
    next: str | None


class HotBase(BaseModel):
    """What the hot costs are measured against."""

    schedule_version: int
    budget_version: int
    total: Decimal
    days: int


class HotDayRow(BaseModel):
    """One shoot day of the locked schedule."""

    day: int
    on: date
    eighths: int = Field(description="eighths of a page that are planned")
    budgeted: Decimal
    actual: Decimal | None = Field(description="none while no later day has a cost either")
    variance: Decimal | None = Field(description="positive = under, negative = over")


class ToDate(BaseModel):
    """The shoot days through the last one with a cost."""

    through: date | None
    days: int
    budgeted: Decimal
    actual: Decimal
    variance: Decimal


class HotCosts(Answer):
    """What each shoot day may cost, beside what was incurred on it."""

    production: Id
    title: str
    currency: str
    conventions: dict[str, str]
    base: HotBase | None = Field(description="none until budget and schedule are locked")
    rows: list[HotDayRow]
    to_date: ToDate
    days_left: int
    trend: Decimal | None = Field(description="what the days left will be under or over")
    on_other_days: Decimal = Field(description="production-level costs of no shoot day")
    next: int | None
