"""Rows that the facts of approvals and of the budget write: what was or is to be decided."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


OF_APPROVALS = (Approval, Screening)
OF_BUDGET = (Overage,)
