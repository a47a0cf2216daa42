"""Commitments: raised, relieved by postings, closed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import assert_never

from events.budget import CommitmentClosed, CommitmentRaised, CostPosted
from events.money import ZERO
from services.budget.commands import CloseCommitment, RaiseCommitment
from services.budget.model.currency import exact
from services.budget.model.ledger import (
    ClosedCommitment,
    Commitment,
    EntryEvent,
    Ledger,
    OpenCommitment,
)
from services.budget.model.rejections import (
    CommitmentExists,
    CommitmentIsClosed,
    CommitmentIsOnAnotherAccount,
    CommitmentIsUnknown,
    CurrencyIsAnother,
    InvoiceExceedsCommitment,
)


def raise_commitment(ledger: Ledger, entry: RaiseCommitment, currency: str) -> Sequence[EntryEvent]:
    """The fact that money was promised."""
    if entry.currency not in (None, currency):
        raise CurrencyIsAnother(
            f"{entry.commitment} is {entry.amount} {entry.currency}, and the production counts in "
            f"{currency}: commit what it comes to in {currency} by hand"
        )
    amount = exact(entry.amount, currency) - _spent_before(ledger, entry)
    raised = CommitmentRaised(
        commitment=entry.commitment,
        account=entry.account,
        amount=amount,
        description=entry.description,
        raised_on=entry.raised_on,
    )
    before = ledger.commitments.get(entry.commitment)
    if before is None:
        return [raised] if amount > 0 else []
    if before.raised == raised:
        return []
    raise CommitmentExists(
        f"{entry.commitment} is {before.raised.amount} on account {before.raised.account} of "
        f"{before.raised.raised_on} already: give this one an id of its own"
    )


def _spent_before(ledger: Ledger, entry: RaiseCommitment) -> Decimal:
    """What was posted against the commitments that this one is in place of, and still counts."""
    before = (ledger.commitments.get(one) for one in dict.fromkeys(entry.in_place_of))
    return sum((_spent(one) for one in before if one is not None), ZERO)


def _spent(commitment: Commitment) -> Decimal:
    match commitment:
        case OpenCommitment(raised=raised, open=left):
            return raised.amount - left
        case ClosedCommitment(raised=raised, closed=closed, taken_back=taken_back):
            return raised.amount - closed.released - taken_back
        case _:
            assert_never(commitment)


def close_commitment(ledger: Ledger, entry: CloseCommitment) -> Sequence[EntryEvent]:
    """The fact that what was open was let go."""
    commitment = ledger.commitments.get(entry.commitment)
    if commitment is None:
        raise _unknown_commitment(entry.commitment)
    account = commitment.raised.account
    if entry.account not in (None, account):
        raise CommitmentIsOnAnotherAccount(
            f"{entry.commitment} is on account {account}, not {entry.account}: close it there, "
            "or check its id"
        )
    if isinstance(commitment, ClosedCommitment):
        closed = commitment.closed
        if (closed.closed_on, closed.reason) == (entry.closed_on, entry.reason):
            return []
        raise CommitmentIsClosed(
            f"{entry.commitment} was closed on {closed.closed_on}: leave this one out"
        )
    return [
        CommitmentClosed(
            commitment=entry.commitment,
            account=account,
            released=commitment.open,
            closed_on=entry.closed_on,
            reason=entry.reason,
        )
    ]


def check_relief(ledger: Ledger, posted: CostPosted) -> None:
    """Refuses a posting against a commitment that cannot bear it."""
    if posted.commitment is None:
        return
    commitment = ledger.commitments.get(posted.commitment)
    if commitment is None:
        raise _unknown_commitment(posted.commitment)
    if commitment.raised.account != posted.account:
        raise CommitmentIsOnAnotherAccount(
            f"{posted.commitment} is on account {commitment.raised.account}: post "
            f"{posted.posting} there, or on {posted.account} without the commitment"
        )
    if isinstance(commitment, ClosedCommitment):
        raise CommitmentIsClosed(
            f"{posted.commitment} was closed on {commitment.closed.closed_on}: post "
            f"{posted.posting} without it, or raise a new commitment"
        )
    over = posted.amount - commitment.open
    if over > 0:
        raise InvoiceExceedsCommitment(
            f"{posted.posting} is {posted.amount}, but {posted.commitment} has {commitment.open} "
            f"open: commit the difference of {over} first, or post the overage of {over} without "
            "the commitment"
        )


def _unknown_commitment(reference: str) -> CommitmentIsUnknown:
    return CommitmentIsUnknown(f"nobody raised {reference}: check its id, or raise it first")
