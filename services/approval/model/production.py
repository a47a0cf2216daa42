"""A production: its opening, its team and its rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from immutables import Map

from events.approval import (
    AppointmentEnded,
    ApprovalRulesSet,
    AuthorityDelegated,
    DelegationEnded,
    PersonAppointed,
    ProductionOpened,
    Role,
)
from events.event import Event
from events.names import HOUSE
from runtime.changing import changed
from runtime.decider import Context, Decider
from services.approval.commands import (
    AppointPerson,
    DelegateAuthority,
    EndAppointment,
    EndDelegation,
    OpenProduction,
    ProductionCommand,
    SetApprovalRules,
)
from services.approval.model.delegations import (
    Delegations,
    delegate_authority,
    end_delegation,
    with_delegation,
    with_end,
)
from services.approval.model.rejections import (
    AppointmentEndsEarlier,
    HouseIsNoProduction,
    PersonIsNotAppointed,
    ProductionIsNotOpen,
    ProductionIsOpen,
)
from services.approval.model.rules import Rules, set_rules
from services.approval.model.team import Team, check_leadership, check_order, with_appointment


@dataclass(frozen=True)
class NotOpen:
    """Nobody has opened it."""


@dataclass(frozen=True)
class Open:
    """It is under way."""

    opened: ProductionOpened
    team: Team = field(default_factory=Map)
    rules: Rules = field(default_factory=Map)
    delegations: Delegations = field(default_factory=Map)


Production = NotOpen | Open
ProductionEvent = (
    ProductionOpened
    | PersonAppointed
    | AppointmentEnded
    | ApprovalRulesSet
    | AuthorityDelegated
    | DelegationEnded
)


def decide(production: Production, command: ProductionCommand, context: Context) -> Sequence[Event]:
    """The facts that follow from `command`."""
    if isinstance(command, OpenProduction):
        return _open(production, command, context)
    if isinstance(production, NotOpen):
        raise ProductionIsNotOpen(f"open production {context.production} first")
    match command:
        case AppointPerson():
            return _appoint(production, command, context)
        case EndAppointment():
            return _end(production, command, context)
        case SetApprovalRules():
            return set_rules(production.rules, command)
        case DelegateAuthority():
            return delegate_authority(production.delegations, production.team, command, context)
        case EndDelegation():
            return end_delegation(production.delegations, command, context)
        case _:
            assert_never(command)


def evolve(production: Production, event: ProductionEvent) -> Production:
    """The production after `event`."""
    if isinstance(event, ProductionOpened):
        return Open(event)
    assert isinstance(production, Open)
    match event:
        case PersonAppointed():
            return changed(production, team=with_appointment(production.team, event))
        case AppointmentEnded():
            before = production.team[event.person, event.role]
            ended = before.model_copy(update={"ends": event.ends})
            return changed(production, team=with_appointment(production.team, ended))
        case ApprovalRulesSet():
            return changed(production, rules=production.rules.set(event.subject_kind, event.rules))
        case AuthorityDelegated():
            delegations = with_delegation(production.delegations, event)
            return changed(production, delegations=delegations)
        case DelegationEnded():
            return changed(production, delegations=with_end(production.delegations, event))
        case _:
            assert_never(event)


PRODUCTION: Decider[Production, ProductionCommand] = Decider(
    kind="production",
    initial=NotOpen(),
    commands=(
        OpenProduction,
        AppointPerson,
        EndAppointment,
        SetApprovalRules,
        DelegateAuthority,
        EndDelegation,
    ),
    decide=decide,
    evolve=evolve,
)


def _open(production: Production, command: OpenProduction, context: Context) -> Sequence[Event]:
    opened = ProductionOpened(
        title=command.title,
        kind=command.kind,
        currency=command.currency,
        time_zone=command.time_zone,
    )
    if context.production == HOUSE:
        raise HouseIsNoProduction(
            "the house is led by those whom REEL_HOUSE_LEADERS names: open a production under an "
            "id of its own"
        )
    leader = (context.actor, Role.EXECUTIVE_PRODUCER)
    if isinstance(production, Open):
        if production.opened == opened and leader in production.team:
            return []
        # Anybody may try to open anything, so the answer tells nothing of what stands there.
        raise ProductionIsOpen(
            f"production {context.production} is open already: ask its executive producer to "
            "appoint you, or open another one under an id of its own"
        )
    person, role = leader
    return [opened, PersonAppointed(person=person, role=role, name=command.name)]


def _appoint(production: Open, command: AppointPerson, context: Context) -> Sequence[Event]:
    check_order(command.starts, command.ends)
    before = production.team.get((command.person, command.role))
    appointed = PersonAppointed(
        person=command.person,
        role=command.role,
        name=command.name or (before.name if before else None),
        starts=command.starts,
        ends=command.ends,
    )
    if appointed == before:
        return []
    check_leadership(production.team, appointed, context.at.date())
    return [appointed]


def _end(production: Open, command: EndAppointment, context: Context) -> Sequence[Event]:
    before = production.team.get((command.person, command.role))
    if before is None:
        raise PersonIsNotAppointed(
            f"{command.person} was never appointed {command.role}: check the person's id and role"
        )
    if before.ends == command.ends:
        return []
    if before.ends is not None and before.ends < command.ends:
        raise AppointmentEndsEarlier(
            f"the appointment of {command.person} as {command.role} ends on {before.ends}: "
            f"appoint anew to make it last until {command.ends}"
        )
    check_order(before.starts, command.ends)
    ended = before.model_copy(update={"ends": command.ends})
    check_leadership(production.team, ended, context.at.date())
    return [AppointmentEnded(**command.model_dump())]
