"""Facts of the approval room: productions, their teams and rules, what was decided, and what test
audiences said."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from events.event import Event, Part
from events.money import Currency, Money
from events.names import ContentHash, Id, PersonId, Reference, Text
from events.personal import KeyName, Sealed

Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4)]
"""A part of a whole, from 0 to 1."""


class Role(StrEnum):
    """What a person is appointed to on a production."""

    EXECUTIVE_PRODUCER = "executive-producer"
    PRODUCER = "producer"
    LINE_PRODUCER = "line-producer"
    PRODUCTION_ACCOUNTANT = "production-accountant"
    DIRECTOR = "director"
    DEPARTMENT_HEAD = "department-head"
    FINANCIER = "financier"
    COMPLETION_GUARANTOR = "completion-guarantor"
    AUDITOR = "auditor"


class Kind(StrEnum):
    """What is being made."""

    FEATURE = "feature"
    SERIES = "series"
    SHORT = "short"
    DOCUMENTARY = "documentary"
    COMMERCIAL = "commercial"


class Decision(StrEnum):
    """What follows from a test screening."""

    RECUT = "recut"
    RESHOOT = "reshoot"
    ADR = "adr"
    LEAVE = "leave"


class Ground(StrEnum):
    """Why a person is erased, by the letters of Article 17 (1) of the GDPR: (a) to (e)."""

    NO_LONGER_NEEDED = "no-longer-needed"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    OBJECTION = "objection"
    UNLAWFUL_PROCESSING = "unlawful-processing"
    LEGAL_OBLIGATION = "legal-obligation"


class Step(Part):
    """One step of a rule: a quorum of `needed` people in any of `roles`."""

    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    needed: Annotated[int, Field(ge=1, le=20)] = 1


class Rule(Part):
    """Who must agree: `needed` people in any of `roles`, for amounts from `at_least` (inclusive)
    to `below` (exclusive, none = no upper end), in currency units.

    The steps in `then` follow, one after the other. Those in `consult` are asked for their view,
    which decides nothing; those in `notify` are told. An answer is due `due_days` calendar days
    after the question, the last day included.
    """

    at_least: Money = Decimal(0)
    below: Money | None = None
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    needed: Annotated[int, Field(ge=1, le=20)] = 1
    then: Annotated[tuple[Step, ...], Field(max_length=10)] = ()
    consult: tuple[Role, ...] = ()
    notify: tuple[Role, ...] = ()
    due_days: Annotated[int | None, Field(ge=0, le=365)] = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in order."""
        return (Step(roles=self.roles, needed=self.needed), *self.then)


class Cards(Part):
    """How many answered what on the cards of a test screening, on the trade's scale of five, and
    how many of them would definitely recommend the film."""

    excellent: Annotated[int, Field(ge=0, le=100_000)]
    very_good: Annotated[int, Field(ge=0, le=100_000)]
    good: Annotated[int, Field(ge=0, le=100_000)]
    fair: Annotated[int, Field(ge=0, le=100_000)]
    poor: Annotated[int, Field(ge=0, le=100_000)]
    definitely_recommend: Annotated[int, Field(ge=0, le=500_000)]


class Subject(Part):
    """What is to be approved: one exact version of one thing, by the hash of its content."""

    kind: Reference
    name: Reference
    version: Annotated[int, Field(ge=1)]
    content_hash: ContentHash


class ProductionOpened(Event):
    """A production was opened and given its title, kind, currency and home time zone."""

    title: Text
    kind: Kind
    currency: Currency
    time_zone: str


class PersonAppointed(Event):
    """A person was appointed to a role, from one day until another (the last day included); it
    takes the place of that person's appointment to that role before."""

    person: PersonId
    role: Role
    name: Sealed | None = None
    starts: date | None = None
    ends: date | None = None

    def effective_on(self) -> date | None:
        return self.starts


class AppointmentEnded(Event):
    """A person's appointment to a role was ended; `ends` is the last day of it."""

    person: PersonId
    role: Role
    ends: date
    reason: Text


class AuthorityDelegated(Event):
    """A person lets another one decide in his place, on some kinds of subject or on all (none
    named), from one day until another (both included)."""

    delegator: PersonId
    delegate: PersonId
    subject_kinds: Annotated[tuple[Reference, ...], Field(max_length=50)] = ()
    starts: date
    ends: date

    def effective_on(self) -> date | None:
        return self.starts


class DelegationEnded(Event):
    """A delegation was ended; `ends` is the last day of it."""

    delegator: PersonId
    delegate: PersonId
    ends: date
    reason: Text


class ApprovalRulesSet(Event):
    """The rules for one kind of subject were set and replace those that stood before."""

    SCHEMA_VERSION: ClassVar[int] = 2

    subject_kind: Reference
    rules: Annotated[tuple[Rule, ...], Field(max_length=50)]


class ApprovalRequested(Event):
    """An approval of exactly this version was asked for; the rule of that moment goes with it.
    `due_on` is the last day for an answer."""

    SCHEMA_VERSION: ClassVar[int] = 2

    request: Id
    subject: Subject
    amount: Money | None
    requested_by: PersonId
    rule: Rule
    due_on: date | None = None


class ConsultationGiven(Event):
    """Somebody who was to be consulted said what he thinks. It decides nothing."""

    request: Id
    by: PersonId
    view: Text


class ApprovalGiven(Event):
    """One person agreed, in that step (from 1); more are still needed. `given_for` is who
    delegated the decision to him, if he has not the role himself."""

    SCHEMA_VERSION: ClassVar[int] = 2

    request: Id
    by: PersonId
    note: Text | None = None
    step: Annotated[int, Field(ge=1)] = 1
    given_for: PersonId | None = None


class ApprovalGranted(Event):
    """The last person needed agreed: this version is approved."""

    SCHEMA_VERSION: ClassVar[int] = 2

    request: Id
    subject: Subject
    by: PersonId
    note: Text | None = None
    given_for: PersonId | None = None


class ApprovalRefused(Event):
    """One person refused, with the reason; the request is closed."""

    SCHEMA_VERSION: ClassVar[int] = 2

    request: Id
    subject: Subject
    by: PersonId
    reason: Text
    given_for: PersonId | None = None


class ApprovalVoided(Event):
    """The request fell away before it was decided, since what it asked about has moved on."""

    request: Id
    subject: Subject
    reason: Text


class ApprovalFellDue(Event):
    """The last day for an answer has passed, and the request is still open."""

    request: Id
    subject: Subject
    due_on: date


class CutScreened(Event):
    """One exact cut was shown to an audience of so many."""

    screening: Id
    cut: Subject
    held_on: date
    place: Text
    audience: Annotated[int, Field(ge=1, le=100_000)]

    def effective_on(self) -> date | None:
        return self.held_on


class ScoresRecorded(Event):
    """The cards of a screening were counted. Shares are of the cards, from 0 to 1, rounded to four
    decimals: the top two boxes (excellent and very good), those who would definitely recommend it,
    and the margin of the first: 1.96 x sqrt(p(1-p)/n)."""

    screening: Id
    cut: Subject
    cards: Cards
    answers: int
    top_two_box: Share
    definite_recommend: Share
    margin: Share


class ScreeningDecided(Event):
    """What follows from a screening was decided, with the reason."""

    screening: Id
    cut: Subject
    decision: Decision
    reason: Text


class PersonErased(Event):
    """A person's key is given up, on that ground: whatever was sealed under it is erased, on every
    production. `key` is the key's name, which is random and stands in every text it sealed."""

    person: PersonId
    ground: Ground
    key: KeyName


class RuleV1(Part):
    """A rule of one step."""

    at_least: Money = Decimal(0)
    below: Money | None = None
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    needed: Annotated[int, Field(ge=1, le=20)] = 1

    def upcast(self) -> Rule:
        """The same rule in its present shape."""
        return Rule(**self.model_dump())


class ApprovalRulesSetV1(Event):
    """Before rules had steps."""

    subject_kind: Reference
    rules: Annotated[tuple[RuleV1, ...], Field(max_length=50)]

    def upcast(self) -> Event:
        return ApprovalRulesSet(
            subject_kind=self.subject_kind, rules=tuple(rule.upcast() for rule in self.rules)
        )


class ApprovalRequestedV1(Event):
    """Before answers fell due."""

    request: Id
    subject: Subject
    amount: Money | None
    requested_by: PersonId
    rule: RuleV1

    def upcast(self) -> Event:
        return ApprovalRequested(
            request=self.request,
            subject=self.subject,
            amount=self.amount,
            requested_by=self.requested_by,
            rule=self.rule.upcast(),
        )


class ApprovalGivenV1(Event):
    """Before there were steps and delegations."""

    request: Id
    by: PersonId
    note: Text | None = None

    def upcast(self) -> Event:
        return ApprovalGiven(**self.model_dump())


class ApprovalGrantedV1(Event):
    """Before there were delegations."""

    request: Id
    subject: Subject
    by: PersonId
    note: Text | None = None

    def upcast(self) -> Event:
        return ApprovalGranted(**self.model_dump())


class ApprovalRefusedV1(Event):
    """Before there were delegations."""

    request: Id
    subject: Subject
    by: PersonId
    reason: Text

    def upcast(self) -> Event:
        return ApprovalRefused(**self.model_dump())
