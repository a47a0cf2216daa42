"""What the facts of deals change: what is engaged, owed, optioned, released and delivered when."""

from collections.abc import Iterable, Iterator

from events import contract as facts
from events.envelope import Recorded
from projections.timeline.folds.terms import spoken_of
from projections.timeline.rows.deals import Conflict, Deal, Deliverable, Option, Payment
from runtime.changing import changed
from runtime.view import Row, Rows


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact of a deal changes."""
    match recorded.event:
        case facts.ContractDrafted() as drafted:
            deal = changed(
                _deal(rows, drafted.contract), title=drafted.title, kind=drafted.kind.value
            )
            yield from _proposed(rows, deal, drafted.terms, recorded.id)
        case facts.TermsRedrafted() | facts.OfferMade() | facts.OfferCountered() as offer:
            yield from _proposed(rows, _deal(rows, offer.contract), offer.terms, recorded.id)
        case facts.OfferAccepted(contract=contract):
            yield _unless_signed(_deal(rows, contract), "agreed")
        case facts.OfferLapsed(contract=contract) | facts.OfferWithdrawn(contract=contract):
            yield _unless_signed(_deal(rows, contract), "proposed")
        case facts.ContractExecuted() as executed:
            deal = Deal(executed.contract, executed.title, executed.kind.value, "executed", True)
            yield deal
            yield from spoken_of(rows, deal, executed.terms, recorded.id)
        case facts.ContractAmended() as amended:
            deal = changed(_deal(rows, amended.contract), phase="executed", signed=True)
            yield deal
            yield from spoken_of(rows, deal, amended.after, recorded.id, amended.days_kept())
        case facts.ContractTerminated() as terminated:
            yield changed(_deal(rows, terminated.contract), phase="terminated")
            for name in terminated.released:
                yield changed(_payment(rows, terminated.contract, name), released=True)
        case facts.ContractCompleted(contract=contract):
            yield changed(_deal(rows, contract), phase="completed")
        case facts.ContractExpired(contract=contract):
            yield changed(_deal(rows, contract), phase="expired")
        case facts.PaymentEarned() as earned:
            yield changed(
                _payment(rows, earned.contract, earned.payment),
                amount=earned.amount,
                due_on=earned.due_on,
                earned=True,
                cause=recorded.id,
            )
        case facts.EngagementConflicted() as one:
            days = ",".join(day.isoformat() for day in one.days)
            yield Conflict(one.contract, one.conflict, one.problem, one.cause, days)
        case facts.ConflictResolved() as one:
            row = rows.get(Conflict, one.contract, one.conflict)
            yield changed(
                row or Conflict(one.contract, one.conflict, one.conflict, one.cause), resolved=True
            )
        case _:
            yield from _option(rows, recorded)
            yield from _deliverable(rows, recorded)


def _deal(rows: Rows, contract: str) -> Deal:
    return rows.get(Deal, contract) or Deal(contract, contract)


def _unless_signed(deal: Deal, phase: str) -> Deal:
    """While an amendment is spoken of, what was signed stands."""
    return deal if deal.signed else changed(deal, phase=phase)


def _proposed(rows: Rows, deal: Deal, terms: facts.Terms, cause: str) -> Iterator[Row]:
    yield _unless_signed(deal, "proposed")
    if not deal.signed:
        yield from spoken_of(rows, deal, terms, cause)


def _payment(rows: Rows, contract: str, name: str) -> Payment:
    return rows.get(Payment, contract, name) or Payment(contract, name)


def _option(rows: Rows, recorded: Recorded) -> Iterator[Option]:
    match recorded.event:
        case facts.OptionExercised() as exercised:
            row = rows.get(Option, exercised.contract, exercised.option) or Option(
                exercised.contract, exercised.option, exercised.option, exercised.exercised_on
            )
            yield changed(row, exercised_on=exercised.exercised_on, price=exercised.price)
        case facts.OptionExtended() as extended:
            row = rows.get(Option, extended.contract, extended.option) or Option(
                extended.contract, extended.option, extended.option, extended.was
            )
            yield changed(row, exercise_by=extended.exercise_by, cause=recorded.id)
        case facts.OptionLapsed() as lapsed:
            row = rows.get(Option, lapsed.contract, lapsed.option) or Option(
                lapsed.contract, lapsed.option, lapsed.option, lapsed.exercise_by
            )
            yield changed(row, lapsed=True)
        case _:
            return


def _deliverable(rows: Rows, recorded: Recorded) -> Iterator[Deliverable]:
    match recorded.event:
        case (
            facts.DeliverableReceived()
            | facts.DeliverableAccepted()
            | facts.DeliverableRejected() as event
        ):
            row = rows.get(Deliverable, event.contract, event.deliverable) or Deliverable(
                event.contract, event.deliverable, event.deliverable, None
            )
        case _:
            return
    match event:
        case facts.DeliverableReceived(received_on=on):
            yield changed(row, status="received", received_on=on)
        case facts.DeliverableAccepted(accepted_on=on):
            yield changed(row, status="accepted", accepted_on=on)
        case facts.DeliverableRejected() as rejected:
            yield changed(
                row,
                status="rejected",
                due_on=rejected.cure_by,
                reason=rejected.reason,
                cause=recorded.id,
            )
