"""Facts of the approval room: productions, their teams and rules, and what was decided."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from events.event import Event, Part
from events.money import Currency, Money
from events.names import Id, PersonId, Reference, Text
from events.personal import Sealed


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


class Rule(Part):
    """Who must agree: `needed` people in any of `roles`, for amounts from `at_least` (inclusive)
    to `below` (exclusive, none = no upper end), in currency units."""

    at_least: Money = Decimal(0)
    below: Money | None = None
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    needed: Annotated[int, Field(ge=1, le=20)] = 1


class Subject(Part):
    """What is to be approved: one exact version of one thing, by the hash of its content."""

    kind: Reference
    name: Reference
    version: Annotated[int, Field(ge=1)]
    content_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


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


class ApprovalRulesSet(Event):
    """The rules for one kind of subject were set and replace those that stood before."""

    subject_kind: Reference
    rules: Annotated[tuple[Rule, ...], Field(max_length=50)]


class ApprovalRequested(Event):
    """An approval of exactly this version was asked for; the rule of that moment goes with it."""

    request: Id
    subject: Subject
    amount: Money | None
    requested_by: PersonId
    rule: Rule


class ApprovalGiven(Event):
    """One person agreed; more are still needed."""

    request: Id
    by: PersonId
    note: Text | None = None


class ApprovalGranted(Event):
    """The last person needed agreed: this version is approved."""

    request: Id
    subject: Subject
    by: PersonId
    note: Text | None = None


class ApprovalRefused(Event):
    """One person refused, with the reason; the request is closed."""

    request: Id
    subject: Subject
    by: PersonId
    reason: Text


class ApprovalVoided(Event):
    """The request fell away before it was decided, since what it asked about has moved on."""

    request: Id
    subject: Subject
    reason: Text
