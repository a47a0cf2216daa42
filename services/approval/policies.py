"""How the approval room answers the budget room, and what it remembers of a production."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from events.approval import ApprovalRequested, ApprovalRulesSet, ApprovalVoided, Role, Rule, Subject
from events.budget import BudgetReopened, BudgetSubmitted
from events.envelope import Recorded
from events.names import Id, id_of
from runtime.decider import Command, Policies, Reaction
from services.approval.commands import RequestApproval, VoidApproval

BUDGET = "budget"
SUBMITTED_BY_THEIR_ROOM = frozenset({BUDGET})
"""Kinds of subject that nobody asks about by hand: their room tells version, hash and amount."""

EXECUTIVE_PRODUCER_ALONE = Rule(roles=(Role.EXECUTIVE_PRODUCER,), needed=1)
"""The rule where a production has set none."""


class Known(BaseModel):
    """The approval rules of a production, by kind of subject."""

    model_config = ConfigDict(frozen=True)

    rules: Mapping[str, tuple[Rule, ...]] = {}

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


def request_of(production: str, kind: str, name: str, version: int) -> Id:
    """The request that this room itself opens for a version: one, however often it is asked."""
    return id_of("approval", production, kind, name, str(version))


def hear(known: Known, recorded: Recorded) -> Known:
    """Remembers the rules that were set last for each kind of subject."""
    match recorded.event:
        case ApprovalRulesSet(subject_kind=subject_kind, rules=rules):
            return Known(rules={**known.rules, subject_kind: rules})
        case _:
            return known


def _ask(recorded: Recorded, _: Known) -> Sequence[Command]:
    submitted = recorded.event
    assert isinstance(submitted, BudgetSubmitted)
    subject = Subject(
        kind=BUDGET,
        name=BUDGET,
        version=submitted.version,
        content_hash=submitted.content_hash,
    )
    request = request_of(recorded.production, BUDGET, BUDGET, submitted.version)
    return [RequestApproval(request=request, subject=subject, amount=submitted.total)]


def _ask_no_more(recorded: Recorded, _: Known) -> Sequence[Command]:
    reopened = recorded.event
    assert isinstance(reopened, BudgetReopened)
    if reopened.was_locked:
        return []
    aside = reopened.version - 1
    request = request_of(recorded.production, BUDGET, BUDGET, aside)
    reason = f"version {aside} was set aside for version {reopened.version}"
    return [VoidApproval(request=request, reason=f"{reason}: {reopened.reason}"[:2000])]


REACTIONS = (
    Reaction(
        on=BudgetSubmitted,
        because="a submitted budget asks for its approval",
        gives={RequestApproval: (ApprovalRequested,)},
        react=_ask,
    ),
    Reaction(
        on=BudgetReopened,
        because="a budget that is reopened before the answer asks no more",
        gives={VoidApproval: (ApprovalVoided,)},
        react=_ask_no_more,
    ),
)

policies = Policies(
    logs=("approval", "budget"), nothing_known=Known(), hear=hear, reactions=REACTIONS
)
