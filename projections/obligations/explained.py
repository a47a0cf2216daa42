"""How the amounts, dates and statuses of obligations come about, and what they come to."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from events.contract import commitment_of
from events.money import shown
from projections.obligations.answers import Status
from projections.obligations.rows import PAYMENT, Deal, Duty, Paid
from projections.obligations.telling import obligations, totals
from runtime.explaining.figures import Asker, Figure, cells, text
from runtime.view import Rows

PAID = "paid"
DATES = ("since", "due_on", "due_at", "starts_on", "handed_over")
RULES = {
    "offer": "as its facts say; lapsed from the moment at which it expires",
    "payment": "met once what was paid reaches the amount; overdue behind its last day",
    "deliverable": "as its facts say; overdue behind its last day, unless it was handed over",
    "option": "as its facts say; lapsed behind its last day",
    "window": "open until its last day, met behind it",
}
TOTALS = {
    "owed": "due on a day and not paid yet",
    "overdue": "of that, what is overdue",
    "to_be_earned": "due upon something that has not happened yet",
    "paid": "paid",
}

Told = dict[str, Any]
Made = dict[str, Figure]
"""The figures of one obligation, by the last word of their names."""


def explained(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """Every amount and date of every obligation, how it stands, and the totals."""
    told = obligations(rows, asker.now, asker.fees)
    made = [_duty(rows, row, one, asker) for row, one in zip(rows.all(Duty), told, strict=True)]
    commitments: dict[str, Figure] = {}
    for figures in made:
        if PAID in figures:
            commitments |= {one.name: one for one in figures[PAID].terms}
    for figures in made:
        yield from figures.values()
    yield from commitments.values()
    for total in totals(told):
        yield from _total(total, told, made)


def _duty(rows: Rows, row: Duty, told: Told, asker: Asker) -> Made:
    place = f"{row.kind}/{row.contract}/{row.id}"
    what = f"{told['title'] or row.contract}: {row.name}"
    made: Made = {}

    def add(name: str, value: Any, unit: str, rule: str | None = None, **of: Any) -> Figure:
        label = f"{what}, {name.replace('_', ' ')}"
        made[name] = Figure(f"{place}/{name}", label, text(value), unit, rule, **of)
        return made[name]

    for name in DATES:
        if told[name] is not None or name == "due_on":
            add(name, told[name], "date", cells=(cells(row, name),))
    currency = row.currency or ""
    if told["amount"] is not None:
        amount = add("amount", told["amount"], currency, cells=(cells(row, "amount"),))
        if row.kind == PAYMENT:
            deal = rows.get(Deal, row.contract)
            assert deal is not None
            parts = _commitments(rows, deal, row, currency)
            rule = f"the sum of what was paid on its {len(parts)} commitments, one a version"
            versions = (cells(deal, "version"),)
            paid = add(PAID, told["paid"], currency, rule, terms=parts, cells=versions)
            left = Decimal(told["amount"]) - Decimal(told["paid"])
            add("left", shown(left), currency, "amount - paid", terms=(amount, paid))
    terms = tuple(made[name] for name in ("amount", PAID, "due_on", "due_at") if name in made)
    of = (cells(row, "since", "status"),)
    add("status", told["status"], "", RULES.get(row.kind), terms=terms, cells=of)
    return made


def _commitments(rows: Rows, deal: Deal, row: Duty, currency: str) -> tuple[Figure, ...]:
    """What was paid against the commitments of every version that was executed."""
    found = (
        rows.get(Paid, commitment_of(row.contract, row.id, version))
        for version in range(1, deal.version + 1)
    )
    return tuple(
        Figure(
            f"commitment/{one.commitment}/paid",
            f"Paid on commitment {one.commitment}",
            shown(one.amount),
            currency,
            "postings - reversals",
            cells=(cells(one, "amount"),),
        )
        for one in found
        if one is not None
    )


def _total(total: Told, told: list[Told], made: list[Made]) -> Iterator[Figure]:
    """What one side owes in one currency, over its payments."""
    of = [
        (one, figures)
        for one, figures in zip(told, made, strict=True)
        if "left" in figures and (one["by"], one["currency"]) == (total["by"], total["currency"])
    ]
    still = [(one, figures) for one, figures in of if one["status"] in _STILL]
    terms = {
        "owed": [figures["left"] for one, figures in still if one["due_on"] is not None],
        "overdue": [figures["left"] for one, figures in still if one["status"] in _LATE],
        "to_be_earned": [figures["left"] for one, figures in still if one["due_on"] is None],
        "paid": [figures[PAID] for _, figures in of],
    }
    standing = tuple(
        one for _, made in of for name in ("status", "due_on") for one in made[name].cells
    )
    for name, parts in terms.items():
        rule = f"the sum of {len(parts)} payments: {TOTALS[name]}"
        label = f"{name.replace('_', ' ').capitalize()} by the {total['by']}"
        place = f"total/{total['by']}/{total['currency']}/{name}"
        yield Figure(place, label, total[name], total["currency"], rule, tuple(parts), standing)


_STILL = (Status.OPEN, Status.OVERDUE)
_LATE = (Status.OVERDUE,)
