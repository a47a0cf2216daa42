"""What was promised, spent, taken back and estimated, by its business ids."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import assert_never

from immutables import Map

from events.budget import (
    CommitmentClosed,
    CommitmentRaised,
    CostPosted,
    CostReversed,
    EstimateSet,
    OverageApproved,
    OverageForecast,
    OverageRefused,
    OverageThresholdSet,
)
from events.money import ZERO
from runtime.changing import changed
from services.budget.model.asked import Overages, answered, asked


@dataclass(frozen=True)
class OpenCommitment:
    """Money is promised; `open` of it is neither relieved nor let go."""

    raised: CommitmentRaised
    open: Decimal


@dataclass(frozen=True)
class ClosedCommitment:
    """What was open was let go. `taken_back` is what was reversed since: it is open nowhere."""

    raised: CommitmentRaised
    closed: CommitmentClosed
    taken_back: Decimal = ZERO


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
class Standing:
    """Where an account stands. `approvals_before` counts the overages that had been approved when
    its estimate was set: a variance is measured against the budget of that moment."""

    cost_to_date: Decimal = ZERO
    committed: Decimal = ZERO
    estimate: EstimateSet | None = None
    approvals_before: int = 0


@dataclass(frozen=True)
class Ledger:
    """Everything recorded, by its id; `estimate_counts` and `accounts` are by account, and
    `approvals` are the overages in the order of their approval."""

    commitments: Map[str, Commitment] = field(default_factory=Map)
    postings: Map[str, Posting] = field(default_factory=Map)
    reversals: Map[str, CostReversed] = field(default_factory=Map)
    estimates: Map[str, EstimateSet] = field(default_factory=Map)
    estimate_counts: Map[str, int] = field(default_factory=Map)
    accounts: Map[str, Standing] = field(default_factory=Map)
    threshold: OverageThresholdSet | None = None
    overages: Overages = field(default_factory=Map)
    approvals: tuple[OverageApproved, ...] = ()


EntryEvent = CommitmentRaised | CommitmentClosed | CostPosted | CostReversed | EstimateSet
OverageEvent = OverageThresholdSet | OverageForecast | OverageApproved | OverageRefused
LedgerEvent = EntryEvent | OverageEvent


def evolve(ledger: Ledger, event: LedgerEvent) -> Ledger:
    """The ledger after `event`."""
    match event:
        case CommitmentRaised():
            raised = _moved(ledger, event.account, committed=event.amount)
            return _with(raised, OpenCommitment(event, open=event.amount))
        case CommitmentClosed():
            closed = _moved(ledger, event.account, committed=-event.released)
            raised_by = ledger.commitments[event.commitment].raised
            return _with(closed, ClosedCommitment(raised_by, event))
        case CostPosted():
            return _posted(ledger, event)
        case CostReversed():
            return _reversed(ledger, event)
        case EstimateSet():
            return _estimated(ledger, event)
        case OverageThresholdSet():
            return changed(ledger, threshold=event)
        case OverageForecast():
            return changed(ledger, overages=asked(ledger.overages, event))
        case OverageApproved():
            overages = answered(ledger.overages, event)
            return changed(ledger, overages=overages, approvals=(*ledger.approvals, event))
        case OverageRefused():
            return changed(ledger, overages=answered(ledger.overages, event))
        case _:
            assert_never(event)


def _posted(ledger: Ledger, event: CostPosted) -> Ledger:
    postings = ledger.postings.set(event.posting, StandingPosting(event))
    moved = _moved(ledger, event.account, committed=-event.relieved, cost=event.amount)
    return _opened(changed(moved, postings=postings), event.commitment, -event.relieved)


def _reversed(ledger: Ledger, event: CostReversed) -> Ledger:
    posting = ReversedPosting(ledger.postings[event.posting].posted, event)
    taken_back = changed(
        _moved(ledger, event.account, committed=event.restored, cost=-event.amount),
        postings=ledger.postings.set(event.posting, posting),
        reversals=ledger.reversals.set(event.reversal, event),
    )
    commitment = ledger.commitments.get(event.commitment) if event.commitment else None
    if isinstance(commitment, ClosedCommitment):
        amount = commitment.taken_back + event.amount
        return _with(taken_back, changed(commitment, taken_back=amount))
    return _opened(taken_back, event.commitment, event.restored)


def _estimated(ledger: Ledger, event: EstimateSet) -> Ledger:
    standing = changed(
        ledger.accounts.get(event.account, Standing()),
        estimate=event,
        approvals_before=len(ledger.approvals),
    )
    return changed(
        ledger,
        estimates=ledger.estimates.set(event.estimate, event),
        estimate_counts=ledger.estimate_counts.set(event.account, event.number),
        accounts=ledger.accounts.set(event.account, standing),
    )


def _moved(ledger: Ledger, account: str, committed: Decimal, cost: Decimal = ZERO) -> Ledger:
    """The ledger with what is committed and spent on an account moved by those amounts."""
    before = ledger.accounts.get(account, Standing())
    after = changed(
        before,
        committed=before.committed + committed,
        cost_to_date=before.cost_to_date + cost,
    )
    return changed(ledger, accounts=ledger.accounts.set(account, after))


def _opened(ledger: Ledger, reference: str | None, amount: Decimal) -> Ledger:
    """The ledger with the open balance of a commitment, if it is open, moved by `amount`."""
    commitment = ledger.commitments.get(reference) if reference is not None else None
    if not isinstance(commitment, OpenCommitment):
        return ledger
    return _with(ledger, changed(commitment, open=commitment.open + amount))


def _with(ledger: Ledger, commitment: Commitment) -> Ledger:
    reference = commitment.raised.commitment
    return changed(ledger, commitments=ledger.commitments.set(reference, commitment))
