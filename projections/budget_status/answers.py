"""What budget status answers, as its callers see it. Amounts in currency units."""

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, Field

from events.names import Id
from runtime.reading.query import Freshness


class By(StrEnum):
    """What one row stands for."""

    ACCOUNT = "account"
    CATEGORY = "category"
    LEVEL = "level"


class Money(BaseModel):
    """The figures of one row, in currency units."""

    working: Decimal = Field(description="the plan as it is being edited")
    original: Decimal = Field(description="the first locked budget")
    approved: Decimal = Field(description="the last locked budget")
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


class Status(BaseModel):
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
    freshness: list[Freshness]
    next: str | None


class SlateRow(Money):
    """One production in total."""

    production: Id
    title: str
    currency: str
    phase: str
    version: int


class Slate(BaseModel):
    """The status of every production that the caller is on, a row each."""

    conventions: dict[str, str]
    rows: list[SlateRow]
    freshness: list[Freshness]
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


class Lines(BaseModel):
    """A page of the plan, in the order of line ids."""

    production: Id
    rows: list[PlanLine]
    freshness: list[Freshness]
    next: str | None
