"""What is told of deals. Amounts in currency units, as texts; null for who is not told fees."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from events.names import Id
from runtime.reading.answer import Answer


class Party(BaseModel):
    """The other side of a deal."""

    person: str = Field(examples=["noor-haddad"])
    name: str | None = Field(examples=["Noor Haddad"])


class Summary(BaseModel):
    """One deal in a line."""

    contract: Id
    kind: str = Field(examples=["cast"])
    title: str = Field(examples=["Silas Marr, the keeper"])
    party: Party
    state: str = Field(
        description="draft, offered, agreed, submitted, refused, cleared, executed, terminated, "
        "completed or expired"
    )
    since: datetime | None
    waits_for: str | None = Field(description="whose answer an offer waits for: production, party")
    expires_at: datetime | None
    version: int
    executed_version: int | None = Field(description="the version that binds")
    executed_on: date | None
    currency: str | None
    fee: Decimal | None
    paid: Decimal | None
    open_conflicts: int


class Contracts(Answer):
    """A production's deals, in the order of their titles."""

    production: Id
    title: str
    currency: str
    fees_told: bool = Field(description="false: fees are not for the caller's roles")
    rows: list[Summary]
    next: str | None


class Change(BaseModel):
    """One difference between the terms of two versions."""

    what: str = Field(examples=["payments delivery: amount"])
    was: Any
    now: Any


class PastVersion(BaseModel):
    """One version, and what it changed in the one before."""

    version: int
    put_by: str = Field(description="production or party")
    put_at: datetime
    changes: list[Change]


class Step(BaseModel):
    """One move between the sides, or one step of the clearance."""

    number: int
    what: str = Field(examples=["countered"])
    version: int | None
    side: str | None
    at: datetime
    until: datetime | None
    note: str | None


class Condition(BaseModel):
    """What must have happened before the deal may be executed."""

    condition: str = Field(examples=["budget-locked"])
    met_on: date | None


class Payment(BaseModel):
    """One payment of the fee, and what became of it."""

    payment: str = Field(examples=["start"])
    status: str = Field(description="agreed, waits (for what it is due upon), owed, paid, released")
    due_on: date | None
    upon: str | None
    amount: Decimal | None
    committed: Decimal | None
    paid: Decimal | None


class Standing(BaseModel):
    """An option, deliverable or conflict, and what became of it."""

    id: str = Field(examples=["sequel"])
    name: str
    status: str
    until: date | None
    on: date | None
    note: str | None
    amount: Decimal | None = None


class Contract(Summary, Answer):
    """One deal in full. `terms` are those that bind, or the last ones before any bind."""

    production: Id
    reason: str | None = Field(description="why it ended")
    fees_told: bool
    terms: dict[str, Any]
    terms_version: int
    amendment: int | None = Field(description="the version that is to take their place")
    clearance: str | None = Field(description="asked, given or refused")
    request: str | None
    document_hash: str | None
    versions: list[PastVersion]
    moves: list[Step]
    conditions: list[Condition]
    payments: list[Payment]
    options: list[Standing]
    deliverables: list[Standing]
    conflicts: list[Standing]
