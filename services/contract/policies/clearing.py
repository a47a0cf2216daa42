"""What lets a deal be signed: the approval of its terms, and what it waits for."""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from events.approval import ApprovalGranted, ApprovalRefused, Subject
from events.contract import (
    Condition,
    ContractDrafted,
    OfferAccepted,
    OfferCountered,
    OfferMade,
    TermsCleared,
    TermsRedrafted,
    TermsSubmitted,
)
from events.envelope import Recorded
from events.names import Id
from runtime.decider import Command
from services.contract.commands import ClearTerms, MeetCondition, RefuseClearance
from services.contract.model.known import Known

SUBJECT = "contract"
"""The kind of subject of an approval; its name is the id of the deal."""

IDS: TypeAdapter[Id] = TypeAdapter(Id)

TALKED = (
    ContractDrafted,
    TermsRedrafted,
    OfferMade,
    OfferCountered,
    OfferAccepted,
    TermsSubmitted,
    TermsCleared,
)
"""Facts after which a deal may still wait for what has happened already."""


def _deal_of(subject: Subject) -> Id | None:
    if subject.kind != SUBJECT:
        return None
    try:
        return IDS.validate_python(subject.name)
    except ValidationError:
        return None


def clear(recorded: Recorded, _: Known) -> Sequence[Command]:
    """Terms that were approved may be signed."""
    match recorded.event:
        case ApprovalGranted(subject=subject, request=request) if deal := _deal_of(subject):
            return [
                ClearTerms(
                    contract=deal,
                    version=subject.version,
                    content_hash=subject.content_hash,
                    request=request,
                )
            ]
        case _:
            return []


def refuse(recorded: Recorded, _: Known) -> Sequence[Command]:
    """Terms that were refused may not."""
    match recorded.event:
        case ApprovalRefused(subject=subject, reason=reason) as refused if deal := _deal_of(
            subject
        ):
            return [
                RefuseClearance(
                    contract=deal,
                    version=subject.version,
                    request=refused.request,
                    by=refused.by,
                    reason=reason,
                )
            ]
        case _:
            return []


def _meet_for_all(condition: Condition, recorded: Recorded, known: Known) -> Sequence[Command]:
    return [
        MeetCondition(contract=contract, condition=condition, cause=recorded.id)
        for contract, deal in known.deals.items()
        if condition in deal.waits_for
    ]


def budget_is_locked(recorded: Recorded, known: Known) -> Sequence[Command]:
    """The budget is locked: every deal that waits for that."""
    return _meet_for_all(Condition.BUDGET_LOCKED, recorded, known)


def schedule_is_locked(recorded: Recorded, known: Known) -> Sequence[Command]:
    """The schedule is locked: every deal that waits for that."""
    return _meet_for_all(Condition.SCHEDULE_LOCKED, recorded, known)


def met_already(recorded: Recorded, known: Known) -> Sequence[Command]:
    """A deal that was not known when something was locked, or waits for it only now."""
    event = recorded.event
    assert isinstance(event, TALKED)
    return [
        MeetCondition(contract=event.contract, condition=condition, cause=known.locks[condition])
        for condition in known.deal(event.contract).waits_for
        if condition in known.locks
    ]
