"""The figures of a deal's parts: payments, options, deliverables, conditions, conflicts."""

from collections.abc import Sequence
from typing import Any

from events.contract import Payment
from events.money import shown
from projections.contracts.explained.making import Making
from projections.contracts.rows import Standing
from runtime.explaining.figures import Cells, Figure, cells

Bound = tuple[Cells, ...]
"""The terms that bind."""

DUE = "as it was earned, or as the terms have it"
STATUS = (
    "released if it was; agreed until the deal is executed; paid once paid reaches the amount; "
    "else owed, or waits while it has no day"
)


def parts(making: Making, told: dict[str, Any], bound: Bound) -> None:
    """Every amount and date of what became of the deal's parts."""
    paid = [
        _payment(making, one, payment, bound)
        for one, payment in zip(told["payments"], making.terms.payments, strict=True)
    ]
    if making.fees:
        rule = f"the sum of {len(paid)} payments"
        making.add("paid", told["paid"], told["currency"] or "", bound, rule, paid)
    for one in told["options"]:
        standing = _standing(making, "option", one["id"], "status", "until", "on_day", "amount")
        _dates(making, f"option/{one['id']}", one, (*bound, *standing))
        if making.fees:
            rule = "what it was exercised for, or its price by the terms"
            of = (*bound, *standing)
            making.add(f"option/{one['id']}/amount", one["amount"], told["currency"], of, rule)
    for one in told["deliverables"]:
        standing = _standing(making, "deliverable", one["id"], "status", "until", "on_day")
        _dates(making, f"deliverable/{one['id']}", one, (*bound, *standing))
    for one in told["conditions"]:
        standing = _standing(making, "condition", one["condition"], "on_day")
        making.add(f"condition/{one['condition']}/met_on", one["met_on"], "date", standing)
    for one in told["conflicts"]:
        standing = _standing(making, "conflict", one["id"], "status", "until", "on_day")
        _dates(making, f"conflict/{one['id']}", one, standing)
    conflicts = [
        cells(one, "status") for one in making.rows.all(Standing) if one.part == "conflict"
    ]
    rule = "recorded and not resolved; a deal that has ended has none"
    of = (*conflicts, cells(making.deal, "ended"))
    making.add("open_conflicts", told["open_conflicts"], "", of, rule)


def _payment(making: Making, told: dict[str, Any], payment: Payment, bound: Bound) -> Figure:
    """Its figures; answers what was paid of it."""
    place = f"payment/{payment.payment}"
    standing = _standing(making, "payment", payment.payment, "status", "until")
    due_on = making.add(f"{place}/due_on", told["due_on"], "date", (*bound, *standing), DUE)
    terms: Sequence[Figure] = ()
    if making.fees:
        amount = making.add(f"{place}/amount", told["amount"], making.terms.currency, bound)
        committed, paid = _money(making, place, told, payment)
        terms = (amount, committed, paid)
    executed = cells(making.deal, "executed_version")
    of = (executed, *standing)
    making.add(f"{place}/status", told["status"], "", of, STATUS, (*terms, due_on))
    return terms[-1] if terms else due_on


def _money(
    making: Making, place: str, told: dict[str, Any], payment: Payment
) -> tuple[Figure, Figure]:
    """What is committed for a payment, and was paid: over the versions that were executed."""
    found = making.commitments(payment.payment)
    currency = making.terms.currency
    parts: dict[str, list[Figure]] = {"committed": [], "paid": []}
    for one in found:
        left = f"{place}/commitment/{one.commitment}"
        of = (cells(one, "amount", "released"),)
        value, rule = shown(one.amount - one.released), "raised - let go"
        parts["committed"].append(making.add(f"{left}/committed", value, currency, of, rule))
        of, rule = (cells(one, "paid"),), "postings - reversals"
        parts["paid"].append(making.add(f"{left}/paid", shown(one.paid), currency, of, rule))
    of = (cells(making.deal, "executed_version"),)
    committed, paid = (
        making.add(
            f"{place}/{name}",
            told[name],
            currency,
            of,
            f"the sum of {len(found)} commitments, one for each version that was executed",
            parts[name],
        )
        for name in ("committed", "paid")
    )
    return committed, paid


def _dates(making: Making, place: str, told: dict[str, Any], of: tuple[Cells, ...]) -> None:
    for name in ("until", "on"):
        making.add(f"{place}/{name}", told[name], "date", of)


def _standing(making: Making, part: str, id_: str, *columns: str) -> tuple[Cells, ...]:
    """What became of a part, if anything did."""
    row = making.rows.get(Standing, making.deal.contract, part, id_)
    return () if row is None else (cells(row, *columns),)
