"""What is kept of deals: what the contract log says of them, and what the budget's commits."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from events.money import ZERO


@dataclass(frozen=True)
class Deal:
    """One deal. `stage` is where the terms of `version` stand, `executed_version` what binds."""

    TABLE: ClassVar[str] = "deal"
    KEY: ClassVar[tuple[str, ...]] = ("contract",)

    contract: str
    kind: str = ""
    title: str = ""
    party: str = ""
    name: str | None = None
    version: int = 0
    stage: str = "draft"
    since: datetime | None = None
    offered_by: str | None = None
    expires_at: datetime | None = None
    clearance: str | None = None
    request: str | None = None
    document_hash: str | None = None
    executed_version: int | None = None
    executed_on: date | None = None
    ended: str | None = None
    ended_on: date | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Version:
    """The terms of one version, as JSON, and when and by whom they were first put."""

    TABLE: ClassVar[str] = "version"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "version")

    contract: str
    version: int
    terms: str
    put_by: str
    put_at: datetime


@dataclass(frozen=True)
class Move:
    """One move between the sides, or one step of the clearance. `number` is the fact's in the
    deal's own stream."""

    TABLE: ClassVar[str] = "move"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "number")

    contract: str
    number: int
    what: str
    version: int | None
    side: str | None
    at: datetime
    until: datetime | None = None
    note: str | None = None


@dataclass(frozen=True)
class Standing:
    """What became of one part of a deal: a payment, option, deliverable, condition or conflict."""

    TABLE: ClassVar[str] = "standing"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "part", "id")

    contract: str
    part: str
    id: str
    status: str
    on_day: date | None = None
    until: date | None = None
    amount: Decimal | None = None
    note: str | None = None


@dataclass(frozen=True)
class Commitment:
    """A commitment of the budget, in its currency units: promised, let go, and paid against it."""

    TABLE: ClassVar[str] = "commitment"
    KEY: ClassVar[tuple[str, ...]] = ("commitment",)

    commitment: str
    amount: Decimal = ZERO
    released: Decimal = ZERO
    paid: Decimal = ZERO
