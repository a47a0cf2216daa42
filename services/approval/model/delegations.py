"""Delegations: who lets whom decide in his place, and until when."""

from collections.abc import Sequence
from datetime import date

from immutables import Map

from events.approval import AuthorityDelegated, DelegationEnded
from events.event import Event
from runtime.decider import Context
from services.approval.commands import DECIDERS, LEADERS, DelegateAuthority, EndDelegation
from services.approval.model.phases import listed
from services.approval.model.rejections import (
    DelegateIsNotOnTheTeam,
    DelegateIsTheDelegator,
    DelegationEndsBeforeItStarts,
    DelegationEndsEarlier,
    DelegationIsUnknown,
    OnlyTheDelegatorMayEnd,
)
from services.approval.model.team import Team

Delegations = Map[tuple[str, str], AuthorityDelegated]
"""By delegator and delegate; what somebody delegates anew takes the place of what he did before."""


def with_delegation(delegations: Delegations, delegated: AuthorityDelegated) -> Delegations:
    """The delegations with this one in the place of the one between the same two before."""
    return delegations.set((delegated.delegator, delegated.delegate), delegated)


def with_end(delegations: Delegations, ended: DelegationEnded) -> Delegations:
    """The delegations with the one that was ended as it is now."""
    before = delegations[ended.delegator, ended.delegate]
    return with_delegation(delegations, before.model_copy(update={"ends": ended.ends}))


def delegate_authority(
    delegations: Delegations, team: Team, command: DelegateAuthority, context: Context
) -> Sequence[Event]:
    """The fact that somebody may decide in another's place."""
    delegated = AuthorityDelegated(delegator=context.actor, **command.model_dump())
    if delegations.get((context.actor, command.delegate)) == delegated:
        return []
    if command.delegate == context.actor:
        raise DelegateIsTheDelegator("name somebody else, who decides in your place")
    if command.ends < command.starts:
        raise DelegationEndsBeforeItStarts(
            f"its last day {command.ends} is before its first day {command.starts}: exchange them"
        )
    if not _is_there(team, command.delegate, command.starts, command.ends):
        raise DelegateIsNotOnTheTeam(
            f"{command.delegate} is not appointed {listed(DECIDERS)} between {command.starts} and "
            f"{command.ends}: appoint him first, or name somebody who is"
        )
    return [delegated]


def end_delegation(
    delegations: Delegations, command: EndDelegation, context: Context
) -> Sequence[Event]:
    """The fact that a delegation ends earlier. With an end before its first day it never held."""
    delegator = command.delegator or context.actor
    if delegator != context.actor and not context.roles & LEADERS:
        raise OnlyTheDelegatorMayEnd(f"let {delegator} or {listed(LEADERS)} end it")
    before = delegations.get((delegator, command.delegate))
    if before is None:
        raise DelegationIsUnknown(
            f"{delegator} never delegated anything to {command.delegate}: check who did"
        )
    if before.ends == command.ends:
        return []
    if before.ends < command.ends:
        raise DelegationEndsEarlier(
            f"the delegation ends on {before.ends}: let {delegator} delegate anew to make it last "
            f"until {command.ends}"
        )
    return [
        DelegationEnded(
            delegator=delegator,
            delegate=command.delegate,
            ends=command.ends,
            reason=command.reason,
        )
    ]


def _is_there(team: Team, person: str, starts: date, ends: date) -> bool:
    """Whether somebody has a deciding role on any of those days."""
    return any(
        one.person == person
        and one.role in DECIDERS
        and (one.starts is None or one.starts <= ends)
        and (one.ends is None or starts <= one.ends)
        for one in team.values()
    )
