"""How the approval room answers the rooms whose subjects it approves: what they submit asks for its
approval, and what they take back asks no more."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from events.approval import (
    ApprovalRequested,
    ApprovalVoided,
    Subject,
)
from events.budget import BudgetReopened, BudgetSubmitted, OverageForecast
from events.contract import TermsSubmitted, TermsWithdrawn
from events.envelope import Recorded
from events.event import Event
from events.names import Id, id_of
from events.schedule import ScheduleReopened, ScheduleSubmitted
from runtime.decider import Command, Policies, Reaction
from services.approval.commands import (
    BUDGET,
    CONTRACT,
    OVERAGE,
    SCHEDULE,
    RequestApproval,
    VoidApproval,
)
from services.approval.model.known import EXECUTIVE_PRODUCER_ALONE, Known
from services.approval.policies.hearing import hear

__all__ = ["EXECUTIVE_PRODUCER_ALONE", "Known", "hear", "policies", "request_of"]

REASON_CHARACTERS_MAX = 2_000


def request_of(production: str, kind: str, name: str, version: int) -> Id:
    """The request that this room itself opens for a version: one, however often it is asked."""
    return id_of("approval", production, kind, name, str(version))


def _asked(recorded: Recorded, subject: Subject, amount: Decimal | None) -> Sequence[Command]:
    request = request_of(recorded.production, subject.kind, subject.name, subject.version)
    return [RequestApproval(request=request, subject=subject, amount=amount)]


def _ask_for_budget(recorded: Recorded, _: Known) -> Sequence[Command]:
    submitted = recorded.event
    assert isinstance(submitted, BudgetSubmitted)
    subject = Subject(
        kind=BUDGET,
        name=BUDGET,
        version=submitted.version,
        content_hash=submitted.content_hash,
    )
    return _asked(recorded, subject, submitted.total)


def _ask_for_schedule(recorded: Recorded, _: Known) -> Sequence[Command]:
    submitted = recorded.event
    assert isinstance(submitted, ScheduleSubmitted)
    subject = Subject(
        kind=SCHEDULE,
        name=SCHEDULE,
        version=submitted.version,
        content_hash=submitted.content_hash,
    )
    return _asked(recorded, subject, None)


def _ask_for_contract(recorded: Recorded, _: Known) -> Sequence[Command]:
    submitted = recorded.event
    assert isinstance(submitted, TermsSubmitted)
    subject = Subject(
        kind=CONTRACT,
        name=submitted.contract,
        version=submitted.version,
        content_hash=submitted.content_hash,
    )
    return _asked(recorded, subject, submitted.amount)


def _ask_for_overage(recorded: Recorded, _: Known) -> Sequence[Command]:
    forecast = recorded.event
    assert isinstance(forecast, OverageForecast)
    subject = Subject(
        kind=OVERAGE,
        name=forecast.overage,
        version=forecast.number,
        content_hash=forecast.content_hash,
    )
    return _asked(recorded, subject, forecast.amount)


def _void(recorded: Recorded, kind: str, name: str, version: int, reason: str) -> Sequence[Command]:
    request = request_of(recorded.production, kind, name, version)
    return [VoidApproval(request=request, reason=reason[:REASON_CHARACTERS_MAX])]


def _ask_no_more(kind: str) -> Callable[[Recorded, Any], Sequence[Command]]:
    def react(recorded: Recorded, _: Known) -> Sequence[Command]:
        reopened = recorded.event
        assert isinstance(reopened, BudgetReopened | ScheduleReopened)
        if reopened.was_locked:
            return []
        aside = reopened.version - 1
        reason = f"version {aside} was set aside for version {reopened.version}: {reopened.reason}"
        return _void(recorded, kind, kind, aside, reason)

    return react


def _withdraw(recorded: Recorded, _: Known) -> Sequence[Command]:
    withdrawn = recorded.event
    assert isinstance(withdrawn, TermsWithdrawn)
    return _void(recorded, CONTRACT, withdrawn.contract, withdrawn.version, withdrawn.reason)


def _asks(
    on: type[Event], because: str, react: Callable[[Recorded, Any], Sequence[Command]]
) -> Reaction:
    return Reaction(
        on=on, because=because, gives={RequestApproval: (ApprovalRequested,)}, react=react
    )


def _asks_no_more(
    on: type[Event], because: str, react: Callable[[Recorded, Any], Sequence[Command]]
) -> Reaction:
    return Reaction(on=on, because=because, gives={VoidApproval: (ApprovalVoided,)}, react=react)


REACTIONS = (
    _asks(BudgetSubmitted, "a submitted budget asks for its approval", _ask_for_budget),
    _asks(ScheduleSubmitted, "a submitted schedule asks for its approval", _ask_for_schedule),
    _asks(TermsSubmitted, "agreed terms ask for their approval", _ask_for_contract),
    _asks(OverageForecast, "a forecast overage asks for its approval", _ask_for_overage),
    _asks_no_more(
        BudgetReopened,
        "a budget that is reopened before the answer asks no more",
        _ask_no_more(BUDGET),
    ),
    _asks_no_more(
        ScheduleReopened,
        "a schedule that is reopened before the answer asks no more",
        _ask_no_more(SCHEDULE),
    ),
    _asks_no_more(TermsWithdrawn, "terms that were withdrawn ask no more", _withdraw),
)

policies = Policies(
    logs=("approval", "budget", "contract", "schedule"),
    nothing_known=Known(),
    hear=hear,
    reactions=REACTIONS,
)
