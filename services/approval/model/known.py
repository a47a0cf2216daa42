"""What the approval room remembers of a production: its rules, its team and who stands in for whom.

Requests are decided with it, since a request's stream knows nothing of the production's.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from events.approval import (
    AuthorityDelegated,
    Role,
    Rule,
)

EXECUTIVE_PRODUCER_ALONE = Rule(roles=(Role.EXECUTIVE_PRODUCER,), needed=1)
"""The rule where a production has set none."""


class Appointment(BaseModel):
    """Somebody in a role, both days included; either may be open."""

    model_config = ConfigDict(frozen=True)

    person: str
    role: Role
    starts: date | None
    ends: date | None


class Known(BaseModel):
    """The approval rules of a production by kind of subject, appointments and delegations."""

    model_config = ConfigDict(frozen=True)

    rules: Mapping[str, tuple[Rule, ...]] = {}
    appointments: tuple[Appointment, ...] = ()
    delegations: tuple[AuthorityDelegated, ...] = ()

    def rule_for(self, subject_kind: str, amount: Decimal | None) -> Rule:
        """The rule of the band that `amount` is in.

        A request without an amount is in the highest band, so that leaving it out gains nothing.
        """
        bands = sorted(self.rules.get(subject_kind, ()), key=lambda rule: rule.at_least)
        if amount is None:
            return bands[-1] if bands else EXECUTIVE_PRODUCER_ALONE
        for rule in bands:
            if rule.at_least <= amount and (rule.below is None or amount < rule.below):
                return rule
        return EXECUTIVE_PRODUCER_ALONE

    def roles_of(self, person: str, on: date) -> frozenset[Role]:
        """The roles that somebody has on that day, without those that others delegated to him."""
        return frozenset(
            one.role
            for one in self.appointments
            if one.person == person
            and (one.starts is None or one.starts <= on)
            and (one.ends is None or on <= one.ends)
        )

    def delegators_of(self, delegate: str, subject_kind: str, on: date) -> tuple[str, ...]:
        """Those whom `delegate` may stand in for on that day, for that kind of subject."""
        return tuple(
            sorted(
                one.delegator
                for one in self.delegations
                if one.delegate == delegate
                and one.starts <= on <= one.ends
                and (not one.subject_kinds or subject_kind in one.subject_kinds)
            )
        )
