"""How facts lead a deal from one phase to the next."""

from typing import assert_never

from events.contract import (
    ClearanceRefused,
    ConditionMet,
    ConflictResolved,
    ContractAmended,
    ContractCompleted,
    ContractDrafted,
    ContractExecuted,
    ContractExpired,
    ContractTerminated,
    DeliverableAccepted,
    DeliverableReceived,
    DeliverableRejected,
    EngagementConflicted,
    LongFormDrafted,
    OfferAccepted,
    OfferCountered,
    OfferLapsed,
    OfferMade,
    OfferWithdrawn,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
    PaymentEarned,
    Side,
    Terms,
    TermsCleared,
    TermsRedrafted,
    TermsSubmitted,
    TermsWithdrawn,
)
from runtime.changing import changed
from services.contract.model.facts import DealEvent, DoneEvent, TalksEvent
from services.contract.model.phases import (
    Agreed,
    Contract,
    Deal,
    Draft,
    Ended,
    Executed,
    Negotiated,
    Offered,
    Talks,
    UnderWay,
    talks_of,
)


def evolve(contract: Contract, event: DealEvent) -> Contract:
    """The deal after `event`."""
    if isinstance(event, ContractDrafted):
        return Negotiated(Deal(event), Draft(1, event.terms))
    assert isinstance(contract, Negotiated | Executed)
    match event:
        case ConditionMet():
            met = contract.deal.met | {event.condition}
            return changed(contract, deal=changed(contract.deal, met=met))
        case ContractExecuted():
            return Executed(
                contract.deal, event.version, event.terms, event.executed_on, event.version
            )
        case ContractAmended():
            assert isinstance(contract, Executed)
            return changed(
                contract,
                version=event.version,
                terms=event.after,
                signed_on=event.amended_on,
                amendment=None,
            )
        case ContractTerminated() | ContractCompleted() | ContractExpired():
            return Ended(contract.deal, event)
        case (
            TermsRedrafted()
            | OfferMade()
            | OfferCountered()
            | OfferAccepted()
            | OfferLapsed()
            | OfferWithdrawn()
            | LongFormDrafted()
            | TermsSubmitted()
            | TermsWithdrawn()
            | TermsCleared()
            | ClearanceRefused()
        ):
            return _talked(contract, event)
        case (
            PaymentEarned()
            | DeliverableReceived()
            | DeliverableAccepted()
            | DeliverableRejected()
            | OptionExercised()
            | OptionExtended()
            | OptionLapsed()
            | EngagementConflicted()
            | ConflictResolved()
        ):
            assert isinstance(contract, Executed)
            return _performed(contract, event)
        case _:
            assert_never(event)


def _talked(contract: UnderWay, event: TalksEvent) -> UnderWay:
    if isinstance(event, TermsWithdrawn | ClearanceRefused):
        contract = changed(contract, deal=changed(contract.deal, spent=event.version))
    if isinstance(contract, Negotiated):
        return changed(contract, talks=_talks(contract, event))
    written = max(contract.written, event.version)
    if isinstance(event, TermsRedrafted) and is_in_force(contract, event.terms):
        return changed(contract, amendment=None, written=written)
    return changed(contract, amendment=_talks(contract, event), written=written)


def is_in_force(contract: Executed, terms: Terms) -> bool:
    """Whether these terms are those that were signed last."""
    return contract.deal.hash_of(terms) == contract.deal.hash_of(contract.terms)


def _talks(contract: UnderWay, event: TalksEvent) -> Talks:
    match event:
        case TermsRedrafted():
            return Draft(event.version, event.terms)
        case OfferMade():
            return Offered(
                event.version, event.terms, event.content_hash, Side.PRODUCTION, event.expires_at
            )
        case OfferCountered():
            return Offered(
                event.version,
                event.terms,
                event.content_hash,
                event.by,
                event.expires_at,
                event.note,
            )
        case OfferAccepted():
            return Agreed(event.version, talks_of(contract).terms, event)
        case OfferLapsed() | OfferWithdrawn():
            return Draft(event.version, talks_of(contract).terms)
        case LongFormDrafted():
            return changed(_agreed(contract), long_form=event.document_hash)
        case TermsSubmitted() | TermsCleared():
            return changed(_agreed(contract), clearance=event)
        case TermsWithdrawn() | ClearanceRefused():
            return changed(_agreed(contract), clearance=None)
        case _:
            assert_never(event)


def _agreed(contract: UnderWay) -> Agreed:
    talks = talks_of(contract)
    assert isinstance(talks, Agreed)
    return talks


def _performed(contract: Executed, event: DoneEvent) -> Executed:
    match event:
        case PaymentEarned():
            return changed(contract, earned=contract.earned.set(event.payment, event))
        case DeliverableReceived() | DeliverableAccepted() | DeliverableRejected():
            deliveries = contract.deliveries.set(event.deliverable, event)
            return changed(contract, deliveries=deliveries)
        case OptionExercised() | OptionLapsed():
            return changed(contract, settled=contract.settled.set(event.option, event))
        case OptionExtended():
            return changed(
                contract,
                terms=_extended(contract.terms, event),
                extended=contract.extended.set(event.option, event),
            )
        case EngagementConflicted():
            return changed(contract, conflicts=contract.conflicts.set(event.conflict, event))
        case ConflictResolved():
            return changed(contract, conflicts=contract.conflicts.delete(event.conflict))
        case _:
            assert_never(event)


def _extended(terms: Terms, event: OptionExtended) -> Terms:
    options = tuple(
        one.model_copy(update={"exercise_by": event.exercise_by})
        if one.option == event.option
        else one
        for one in terms.options
    )
    return terms.model_copy(update={"options": options})
