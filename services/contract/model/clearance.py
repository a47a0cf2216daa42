"""From what was agreed to what may be signed: long form, clearance and conditions."""

from collections.abc import Sequence
from typing import assert_never

from events.contract import (
    ClearanceRefused,
    ConditionMet,
    LongFormDrafted,
    TermsCleared,
    TermsSubmitted,
)
from events.event import Event
from services.contract.commands import (
    ClearanceCommand,
    ClearTerms,
    DraftLongForm,
    MeetCondition,
    RefuseClearance,
    SubmitTerms,
    WithdrawTerms,
)
from services.contract.model.phases import (
    Agreed,
    Contract,
    Ended,
    NotDrafted,
    UnderWay,
    talks_of,
    under_way,
)
from services.contract.model.rejections import (
    TermsAreNotAgreed,
    TermsMovedOn,
    TermsNeedANewVersion,
)
from services.contract.model.standing import taken_back


def decide_clearance(contract: Contract, command: ClearanceCommand) -> Sequence[Event]:
    """The facts that follow from a step towards the signature."""
    match command:
        case DraftLongForm():
            return _draft_long_form(agreed(under_way(contract)), command)
        case SubmitTerms():
            return _submit(under_way(contract), command)
        case WithdrawTerms():
            talks = talks_of(under_way(contract))
            return taken_back(talks, command.contract, command.reason)
        case ClearTerms():
            return _clear(under_way(contract), command)
        case RefuseClearance():
            return _refuse(contract, command)
        case MeetCondition():
            return _meet(contract, command)
        case _:
            assert_never(command)


def agreed(contract: UnderWay) -> Agreed:
    """What is agreed, or the refusal that nothing is."""
    talks = talks_of(contract)
    if not isinstance(talks, Agreed):
        raise TermsAreNotAgreed(
            f"version {talks.version} is not agreed: let an offer of it be accepted first"
        )
    return talks


def _draft_long_form(talks: Agreed, command: DraftLongForm) -> Sequence[Event]:
    if talks.long_form == command.document_hash:
        return []
    return [
        LongFormDrafted(
            contract=command.contract,
            version=talks.version,
            document_hash=command.document_hash,
        )
    ]


def _submit(contract: UnderWay, command: SubmitTerms) -> Sequence[Event]:
    talks, deal = agreed(contract), contract.deal
    if talks.clearance is not None:
        return []
    if talks.version <= deal.spent:
        raise TermsNeedANewVersion(
            f"version {talks.version} was refused its clearance, or taken back from it: counter "
            "with the terms that are wanted now, and let them be accepted"
        )
    return [
        TermsSubmitted(
            contract=command.contract,
            kind=deal.drafted.kind,
            title=deal.drafted.title,
            version=talks.version,
            content_hash=talks.accepted.content_hash,
            amount=talks.terms.fee,
            currency=talks.terms.currency,
        )
    ]


def _clear(contract: UnderWay, command: ClearTerms) -> Sequence[Event]:
    cleared = TermsCleared(**dict(command))
    talks = contract.talks
    if isinstance(talks, Agreed) and talks.clearance == cleared:
        return []
    waiting = _waiting(contract, command.version)
    if waiting is not None and waiting.content_hash == command.content_hash:
        return [cleared]
    raise _moved_on(contract, command.version)


def _refuse(contract: Contract, command: RefuseClearance) -> Sequence[Event]:
    # What moved on, or is over, asks for no clearance any more: the refusal may come late.
    if not isinstance(contract, NotDrafted) and command.version <= contract.deal.spent:
        return []
    deal = under_way(contract)
    if _waiting(deal, command.version) is not None:
        return [ClearanceRefused(**dict(command))]
    raise _moved_on(deal, command.version)


def _waiting(contract: UnderWay, version: int) -> TermsSubmitted | None:
    talks = contract.talks
    if not isinstance(talks, Agreed) or talks.version != version:
        return None
    return talks.clearance if isinstance(talks.clearance, TermsSubmitted) else None


def _moved_on(contract: UnderWay, version: int) -> TermsMovedOn:
    talks = contract.talks
    if talks is None:
        standing = "nothing waits for a clearance"
    elif isinstance(talks, Agreed) and talks.clearance is not None:
        is_cleared = isinstance(talks.clearance, TermsCleared)
        standing = f"version {talks.version} {'is cleared' if is_cleared else 'is submitted'}"
    else:
        standing = f"version {talks.version} is not submitted"
    return TermsMovedOn(
        f"the decision is on version {version} with another content, while {standing}: submit the "
        "terms that are meant, for an approval of their own"
        if talks is not None and talks.version == version
        else f"the decision is on version {version}, while {standing}: submit the terms that are "
        "meant, for an approval of their own"
    )


def _meet(contract: Contract, command: MeetCondition) -> Sequence[Event]:
    # A policy may come late: to terms without that condition, or to a deal that waits no more.
    if isinstance(contract, NotDrafted | Ended) or command.condition in contract.deal.met:
        return []
    talks = contract.talks
    if talks is None or command.condition not in talks.terms.conditions:
        return []
    return [ConditionMet(**dict(command))]
