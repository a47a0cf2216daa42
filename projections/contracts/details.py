"""The parts of a deal as they are told: conditions, payments, options, deliverables, conflicts."""

from decimal import Decimal
from typing import Any

from events.contract import Option, Payment, Terms, commitment_of
from events.money import ZERO, shown
from projections.contracts.rows import Commitment, Deal, Standing
from runtime.view import Rows

STILL_TO_COME = frozenset({"open", "extended", "due", "rejected"})


def parts_told(rows: Rows, deal: Deal, terms: Terms, fees: bool) -> dict[str, Any]:
    """Every part of the deal, by what it is a part of."""
    return {
        "conditions": _conditions(rows, deal, terms),
        "payments": [_payment(rows, deal, one, fees) for one in terms.payments],
        "options": [_option(rows, deal, one, fees) for one in terms.options],
        "deliverables": _deliverables(rows, deal, terms),
        "conflicts": [
            _told(one, one.note or "", one.status) | {"note": None}
            for one in parts_of(rows, deal, "conflict").values()
        ],
    }


def _conditions(rows: Rows, deal: Deal, terms: Terms) -> list[dict[str, Any]]:
    met = parts_of(rows, deal, "condition")
    return [
        {
            "condition": one.value,
            "met_on": met[one.value].on_day if one.value in met else None,
        }
        for one in terms.conditions
    ]


def _payment(rows: Rows, deal: Deal, payment: Payment, fees: bool) -> dict[str, Any]:
    standing = parts_of(rows, deal, "payment").get(payment.payment)
    committed, paid = money_of(rows, deal, payment)
    due_on = (standing and standing.until) or payment.due_on
    if standing is not None and standing.status == "released":
        status = "released"
    elif deal.executed_version is None:
        status = "agreed"
    elif paid >= payment.amount:
        status = "paid"
    else:
        status = "owed" if due_on is not None else "waits"
    return {
        "payment": payment.payment,
        "status": status,
        "due_on": due_on,
        "upon": payment.upon,
        "amount": shown(payment.amount) if fees else None,
        "committed": shown(committed) if fees else None,
        "paid": shown(paid) if fees else None,
    }


def money_of(rows: Rows, deal: Deal, payment: Payment) -> tuple[Decimal, Decimal]:
    """What is committed for a payment and was paid, over the versions that were executed."""
    committed = paid = ZERO
    for version in range(1, (deal.executed_version or 0) + 1):
        reference = commitment_of(deal.contract, payment.payment, version)
        row = rows.get(Commitment, reference)
        if row is not None:
            committed += row.amount - row.released
            paid += row.paid
    return committed, paid


def _option(rows: Rows, deal: Deal, option: Option, fees: bool) -> dict[str, Any]:
    standing = parts_of(rows, deal, "option").get(option.option)
    price, note = option.price, None
    if standing is not None and standing.amount is not None:
        if standing.status == "exercised":
            price = standing.amount
        elif fees:
            note = f"extended for {shown(standing.amount)}"
    return {
        "id": option.option,
        "name": option.right,
        "status": _unless_over(deal, standing.status if standing else "open"),
        "until": (standing and standing.until) or option.exercise_by,
        "on": standing.on_day if standing else None,
        "note": note,
        "amount": shown(price) if fees else None,
    }


def _deliverables(rows: Rows, deal: Deal, terms: Terms) -> list[dict[str, Any]]:
    parts = parts_of(rows, deal, "deliverable")
    told = []
    for one in terms.deliverables:
        standing = parts.get(one.deliverable) or Standing(
            deal.contract, "deliverable", one.deliverable, "due"
        )
        told.append(
            _told(
                standing,
                one.name,
                _unless_over(deal, standing.status),
                standing.until or one.due_on,
            )
        )
    return told


def _unless_over(deal: Deal, status: str) -> str:
    """How a part stands. What was to come of it is asked for no more once the deal is over."""
    return "released" if deal.ended and status in STILL_TO_COME else status


def _told(standing: Standing, name: str, status: str, until: Any = None) -> dict[str, Any]:
    return {
        "id": standing.id,
        "name": name,
        "status": status,
        "until": until or standing.until,
        "on": standing.on_day,
        "note": standing.note,
        "amount": None,
    }


def parts_of(rows: Rows, deal: Deal, part: str) -> dict[str, Standing]:
    """What became of the deal's parts of one sort, by their ids."""
    return {
        one.id: one
        for one in rows.all(Standing)
        if one.contract == deal.contract and one.part == part
    }
