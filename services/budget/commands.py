"""What the budget room can be told to do."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from events.approval import Role
from events.budget import AccountNumber, Category, EstimateBasis, Line, OverageCause
from events.event import Part
from events.money import Currency, Money
from events.names import ContentHash, Id, PersonId, Reference, Text
from runtime.decider import Command

REOPENERS = frozenset({Role.EXECUTIVE_PRODUCER, Role.PRODUCER, Role.LINE_PRODUCER})
PLANNERS = REOPENERS | {Role.PRODUCTION_ACCOUNTANT}
BOOKKEEPERS = frozenset({Role.PRODUCTION_ACCOUNTANT, Role.LINE_PRODUCER})
ESTIMATORS = BOOKKEEPERS | {Role.EXECUTIVE_PRODUCER}
LEADERS = frozenset({Role.EXECUTIVE_PRODUCER, Role.PRODUCER})

Categories = Annotated[tuple[Category, ...], Field(max_length=500)]
Positive = Annotated[Money, Field(gt=0)]


class DraftBudget(Command):
    """Begin a budget; without a currency it is in the production's."""

    MAY: ClassVar[frozenset[Role]] = PLANNERS

    currency: Currency | None = None
    categories: Categories = ()


class AddCategories(Command):
    """Add headings to the chart of accounts."""

    MAY: ClassVar[frozenset[Role]] = PLANNERS

    categories: Annotated[Categories, Field(min_length=1)]


class AddLine(Command):
    """Add a line to the plan."""

    MAY: ClassVar[frozenset[Role]] = PLANNERS

    line: Line


class ReviseLine(Command):
    """Replace the line of that id."""

    MAY: ClassVar[frozenset[Role]] = PLANNERS

    line: Line


class RemoveLine(Command):
    """Take a line out of the plan, with the reason."""

    MAY: ClassVar[frozenset[Role]] = PLANNERS

    line: Reference
    reason: Text


class ImportBudget(Command):
    """Add a file's categories and lines: all of them or, where one does not fit, none."""

    MAY: ClassVar[frozenset[Role]] = PLANNERS

    categories: Categories = ()
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=10_000)]


class SubmitBudget(Command):
    """Submit this version for approval."""

    MAY: ClassVar[frozenset[Role]] = PLANNERS


class LockBudget(Command):
    """Lock the version that was approved. A policy's command: nobody locks by hand."""

    version: Annotated[int, Field(ge=1)]
    content_hash: ContentHash
    request: Id


class ReturnBudget(Command):
    """Give the version that was refused back to be drafted anew. A policy's command."""

    version: Annotated[int, Field(ge=1)]
    reason: Text
    by: PersonId


class ReopenBudget(Command):
    """Set a submitted or locked version aside, with the reason, to draft the next one."""

    MAY: ClassVar[frozenset[Role]] = REOPENERS

    reason: Text


class PlannedShootDay(Part):
    """One shoot day of the locked schedule."""

    day: Annotated[int, Field(ge=1)]
    on: date
    eighths: Annotated[int, Field(ge=0)]


class SetHotCostBase(Command):
    """Spread the locked budget's production level over the locked schedule's shoot days, in equal
    shares. A policy's command."""

    schedule_version: Annotated[int, Field(ge=1)]
    days: Annotated[tuple[PlannedShootDay, ...], Field(min_length=1, max_length=1_000)]


class RaiseCommitment(Command):
    """Promise money: a purchase order, a deal, a rental.

    A `currency` given must be the production's. What was posted against the commitment that this
    one is `in_place_of` is taken off the amount, since it is spent already.
    """

    MAY: ClassVar[frozenset[Role]] = BOOKKEEPERS

    commitment: Reference
    account: AccountNumber
    amount: Positive
    description: Text
    raised_on: date
    currency: Currency | None = None
    in_place_of: Reference | None = None


class CloseCommitment(Command):
    """Let go what is still open on a commitment. An `account` given must be the commitment's."""

    MAY: ClassVar[frozenset[Role]] = BOOKKEEPERS

    commitment: Reference
    closed_on: date
    account: AccountNumber | None = None
    reason: Text | None = None


class PostCost(Command):
    """Post an actual cost; against a commitment it relieves what is open there."""

    MAY: ClassVar[frozenset[Role]] = BOOKKEEPERS

    posting: Reference
    account: AccountNumber
    amount: Positive
    commitment: Reference | None = None
    description: Text
    incurred_on: date


class ReverseCost(Command):
    """Take a whole posting back. An `account` or `amount` given must be the posting's."""

    MAY: ClassVar[frozenset[Role]] = BOOKKEEPERS

    reversal: Reference
    posting: Reference
    reason: Text
    reversed_on: date
    account: AccountNumber | None = None
    amount: Positive | None = None


class SetEstimate(Command):
    """Set an account's estimate, by the figure that is known: cost to complete, final cost, or
    the variance (positive = under)."""

    MAY: ClassVar[frozenset[Role]] = ESTIMATORS

    estimate: Reference
    account: AccountNumber
    basis: EstimateBasis
    value: Money
    reason: Text
    estimated_on: date


class CommitEntry(RaiseCommitment):
    """An entry that raises a commitment."""

    entry: Literal["commit"]


class CloseEntry(CloseCommitment):
    """An entry that closes a commitment."""

    entry: Literal["close"]


class PostEntry(PostCost):
    """An entry that posts a cost."""

    entry: Literal["post"]


class ReverseEntry(ReverseCost):
    """An entry that takes a posting back."""

    entry: Literal["reverse"]


class EstimateEntry(SetEstimate):
    """An entry that sets an estimate."""

    entry: Literal["estimate"]


Entry = Annotated[
    CommitEntry | CloseEntry | PostEntry | ReverseEntry | EstimateEntry,
    Field(discriminator="entry"),
]


class RecordCosts(Command):
    """Record many entries in their order: all of them or, where one does not fit, none."""

    MAY: ClassVar[frozenset[Role]] = BOOKKEEPERS

    entries: Annotated[tuple[Entry, ...], Field(min_length=1, max_length=10_000)]


class SetOverageThreshold(Command):
    """Set from how much over the approved budget on a forecast must be approved, and the account
    that the money of a late shoot goes to."""

    MAY: ClassVar[frozenset[Role]] = LEADERS

    amount: Annotated[Money, Field(ge=0)]
    behind_account: AccountNumber


class ForecastOverage(Command):
    """Say that so much more than the approved budget will be needed on an account, for a cause
    that no cost tells yet. A policy's command.

    `amount` is all of it: what was asked for under references that begin with `series` is in it.
    """

    overage: Reference
    series: Reference
    cause: OverageCause
    amount: Positive
    account: AccountNumber
    reason: Text


class ApproveOverage(Command):
    """Add exactly the overage that was approved to the approved budget. A policy's command."""

    overage: Reference
    content_hash: ContentHash
    request: Id


class RefuseOverage(Command):
    """Say that an overage was refused, with the reason. A policy's command."""

    overage: Reference
    content_hash: ContentHash
    request: Id
    reason: Text
    by: PersonId


DraftEdit = DraftBudget | AddCategories | AddLine | ReviseLine | RemoveLine | ImportBudget
VersionStep = SubmitBudget | LockBudget | ReturnBudget | ReopenBudget
BudgetCommand = DraftEdit | VersionStep | SetHotCostBase
CostEntry = RaiseCommitment | CloseCommitment | PostCost | ReverseCost | SetEstimate
OverageCommand = SetOverageThreshold | ForecastOverage | ApproveOverage | RefuseOverage
CostsCommand = CostEntry | RecordCosts | OverageCommand
