"""Obligations as they are told, made of their rows and judged by a day."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from events.contract import commitment_of
from events.money import ZERO, shown
from events.names import id_of
from projections.obligations.answers import Status
from projections.obligations.rows import (
    LAPSED,
    MET,
    OFFER,
    OPEN,
    OPTION,
    PARTY,
    PAYMENT,
    PRODUCTION,
    WINDOW,
    Deal,
    Duty,
    Paid,
)
from runtime.view import Rows


def obligations(rows: Rows, now: datetime, fees: bool) -> list[dict[str, Any]]:
    """Every obligation of a production."""
    return [_told(rows, duty, now, fees) for duty in rows.all(Duty)]


def place(obligation: dict[str, Any]) -> str:
    """Where it stands in the order: by its last day, what has none at the end."""
    identity = id_of(obligation["contract"], obligation["kind"], obligation["id"])
    return f"{obligation['due_on'] or date.max}~{identity}"


def _told(rows: Rows, duty: Duty, now: datetime, fees: bool) -> dict[str, Any]:
    deal = rows.get(Deal, duty.contract) or Deal(duty.contract)
    paid = _paid(rows, deal, duty)
    return {
        "contract": duty.contract,
        "title": deal.title,
        "kind": duty.kind,
        "id": duty.id,
        "what": duty.name,
        "by": duty.owed_by,
        "to": PARTY if duty.owed_by == PRODUCTION else PRODUCTION,
        "party": {"person": deal.party, "name": deal.name},
        "since": duty.since,
        "status": _status(duty, paid, now),
        "due_on": duty.due_on,
        "due_at": duty.due_at,
        "starts_on": duty.starts_on,
        "upon": duty.upon,
        "handed_over": duty.handed_over,
        "currency": duty.currency,
        "amount": shown(duty.amount) if fees and duty.amount is not None else None,
        "paid": shown(paid) if fees and duty.kind == PAYMENT else None,
        "note": duty.note,
    }


def _paid(rows: Rows, deal: Deal, duty: Duty) -> Decimal:
    """What was paid of it, by the budget's commitments of every version that was executed."""
    if duty.kind != PAYMENT:
        return ZERO
    commitments = (
        commitment_of(duty.contract, duty.id, version) for version in range(1, deal.version + 1)
    )
    found = (rows.get(Paid, commitment) for commitment in commitments)
    return sum((row.amount for row in found if row is not None), ZERO)


def _status(duty: Duty, paid: Decimal, now: datetime) -> Status:
    """As its facts say, and by the day where no fact has said it yet."""
    if duty.status != OPEN:
        return Status(duty.status)
    if duty.kind == PAYMENT and duty.amount is not None and paid >= duty.amount:
        return Status.MET
    if duty.kind == OFFER:
        return Status.LAPSED if duty.due_at is not None and duty.due_at <= now else Status.OPEN
    if duty.due_on is None or duty.due_on >= now.date() or duty.handed_over is not None:
        return Status.OPEN
    passed = {OPTION: LAPSED, WINDOW: MET}
    return Status(passed.get(duty.kind, Status.OVERDUE))


def totals(told: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The money of the payments among them, by the side that owes it and by currency."""
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    for one in told:
        if one["kind"] != PAYMENT or one["amount"] is None:
            continue
        nothing = dict.fromkeys(("owed", "overdue", "to_be_earned", "paid"), ZERO)
        total = sums.setdefault((one["by"], one["currency"]), nothing)
        total["paid"] += Decimal(one["paid"])
        if one["status"] not in (Status.OPEN, Status.OVERDUE):
            continue
        left = Decimal(one["amount"]) - Decimal(one["paid"])
        total["to_be_earned" if one["due_on"] is None else "owed"] += left
        if one["status"] is Status.OVERDUE:
            total["overdue"] += left
    return [
        {
            "by": by,
            "currency": currency,
            **{name: shown(amount) for name, amount in total.items()},
        }
        for (by, currency), total in sorted(sums.items())
    ]
