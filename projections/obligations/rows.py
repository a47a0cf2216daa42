"""What is kept of obligations: deals and what they owe by the contract log, payments by the
budget's."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from events.money import ZERO

OPEN, MET, RELEASED, LAPSED = "open", "met", "released", "lapsed"
OFFER, PAYMENT, DELIVERABLE, OPTION, WINDOW = "offer", "payment", "deliverable", "option", "window"
PRODUCTION, PARTY = "production", "party"


@dataclass(frozen=True)
class Deal:
    """With whom a deal is, and what it is about. `version` is the last one executed."""

    TABLE: ClassVar[str] = "deal"
    KEY: ClassVar[tuple[str, ...]] = ("contract",)

    contract: str
    kind: str = ""
    title: str = ""
    party: str = ""
    name: str | None = None
    version: int = 0


@dataclass(frozen=True)
class Duty:
    """One thing that one side of a deal owes the other. Amounts in currency units.

    `due_on` is the last day for it, `due_at` the exact end of an offer; `upon` names what must
    happen before a payment is owed. What was handed over and not judged is open still.
    """

    TABLE: ClassVar[str] = "duty"
    KEY: ClassVar[tuple[str, ...]] = ("contract", "kind", "id")

    contract: str
    kind: str
    id: str
    owed_by: str
    name: str
    since: datetime
    status: str = OPEN
    due_on: date | None = None
    due_at: datetime | None = None
    starts_on: date | None = None
    upon: str | None = None
    earned: bool = False
    handed_over: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Paid:
    """What was paid against a commitment, less what was taken back, in currency units."""

    TABLE: ClassVar[str] = "paid"
    KEY: ClassVar[tuple[str, ...]] = ("commitment",)

    commitment: str
    amount: Decimal = ZERO
