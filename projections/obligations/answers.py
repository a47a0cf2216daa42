"""What is told of obligations. Amounts in currency units, as texts; null for who is not told
fees."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, Field

from events.contract import Side
from events.names import Id
from runtime.reading.answer import Answer


class Status(StrEnum):
    """How an obligation stands on the day of the answer."""

    OPEN = "open"
    OVERDUE = "overdue"
    MET = "met"
    RELEASED = "released"
    LAPSED = "lapsed"


class Party(BaseModel):
    """The other side of a deal."""

    person: str = Field(examples=["noor-haddad"])
    name: str | None = Field(examples=["Noor Haddad"])


class Obligation(BaseModel):
    """One thing that one side owes the other."""

    contract: Id
    title: str = Field(description="the deal's")
    kind: str = Field(description="payment, deliverable, option, offer or window")
    id: str = Field(examples=["start"])
    what: str
    by: Side
    to: Side
    party: Party
    since: datetime
    status: Status
    due_on: date | None = Field(description="its last day")
    due_at: datetime | None = Field(description="the moment that an offer expires")
    starts_on: date | None = Field(description="the day that a release window opens")
    upon: str | None = Field(description="what must happen before a payment is owed")
    handed_over: date | None = Field(description="the day of what is to be looked at")
    currency: str | None
    amount: Decimal | None
    paid: Decimal | None
    note: str | None


class Total(BaseModel):
    """What one side owes in one currency, over the payments of the answer, all pages."""

    by: Side
    currency: str
    owed: Decimal = Field(description="due on a day, and not paid yet; overdue is part of it")
    overdue: Decimal
    to_be_earned: Decimal = Field(description="due upon something that has not happened yet")
    paid: Decimal


class Obligations(Answer):
    """A production's obligations, the first due first, what has no day at the end."""

    production: Id
    title: str
    currency: str
    on: date = Field(description="the day that statuses are judged by, in UTC")
    fees_told: bool = Field(description="false: fees are not for the caller's roles")
    rows: list[Obligation]
    totals: list[Total]
    next: str | None
