"""What the approval room can be told to do."""

from datetime import date
from functools import cache
from typing import Annotated, ClassVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from events.approval import Cards, Decision, Ground, Kind, Role, Rule, Subject
from events.money import Currency, Money
from events.names import Id, PersonId, Reference, Text
from runtime.decider import Command, Personal

LEADERS = frozenset({Role.EXECUTIVE_PRODUCER, Role.PRODUCER})
REQUESTERS = LEADERS | {
    Role.LINE_PRODUCER,
    Role.PRODUCTION_ACCOUNTANT,
    Role.DIRECTOR,
    Role.DEPARTMENT_HEAD,
}
DECIDERS = frozenset(Role) - {Role.AUDITOR}
SCREENERS = LEADERS | {Role.DIRECTOR}
CUT = "cut"
BUDGET, CONTRACT, OVERAGE, SCHEDULE = "budget", "contract", "overage", "schedule"
SUBMITTED_BY_THEIR_ROOM = frozenset({BUDGET, CONTRACT, OVERAGE, SCHEDULE})
"""Kinds of subject that nobody asks about by hand: their room tells version, hash and amount."""


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _in_the_time_zone_database(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("no such time zone: write its IANA name, as America/New_York")
    return name


def _a_cut(subject: Subject) -> Subject:
    if subject.kind != CUT:
        raise ValueError(f"only a cut is screened: give a subject of kind {CUT!r}")
    return subject


Cut = Annotated[Subject, AfterValidator(_a_cut)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_in_the_time_zone_database)]


class OpenProduction(Command):
    """Open a production; who opens it becomes its executive producer."""

    OPENS: ClassVar[bool] = True

    title: Text
    kind: Kind
    currency: Currency
    time_zone: TimeZone
    name: Annotated[Text | None, Personal(of="")] = None


class AppointPerson(Command):
    """Appoint a person to a role, or change the days of an appointment."""

    MAY: ClassVar[frozenset[Role]] = LEADERS

    person: PersonId
    role: Role
    name: Annotated[Text | None, Personal()] = None
    starts: date | None = None
    ends: date | None = None


class EndAppointment(Command):
    """End a person's appointment to a role; `ends` is its last day."""

    MAY: ClassVar[frozenset[Role]] = LEADERS

    person: PersonId
    role: Role
    ends: date
    reason: Text


class SetApprovalRules(Command):
    """Set who must agree to one kind of subject, band by band; they replace those before."""

    MAY: ClassVar[frozenset[Role]] = LEADERS

    subject_kind: Reference
    rules: Annotated[tuple[Rule, ...], Field(max_length=50)]


class DelegateAuthority(Command):
    """Let somebody else decide in your place, on some kinds of subject or on all (none named),
    from one day until another (both included). It replaces what you delegated to him before."""

    MAY: ClassVar[frozenset[Role]] = DECIDERS

    delegate: PersonId
    subject_kinds: Annotated[tuple[Reference, ...], Field(max_length=50)] = ()
    starts: date
    ends: date


class EndDelegation(Command):
    """End a delegation; `ends` is its last day. Without a `delegator` it is your own."""

    MAY: ClassVar[frozenset[Role]] = DECIDERS

    delegate: PersonId
    ends: date
    reason: Text
    delegator: PersonId | None = None


class RequestApproval(Command):
    """Ask for the approval of one exact version; without a `rule` the production's rules hold.

    `due_on` is the last day for an answer; without one the rule's days count from today.
    """

    MAY: ClassVar[frozenset[Role]] = REQUESTERS
    STREAM: ClassVar[str | None] = "request"

    request: Id
    subject: Subject
    amount: Money | None = None
    rule: Rule | None = None
    due_on: date | None = None


class GiveView(Command):
    """Say what you think of what is asked, as one who is to be consulted. It decides nothing."""

    MAY: ClassVar[frozenset[Role]] = frozenset(Role)
    STREAM: ClassVar[str | None] = "request"

    request: Id
    view: Text


class GrantApproval(Command):
    """Agree to what is asked."""

    MAY: ClassVar[frozenset[Role]] = DECIDERS
    STREAM: ClassVar[str | None] = "request"

    request: Id
    note: Text | None = None


class RefuseApproval(Command):
    """Refuse what is asked, with the reason."""

    MAY: ClassVar[frozenset[Role]] = DECIDERS
    STREAM: ClassVar[str | None] = "request"

    request: Id
    reason: Text


class VoidApproval(Command):
    """Let a request fall away undecided, since what it asks about has moved on."""

    MAY: ClassVar[frozenset[Role]] = REQUESTERS
    STREAM: ClassVar[str | None] = "request"

    request: Id
    reason: Text


class FallDue(Command):
    """Say that the last day for an answer has passed. A timer's command."""

    STREAM: ClassVar[str | None] = "request"

    request: Id


class ScreenCut(Command):
    """Show one exact cut to an audience."""

    MAY: ClassVar[frozenset[Role]] = SCREENERS
    STREAM: ClassVar[str | None] = "screening"

    screening: Id
    cut: Cut
    held_on: date
    place: Text
    audience: Annotated[int, Field(ge=1, le=100_000)]


class RecordScores(Command):
    """Record what the cards of a screening say; until it is decided, a new count replaces it."""

    MAY: ClassVar[frozenset[Role]] = SCREENERS
    STREAM: ClassVar[str | None] = "screening"

    screening: Id
    cards: Cards


class DecideScreening(Command):
    """Decide what follows from a screening, with the reason."""

    MAY: ClassVar[frozenset[Role]] = LEADERS
    STREAM: ClassVar[str | None] = "screening"

    screening: Id
    decision: Decision
    reason: Text


class ErasePerson(Command):
    """Destroy a person's key: what was sealed for him is erased on every production, for good.
    It is given on the house, by those who lead it."""

    MAY: ClassVar[frozenset[Role]] = frozenset({Role.EXECUTIVE_PRODUCER})
    ERASES: ClassVar[str | None] = "person"
    STREAM: ClassVar[str | None] = "person"

    person: PersonId
    ground: Ground


ProductionCommand = (
    OpenProduction
    | AppointPerson
    | EndAppointment
    | SetApprovalRules
    | DelegateAuthority
    | EndDelegation
)
RequestCommand = (
    RequestApproval | GiveView | GrantApproval | RefuseApproval | VoidApproval | FallDue
)
ScreeningCommand = ScreenCut | RecordScores | DecideScreening
