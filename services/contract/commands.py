"""What the contract room can be told to do."""

from datetime import UTC, date, datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AwareDatetime, Field

from events.approval import Role
from events.contract import Amount, Condition, Kind, Side, Terms
from events.names import ContentHash, Id, PersonId, Reference, Text
from runtime.decider import Command, Personal

SIGNERS = frozenset({Role.EXECUTIVE_PRODUCER, Role.PRODUCER})
NEGOTIATORS = SIGNERS | {Role.LINE_PRODUCER}
PAYERS = NEGOTIATORS | {Role.PRODUCTION_ACCOUNTANT}
RECEIVERS = NEGOTIATORS | {Role.DEPARTMENT_HEAD}


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("beyond the end of all dates: write an earlier moment") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment, with the offset of its zone where it is written, and in UTC from here on."""

Version = Annotated[int, Field(ge=1)]


class ContractCommand(Command):
    """A command about one deal."""

    STREAM: ClassVar[str | None] = "contract"

    contract: Id


class DraftContract(ContractCommand):
    """Begin a deal: what it is about, with whom, and its first terms."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS

    kind: Kind
    title: Text
    party: PersonId
    name: Annotated[Text | None, Personal(of="party")] = None
    terms: Terms


class RedraftTerms(ContractCommand):
    """Write the terms anew before they are offered; of an executed deal, begin an amendment.
    The terms in force, written again, take the amendment back."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS

    terms: Terms
    reason: Text | None = None


class MakeOffer(ContractCommand):
    """Offer the drafted terms, open until a moment."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS

    expires_at: Moment


class CounterOffer(ContractCommand):
    """Answer with other terms, for the side that the standing offer was made to; what was agreed
    and not executed yet, either side may open again."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS

    by: Side
    terms: Terms
    expires_at: Moment
    note: Text | None = None


class AcceptOffer(ContractCommand):
    """Accept exactly this version, for the side that it was offered to."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS

    version: Version
    accepted_by: Side
    accepted_on: date


class LapseOffer(ContractCommand):
    """Note that nobody accepted in time. A timer's command."""

    version: Version


class WithdrawOffer(ContractCommand):
    """Take the offer back, or what was agreed on it and not executed yet, with the reason."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS

    reason: Text


class DraftLongForm(ContractCommand):
    """Note the long form written on the agreed terms, by the hash of its paper."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS

    document_hash: ContentHash


class SubmitTerms(ContractCommand):
    """Submit the agreed terms for clearance."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS


class WithdrawTerms(ContractCommand):
    """Take the agreed terms back from clearance, with the reason."""

    MAY: ClassVar[frozenset[Role]] = NEGOTIATORS

    reason: Text


class ClearTerms(ContractCommand):
    """Clear the terms that were approved. A policy's command: nobody clears by hand."""

    version: Version
    content_hash: ContentHash
    request: Id


class RefuseClearance(ContractCommand):
    """Note that the terms were refused. A policy's command."""

    version: Version
    request: Id
    by: PersonId
    reason: Text


class MeetCondition(ContractCommand):
    """Note that something the deal waited for has happened. A policy's command."""

    condition: Condition
    cause: Id


class ExecuteContract(ContractCommand):
    """Note that the agreed and cleared terms were signed: the deal, or its amendment."""

    MAY: ClassVar[frozenset[Role]] = SIGNERS

    executed_on: date


class EarnPayment(ContractCommand):
    """Note that what a payment waited for has happened."""

    MAY: ClassVar[frozenset[Role]] = PAYERS

    payment: Reference
    due_on: date


class ReceiveDeliverable(ContractCommand):
    """Note that something was handed over."""

    MAY: ClassVar[frozenset[Role]] = RECEIVERS

    deliverable: Reference
    received_on: date


class AcceptDeliverable(ContractCommand):
    """Pass what was handed over."""

    MAY: ClassVar[frozenset[Role]] = SIGNERS

    deliverable: Reference
    accepted_on: date


class RejectDeliverable(ContractCommand):
    """Send back what was handed over, with the reason, to be cured by a day."""

    MAY: ClassVar[frozenset[Role]] = SIGNERS

    deliverable: Reference
    reason: Text
    cure_by: date


class ExerciseOption(ContractCommand):
    """Take a right up in time."""

    MAY: ClassVar[frozenset[Role]] = SIGNERS

    option: Reference
    exercised_on: date


class ExtendOption(ContractCommand):
    """Move the last day of a right, at a price in currency units for the longer time."""

    MAY: ClassVar[frozenset[Role]] = SIGNERS

    option: Reference
    exercise_by: date
    price: Amount


class LapseOption(ContractCommand):
    """Note that nobody took a right up in time. A timer's command."""

    option: Reference


class RecordConflict(ContractCommand):
    """Note that the deal no longer fits what moved elsewhere. A policy's command."""

    conflict: Text
    cause: Id
    problem: Text
    days: tuple[date, ...] = ()


class ResolveConflict(ContractCommand):
    """Note that the deal fits again. A policy's command."""

    conflict: Text
    cause: Id


class TerminateContract(ContractCommand):
    """End a deal early, with the reason."""

    MAY: ClassVar[frozenset[Role]] = SIGNERS

    reason: Text
    terminated_on: date


class CompleteContract(ContractCommand):
    """Note that both sides did what they owed."""

    MAY: ClassVar[frozenset[Role]] = SIGNERS

    completed_on: date


TermsCommand = DraftContract | RedraftTerms
OfferCommand = MakeOffer | CounterOffer | AcceptOffer | LapseOffer | WithdrawOffer
ClearanceCommand = (
    DraftLongForm | SubmitTerms | WithdrawTerms | ClearTerms | RefuseClearance | MeetCondition
)
DeliverableCommand = ReceiveDeliverable | AcceptDeliverable | RejectDeliverable
OptionCommand = ExerciseOption | ExtendOption | LapseOption
ConflictCommand = RecordConflict | ResolveConflict
EndCommand = TerminateContract | CompleteContract
DealCommand = (
    TermsCommand
    | OfferCommand
    | ClearanceCommand
    | ExecuteContract
    | EarnPayment
    | DeliverableCommand
    | OptionCommand
    | ConflictCommand
    | EndCommand
)
