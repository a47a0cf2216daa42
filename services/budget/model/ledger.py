"""What was promised, spent, taken back and estimated, by its business ids."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import assert_never

from immutables import Map

from events.budget import (
    CommitmentClosed,
    CommitmentRaised,
    CostPosted,
    CostReversed,
    EstimateSet,
)


@dataclass(frozen=True)
class OpenCommitment:
    """Money is promised; `open` of it is neither relieved nor let go."""

    raised: CommitmentRaised
    open: Decimal


@dataclass(frozen=True)
class ClosedCommitment:
    """What was open was let go."""

    raised: CommitmentRaised
    closed: CommitmentClosed


@dataclass(frozen=True)
class StandingPosting:
    """A cost that counts."""

    posted: CostPosted


@dataclass(frozen=True)
class ReversedPosting:
    """A cost that was taken back."""

    posted: CostPosted
    reversed: CostReversed


Commitment = OpenCommitment | ClosedCommitment
Posting = StandingPosting | ReversedPosting


@dataclass(frozen=True)
class Ledger:
    """Everything recorded, by its id; `estimate_counts` is by account."""

    commitments: Map[str, Commitment] = field(default_factory=Map)
    postings: Map[str, Posting] = field(default_factory=Map)
    reversals: Map[str, CostReversed] = field(default_factory=Map)
    estimates: Map[str, EstimateSet] = field(default_factory=Map)
    estimate_counts: Map[str, int] = field(default_factory=Map)


LedgerEvent = CommitmentRaised | CommitmentClosed | CostPosted | CostReversed | EstimateSet


def evolve(ledger: Ledger, event: LedgerEvent) -> Ledger:
    """The ledger after `event`."""
    match event:
        case CommitmentRaised():
            return _with(ledger, OpenCommitment(event, open=event.amount))
        case CommitmentClosed():
            raised = ledger.commitments[event.commitment].raised
            return _with(ledger, ClosedCommitment(raised, event))
        case CostPosted():
            posted = replace(
                ledger, postings=ledger.postings.set(event.posting, StandingPosting(event))
            )
            return _moved(posted, event.commitment, -event.relieved)
        case CostReversed():
            posting = ReversedPosting(ledger.postings[event.posting].posted, event)
            taken_back = replace(
                ledger,
                postings=ledger.postings.set(event.posting, posting),
                reversals=ledger.reversals.set(event.reversal, event),
            )
            return _moved(taken_back, event.commitment, event.restored)
        case EstimateSet():
            return replace(
                ledger,
                estimates=ledger.estimates.set(event.estimate, event),
                estimate_counts=ledger.estimate_counts.set(event.account, event.number),
            )
        case _:
            assert_never(event)


def _moved(ledger: Ledger, reference: str | None, amount: Decimal) -> Ledger:
    """The ledger with the open balance of a commitment, if it is open, moved by `amount`."""
    commitment = ledger.commitments.get(reference) if reference is not None else None
    if not isinstance(commitment, OpenCommitment):
        return ledger
    return _with(ledger, replace(commitment, open=commitment.open + amount))


def _with(ledger: Ledger, commitment: Commitment) -> Ledger:
    reference = commitment.raised.commitment
    return replace(ledger, commitments=ledger.commitments.set(reference, commitment))
