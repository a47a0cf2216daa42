"""The fold that keeps the rows of obligations."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import assert_never

from events import budget as money
from events import contract as facts
from events.envelope import Recorded
from projections.obligations.offers import Offer, offers_after
from projections.obligations.rows import (
    DELIVERABLE,
    LAPSED,
    MET,
    OFFER,
    OPEN,
    OPTION,
    PAYMENT,
    RELEASED,
    Deal,
    Duty,
    Paid,
)
from projections.obligations.terms import duties_of
from runtime.changing import changed
from runtime.view import Row, Rows, View

Executed = facts.ContractDrafted | facts.ContractExecuted | facts.ContractAmended
Moved = (
    facts.PaymentEarned
    | facts.DeliverableReceived
    | facts.DeliverableAccepted
    | facts.DeliverableRejected
    | facts.OptionExercised
    | facts.OptionExtended
    | facts.OptionLapsed
)
Ended = facts.ContractTerminated | facts.ContractExpired


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact changes; a fact of what no deal is known to owe changes nothing."""
    event = recorded.event
    match event:
        case money.CostPosted(commitment=str(commitment), amount=amount):
            yield _paid(rows, commitment, amount)
        case money.CostReversed(commitment=str(commitment), amount=amount):
            yield _paid(rows, commitment, -amount)
        case _ if isinstance(event, Executed):
            yield from _agreed(rows, event, recorded)
        case _ if isinstance(event, Offer):
            yield from offers_after(rows, event, recorded)
        case _ if isinstance(event, Moved):
            yield from _moved(rows, event)
        case _ if isinstance(event, Ended):
            yield from _ended(rows, event)
        case _:
            return


def _paid(rows: Rows, commitment: str, amount: Decimal) -> Paid:
    row = rows.get(Paid, commitment) or Paid(commitment)
    return changed(row, amount=row.amount + amount)


def _agreed(rows: Rows, event: Executed, recorded: Recorded) -> Iterator[Row]:
    deal = rows.get(Deal, event.contract) or Deal(event.contract)
    match event:
        case facts.ContractDrafted() | facts.ContractExecuted():
            deal = changed(deal, kind=event.kind.value, title=event.title, party=event.party)
            if isinstance(event, facts.ContractDrafted):
                yield changed(deal, name=event.name)
                return
            terms, kept = event.terms, frozenset[tuple[str, str]]()
        case facts.ContractAmended():
            terms, kept = event.after, event.days_kept()
        case _:
            assert_never(event)
    yield changed(deal, version=event.version)
    owed = {(duty.kind, duty.id): duty for duty in duties_of(deal, terms, recorded.recorded_at)}
    for before in list(_duties(rows, event.contract)):
        if before.status == RELEASED:
            # Terms that name it again make it owed anew.
            continue
        now = owed.pop((before.kind, before.id), None)
        if now is not None:
            yield _amended(before, now, before.earned or (before.kind, before.id) in kept)
        elif before.kind != OFFER and before.status == OPEN:
            yield changed(before, status=RELEASED)
    yield from owed.values()


def _amended(before: Duty, now: Duty, day_kept: bool) -> Duty:
    """What was owed before, as the new terms have it; what has happened meanwhile stays, and so
    does the day that came of it, if the terms do not move it."""
    return changed(
        now,
        since=before.since,
        status=before.status,
        due_on=before.due_on if day_kept else now.due_on,
        earned=before.earned,
        handed_over=before.handed_over,
        note=before.note,
    )


def _moved(rows: Rows, event: Moved) -> Iterator[Duty]:
    match event:
        case facts.PaymentEarned(payment=id):
            duty = rows.get(Duty, event.contract, PAYMENT, id)
            now = duty and changed(duty, due_on=event.due_on, amount=event.amount, earned=True)
        case facts.DeliverableReceived(deliverable=id):
            duty = rows.get(Duty, event.contract, DELIVERABLE, id)
            now = duty and changed(duty, handed_over=event.received_on, note=None)
        case facts.DeliverableAccepted(deliverable=id):
            duty = rows.get(Duty, event.contract, DELIVERABLE, id)
            now = duty and changed(duty, status=MET)
        case facts.DeliverableRejected(deliverable=id):
            duty = rows.get(Duty, event.contract, DELIVERABLE, id)
            now = duty and changed(duty, handed_over=None, due_on=event.cure_by, note=event.reason)
        case facts.OptionExercised(option=id):
            duty = rows.get(Duty, event.contract, OPTION, id)
            now = duty and changed(duty, status=MET)
        case facts.OptionExtended(option=id):
            duty = rows.get(Duty, event.contract, OPTION, id)
            now = duty and changed(duty, due_on=event.exercise_by)
        case facts.OptionLapsed(option=id):
            duty = rows.get(Duty, event.contract, OPTION, id)
            now = duty and changed(duty, status=LAPSED)
        case _:
            assert_never(event)
    if now is not None:
        yield now


def _ended(rows: Rows, event: Ended) -> Iterator[Duty]:
    """Payments that are owed after all stay; everything else falls away."""
    owed = event.owed if isinstance(event, facts.ContractTerminated) else ()
    status = RELEASED if isinstance(event, facts.ContractTerminated) else LAPSED
    for duty in list(_duties(rows, event.contract)):
        if duty.status == OPEN and not (duty.kind == PAYMENT and duty.id in owed):
            yield changed(duty, status=status)


def _duties(rows: Rows, contract: str) -> Iterator[Duty]:
    return (duty for duty in rows.all(Duty) if duty.contract == contract)


VIEW = View(logs=("approval", "budget", "contract"), tables=(Deal, Duty, Paid), evolve=evolve)
