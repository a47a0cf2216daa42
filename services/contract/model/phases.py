"""The phases of a deal: its talks, its performance and its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import assert_never

from immutables import Map

from events.contract import (
    Condition,
    ContractCompleted,
    ContractDrafted,
    ContractExpired,
    ContractTerminated,
    DeliverableAccepted,
    DeliverableReceived,
    DeliverableRejected,
    EngagementConflicted,
    OfferAccepted,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
    PaymentEarned,
    Side,
    Terms,
    TermsCleared,
    TermsSubmitted,
)
from services.contract.model.rejections import (
    ContractIsExecuted,
    ContractIsNotExecuted,
    ContractIsOver,
    ContractIsUnknown,
)
from services.contract.model.terms import hash_of

Clearance = TermsSubmitted | TermsCleared
"""Terms wait for their clearance, or have it."""

Settled = OptionExercised | OptionLapsed
"""A right was taken up, or went back."""

Delivery = DeliverableReceived | DeliverableAccepted | DeliverableRejected


@dataclass(frozen=True)
class NotDrafted:
    """There is no deal yet."""


@dataclass(frozen=True)
class Draft:
    """These terms are being written."""

    version: int
    terms: Terms


@dataclass(frozen=True)
class Offered:
    """These terms stand on offer, from one side to the other."""

    version: int
    terms: Terms
    content_hash: str
    by: Side
    expires_at: datetime
    note: str | None = None

    def is_over(self, at: datetime) -> bool:
        """Whether nobody can accept any more, whatever the timers have said."""
        return at >= self.expires_at


@dataclass(frozen=True)
class Agreed:
    """Both sides accepted these terms."""

    version: int
    terms: Terms
    accepted: OfferAccepted
    long_form: str | None = None
    clearance: Clearance | None = None


Talks = Draft | Offered | Agreed


@dataclass(frozen=True)
class Deal:
    """What stays of a deal through all phases. Up to `spent` no version can go for clearance any
    more: it was refused, or taken back."""

    drafted: ContractDrafted
    met: frozenset[Condition] = frozenset()
    spent: int = 0

    def hash_of(self, terms: Terms) -> str:
        """What names exactly these terms of this deal."""
        return hash_of(self.drafted.kind, self.drafted.party, terms)


@dataclass(frozen=True)
class Negotiated:
    """Nothing is signed yet."""

    deal: Deal
    talks: Talks


@dataclass(frozen=True)
class Executed:
    """The deal binds and is performed on `terms`; `amendment` is what is talked about beside.
    `written` is the last version of terms that was written."""

    deal: Deal
    version: int
    terms: Terms
    signed_on: date
    written: int
    amendment: Talks | None = None
    earned: Map[str, PaymentEarned] = field(default_factory=Map)
    deliveries: Map[str, Delivery] = field(default_factory=Map)
    settled: Map[str, Settled] = field(default_factory=Map)
    extended: Map[str, OptionExtended] = field(default_factory=Map)
    conflicts: Map[str, EngagementConflicted] = field(default_factory=Map)

    @property
    def talks(self) -> Talks | None:
        """What is talked about beside the deal that binds."""
        return self.amendment

    @property
    def open_options(self) -> Mapping[str, date]:
        """The last day of every right that may still be taken up."""
        return {
            one.option: one.exercise_by
            for one in self.terms.options
            if one.option not in self.settled
        }


@dataclass(frozen=True)
class Ended:
    """The deal is over."""

    deal: Deal
    by: ContractCompleted | ContractTerminated | ContractExpired


UnderWay = Negotiated | Executed
Contract = NotDrafted | UnderWay | Ended


def under_way(contract: Contract) -> UnderWay:
    """The deal, or the refusal that there is none any more, or yet."""
    match contract:
        case Negotiated() | Executed():
            return contract
        case NotDrafted():
            raise ContractIsUnknown("nobody drafted this deal: check its id, or draft it first")
        case Ended(by=by):
            raise ContractIsOver(f"{ending_of(by)}: draft a new deal under an id of its own")


def talks_of(contract: UnderWay) -> Talks:
    """What is being negotiated, or the refusal that nothing is."""
    talks = contract.talks
    if talks is None:
        raise ContractIsExecuted(
            f"{contract.deal.drafted.title!r} is signed: redraft its terms to amend it"
        )
    return talks


def executed(contract: Contract) -> Executed:
    """The deal, if it is performed."""
    deal = under_way(contract)
    if isinstance(deal, Negotiated):
        raise ContractIsNotExecuted("the deal is not signed: execute it first")
    return deal


def ending_of(by: ContractCompleted | ContractTerminated | ContractExpired) -> str:
    """How a deal ended, in words."""
    match by:
        case ContractCompleted():
            return f"the deal was completed on {by.completed_on}"
        case ContractTerminated():
            return f"the deal was terminated on {by.terminated_on} ({by.reason})"
        case ContractExpired():
            return f"the deal expired ({by.reason})"
        case _:
            assert_never(by)
