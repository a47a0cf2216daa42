"""Facts of the contract room: deals from the first draft to their end."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from events.approval import Role
from events.budget import AccountNumber
from events.event import Event, Part
from events.money import ZERO, Currency, Money
from events.names import ContentHash, Id, PersonId, Reference, Text, id_of
from events.personal import Sealed

Amount = Annotated[Money, Field(ge=0)]


FEES_ARE_FOR = frozenset(
    {
        Role.EXECUTIVE_PRODUCER,
        Role.PRODUCER,
        Role.LINE_PRODUCER,
        Role.PRODUCTION_ACCOUNTANT,
        Role.FINANCIER,
        Role.COMPLETION_GUARANTOR,
        Role.AUDITOR,
    }
)
"""Who is told what a deal pays. Everybody on the team may know that there is one."""


def commitment_of(contract: Id, payment: Reference, version: int) -> Reference:
    """The budget's commitment for one payment of a deal, as the terms of `version` owe it. People
    can read it, and no other payment of any deal has it."""
    return f"{payment[:40]}/{id_of('commitment', contract, payment, str(version))[:13]}"


class Kind(StrEnum):
    """What a deal is about."""

    CAST = "cast"
    CREW = "crew"
    WRITER = "writer"
    OPTION = "option"
    PURCHASE = "purchase"
    LOCATION = "location"
    VENDOR = "vendor"
    DISTRIBUTION = "distribution"


class Side(StrEnum):
    """Who speaks: the production, or the other party."""

    PRODUCTION = "production"
    PARTY = "party"


class Condition(StrEnum):
    """What must have happened before a deal may be executed (conditions precedent)."""

    BUDGET_LOCKED = "budget-locked"
    SCHEDULE_LOCKED = "schedule-locked"


class Payment(Part):
    """One payment of a fee, in currency units: due on a day, or upon something that is named."""

    payment: Reference
    amount: Annotated[Money, Field(gt=0)]
    due_on: date | None = None
    upon: Text | None = None
    account: AccountNumber | None = None


class Engagement(Part):
    """When somebody is engaged, both days included. `element` is the member of the cast on the
    board whose shoot days must fall in it; `firm` says that the start may not move."""

    role: Text
    starts_on: date
    ends_on: date
    firm: bool = False
    element: Reference | None = None


class Option(Part):
    """A right to be exercised until the end of a day, at a price in currency units. It lapses by
    itself. `needed_by` is the milestone that must not come after that day."""

    option: Reference
    right: Text
    exercise_by: date
    price: Amount = ZERO
    needed_by: Reference | None = None


class Credit(Part):
    """How the party is named on screen and in paid advertising."""

    position: Text
    wording: Text


class Window(Part):
    """A release window: who may show the film where, by which medium, from when until when."""

    territory: Text
    medium: Reference
    opens_on: date
    closes_on: date | None = None
    exclusive: bool = True


class Deliverable(Part):
    """Something to be handed over by a day."""

    deliverable: Reference
    name: Text
    due_on: date


class Terms(Part):
    """What the parties agree on. Amounts in currency units; the payments add up to the fee.

    `account` is where the fee is committed, payment by payment. With `pay_or_play` the fee is
    owed after execution whether or not the party is used.
    """

    currency: Currency
    fee: Amount = Decimal(0)
    account: AccountNumber | None = None
    payments: Annotated[tuple[Payment, ...], Field(max_length=100)] = ()
    pay_or_play: bool = False
    engagement: Engagement | None = None
    options: Annotated[tuple[Option, ...], Field(max_length=50)] = ()
    credit: Credit | None = None
    windows: Annotated[tuple[Window, ...], Field(max_length=100)] = ()
    deliverables: Annotated[tuple[Deliverable, ...], Field(max_length=100)] = ()
    conditions: Annotated[tuple[Condition, ...], Field(max_length=10)] = ()
    notes: Text | None = None


class ContractDrafted(Event):
    """A deal was begun: what it is about, with whom, and its first terms, version 1."""

    contract: Id
    kind: Kind
    title: Text
    party: PersonId
    name: Sealed | None = None
    terms: Terms


class TermsRedrafted(Event):
    """The terms were written anew before anything was offered, or as an amendment of what was
    executed, which stands until these are executed in their turn."""

    contract: Id
    version: int
    terms: Terms
    reason: Text | None = None


class OfferMade(Event):
    """The production offered these terms, open until `expires_at`."""

    contract: Id
    version: int
    terms: Terms
    content_hash: ContentHash
    expires_at: AwareDatetime


class OfferCountered(Event):
    """One side answered with other terms, a new version; the offer before is void."""

    contract: Id
    version: int
    by: Side
    terms: Terms
    content_hash: ContentHash
    expires_at: AwareDatetime
    note: Text | None = None


class OfferAccepted(Event):
    """The other side accepted exactly these terms: the deal memo stands."""

    contract: Id
    version: int
    content_hash: ContentHash
    accepted_by: Side
    accepted_on: date

    def effective_on(self) -> date | None:
        return self.accepted_on


class OfferLapsed(Event):
    """Nobody accepted the offer in time."""

    contract: Id
    version: int
    expired_at: AwareDatetime


class OfferWithdrawn(Event):
    """The offer was taken back before it was accepted, or what was agreed on it before it was
    executed, with the reason."""

    contract: Id
    version: int
    reason: Text


class LongFormDrafted(Event):
    """The long form was written on the agreed terms; `document_hash` names exactly that paper."""

    contract: Id
    version: int
    document_hash: ContentHash


class TermsSubmitted(Event):
    """The agreed terms were submitted for clearance; the hash names exactly what was meant."""

    contract: Id
    kind: Kind
    title: Text
    version: int
    content_hash: ContentHash
    amount: Amount
    currency: Currency


class TermsWithdrawn(Event):
    """The terms that wait for clearance are no longer those of the deal, with the reason."""

    contract: Id
    version: int
    reason: Text


class TermsCleared(Event):
    """Exactly these terms may be executed, by an approval that was granted."""

    contract: Id
    version: int
    content_hash: ContentHash
    request: Id


class ClearanceRefused(Event):
    """These terms may not be executed, with the reason."""

    contract: Id
    version: int
    request: Id
    by: PersonId
    reason: Text


class ConditionMet(Event):
    """Something that the deal waited for has happened; `cause` is the fact that says so."""

    contract: Id
    condition: Condition
    cause: Id


class ContractExecuted(Event):
    """The deal was signed on exactly these terms. It binds from now on."""

    contract: Id
    kind: Kind
    title: Text
    party: PersonId
    version: int
    terms: Terms
    content_hash: ContentHash
    executed_on: date

    def effective_on(self) -> date | None:
        return self.executed_on


class ContractAmended(Event):
    """The deal was signed anew on other terms; both stand here, so the change reads on its own."""

    contract: Id
    version: int
    before: Terms
    after: Terms
    content_hash: ContentHash
    amended_on: date

    def effective_on(self) -> date | None:
        return self.amended_on

    def days_kept(self) -> frozenset[tuple[str, Reference]]:
        """The options and deliverables whose last day the amendment leaves as it was, each by what
        it is and its id: what facts have said of that day stands, such as a day to cure (every
        extension is in `before`). The last day of any other is the one in `after`."""
        same = _last_days(self.before).items() & _last_days(self.after).items()
        return frozenset(part for part, _ in same)


def _last_days(terms: Terms) -> dict[tuple[str, Reference], date]:
    options = {("option", one.option): one.exercise_by for one in terms.options}
    deliverables = {("deliverable", one.deliverable): one.due_on for one in terms.deliverables}
    return options | deliverables


class PaymentEarned(Event):
    """What a payment waited for has happened: it is owed by `due_on`."""

    contract: Id
    payment: Reference
    amount: Amount
    due_on: date


class DeliverableReceived(Event):
    """Something was handed over, to be looked at."""

    contract: Id
    deliverable: Reference
    received_on: date

    def effective_on(self) -> date | None:
        return self.received_on


class DeliverableAccepted(Event):
    """What was handed over passed."""

    contract: Id
    deliverable: Reference
    accepted_on: date

    def effective_on(self) -> date | None:
        return self.accepted_on


class DeliverableRejected(Event):
    """What was handed over did not pass, with the reason; it is to be cured by a day."""

    contract: Id
    deliverable: Reference
    reason: Text
    cure_by: date


class OptionExercised(Event):
    """The right was taken up in time."""

    contract: Id
    option: Reference
    price: Amount
    exercised_on: date

    def effective_on(self) -> date | None:
        return self.exercised_on


class OptionExtended(Event):
    """The right may be taken up until a later day."""

    contract: Id
    option: Reference
    was: date
    exercise_by: date
    price: Amount


class OptionLapsed(Event):
    """Nobody took the right up in time: it has gone back."""

    contract: Id
    option: Reference
    exercise_by: date


class EngagementConflicted(Event):
    """What moved elsewhere no longer fits this deal: shoot days outside the engagement, or a
    milestone beyond an option's deadline. `cause` is the fact that moved it."""

    contract: Id
    conflict: Text
    cause: Id
    problem: Text
    days: tuple[date, ...] = ()


class ConflictResolved(Event):
    """The deal fits again."""

    contract: Id
    conflict: Text
    cause: Id


class ContractTerminated(Event):
    """The deal was ended early, with the reason. `released` payments are no longer owed, `owed`
    ones still are: what was earned, or all of a fee that is pay or play. `options` are those that
    nobody can take up any more."""

    contract: Id
    reason: Text
    terminated_on: date
    released: tuple[Reference, ...]
    owed: tuple[Reference, ...]
    options: tuple[Reference, ...] = ()

    def effective_on(self) -> date | None:
        return self.terminated_on


class ContractCompleted(Event):
    """Both sides did what they owed."""

    contract: Id
    completed_on: date

    def effective_on(self) -> date | None:
        return self.completed_on


class ContractExpired(Event):
    """The deal ended by itself: it was about options, and nobody took one up in time."""

    contract: Id
    reason: Text
