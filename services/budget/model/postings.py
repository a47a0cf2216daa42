"""Postings and their reversals. A reversal holds from the day of the cost that it takes back."""

from collections.abc import Sequence

from events.budget import CostPosted, CostReversed
from events.money import ZERO, rounded
from services.budget.commands import PostCost, ReverseCost
from services.budget.model.commitments import check_relief
from services.budget.model.currency import exact
from services.budget.model.ledger import (
    EntryEvent,
    Ledger,
    OpenCommitment,
    ReversedPosting,
)
from services.budget.model.rejections import (
    PostingExists,
    PostingIsAnother,
    PostingIsReversed,
    PostingIsUnknown,
    ReversalExists,
)


def post_cost(ledger: Ledger, entry: PostCost, currency: str) -> Sequence[EntryEvent]:
    """The fact that money was spent."""
    amount = exact(entry.amount, currency)
    posted = CostPosted(
        posting=entry.posting,
        account=entry.account,
        amount=amount,
        commitment=entry.commitment,
        relieved=rounded(ZERO, currency) if entry.commitment is None else amount,
        description=entry.description,
        incurred_on=entry.incurred_on,
    )
    before = ledger.postings.get(entry.posting)
    if before is None:
        check_relief(ledger, posted)
        return [posted]
    if before.posted == posted:
        return []
    raise PostingExists(
        f"{entry.posting} is {before.posted.amount} on account {before.posted.account} of "
        f"{before.posted.incurred_on} already: give this one an id of its own"
    )


def reverse_cost(ledger: Ledger, entry: ReverseCost) -> Sequence[EntryEvent]:
    """The fact that a posting was taken back."""
    posting = ledger.postings.get(entry.posting)
    if posting is None:
        raise PostingIsUnknown(
            f"nobody posted {entry.posting}: check the posting's id, or post it first"
        )
    posted = posting.posted
    if entry.account not in (None, posted.account) or entry.amount not in (None, posted.amount):
        raise PostingIsAnother(
            f"{entry.posting} is {posted.amount} on account {posted.account}, and a reversal "
            "takes all of it back: give those, then post what remains"
        )
    before = ledger.reversals.get(entry.reversal)
    reversed_ = _reversal(ledger, posted, entry)
    if before is not None:
        if before == reversed_.model_copy(update={"restored": before.restored}):
            return []
        raise ReversalExists(
            f"{entry.reversal} took back {before.posting} on {before.reversed_on} already: give "
            "this one an id of its own"
        )
    if isinstance(posting, ReversedPosting):
        raise PostingIsReversed(
            f"{entry.posting} was taken back by {posting.reversed.reversal} on "
            f"{posting.reversed.reversed_on}: leave this one out"
        )
    return [reversed_]


def _reversal(ledger: Ledger, posted: CostPosted, entry: ReverseCost) -> CostReversed:
    commitment = ledger.commitments.get(posted.commitment) if posted.commitment else None
    still_open = isinstance(commitment, OpenCommitment)
    return CostReversed(
        reversal=entry.reversal,
        posting=posted.posting,
        account=posted.account,
        amount=posted.amount,
        commitment=posted.commitment,
        restored=posted.relieved if still_open else posted.relieved * 0,
        reason=entry.reason,
        incurred_on=posted.incurred_on,
        reversed_on=entry.reversed_on,
    )
