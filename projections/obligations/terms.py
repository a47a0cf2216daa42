"""What a deal owes by its terms, and which side owes it."""

from collections.abc import Iterator
from datetime import datetime

from events.contract import Kind, Terms
from projections.obligations.rows import (
    DELIVERABLE,
    OPTION,
    PARTY,
    PAYMENT,
    PRODUCTION,
    WINDOW,
    Deal,
    Duty,
)


def duties_of(deal: Deal, terms: Terms, since: datetime) -> Iterator[Duty]:
    """Everything that the terms of an executed deal oblige one side or the other to.

    The production pays, and the party delivers; with a distributor it is the other way round.
    """
    sold = deal.kind == Kind.DISTRIBUTION
    pays, delivers = (PARTY, PRODUCTION) if sold else (PRODUCTION, PARTY)
    for payment in terms.payments:
        yield Duty(
            deal.contract,
            PAYMENT,
            payment.payment,
            pays,
            f"payment {payment.payment}",
            since,
            due_on=payment.due_on,
            upon=payment.upon,
            amount=payment.amount,
            currency=terms.currency,
        )
    for one in terms.deliverables:
        yield Duty(
            deal.contract,
            DELIVERABLE,
            one.deliverable,
            delivers,
            one.name,
            since,
            due_on=one.due_on,
        )
    for option in terms.options:
        yield Duty(
            deal.contract,
            OPTION,
            option.option,
            pays,
            option.right,
            since,
            due_on=option.exercise_by,
            amount=option.price,
            currency=terms.currency,
        )
    for window in terms.windows:
        yield Duty(
            deal.contract,
            WINDOW,
            f"{window.territory[:60]} {window.medium} {window.opens_on}",
            PRODUCTION,
            f"{window.medium} in {window.territory}, "
            + ("exclusively" if window.exclusive else "beside others"),
            since,
            due_on=window.closes_on,
            starts_on=window.opens_on,
        )
