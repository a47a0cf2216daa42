"""How a deal ends: early, or because both sides did what they owed."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import assert_never

from events.contract import ContractCompleted, ContractTerminated, DeliverableAccepted, Terms
from events.event import Event
from runtime.refusals import listed
from services.contract.commands import CompleteContract, EndCommand, TerminateContract
from services.contract.model.phases import (
    Contract,
    Ended,
    Executed,
    Negotiated,
    UnderWay,
    executed,
    under_way,
)
from services.contract.model.rejections import ContractIsNotDone
from services.contract.model.standing import taken_back


def decide_end(contract: Contract, command: EndCommand) -> Sequence[Event]:
    """The facts that follow from the end of a deal."""
    match command:
        case TerminateContract():
            return _terminate(contract, command)
        case CompleteContract():
            return _complete(contract, command)
        case _:
            assert_never(command)


def _terminate(contract: Contract, command: TerminateContract) -> Sequence[Event]:
    if isinstance(contract, Ended) and isinstance(contract.by, ContractTerminated):
        ended = contract.by
        if (ended.reason, ended.terminated_on) == (command.reason, command.terminated_on):
            return []
    deal = under_way(contract)
    terms = _terms_of(deal)
    owed = set(_owed(deal, command.terminated_on))
    payments = [one.payment for one in terms.payments]
    terminated = ContractTerminated(
        **dict(command),
        released=tuple(one for one in payments if one not in owed),
        owed=tuple(one for one in payments if one in owed),
        options=tuple(deal.open_options) if isinstance(deal, Executed) else (),
    )
    return [*taken_back(deal.talks, command.contract, command.reason), terminated]


def _terms_of(deal: UnderWay) -> Terms:
    match deal:
        case Negotiated():
            return deal.talks.terms
        case Executed():
            return deal.terms
        case _:
            assert_never(deal)


def _owed(deal: UnderWay, on: date) -> Iterator[str]:
    """The payments that are owed on a day: all of a fee that is pay or play once it was signed,
    otherwise what was earned, and what fell due until then (that day included)."""
    if isinstance(deal, Negotiated):
        return
    for one in deal.terms.payments:
        fell_due = one.due_on is not None and one.due_on <= on
        if deal.terms.pay_or_play or fell_due or one.payment in deal.earned:
            yield one.payment


def _complete(contract: Contract, command: CompleteContract) -> Sequence[Event]:
    completed = ContractCompleted(**dict(command))
    if isinstance(contract, Ended) and contract.by == completed:
        return []
    left = list(_left_to_do(executed(contract), command.completed_on))
    if left:
        raise ContractIsNotDone(
            f"{', '.join(left[:5])}{' and more' if len(left) > 5 else ''}: see to these first, or "
            "terminate the deal",
            listed([{"problem": "left-to-do", "cure": one} for one in left]),
        )
    return [completed]


def _left_to_do(deal: Executed, on: date) -> Iterator[str]:
    for one in deal.terms.payments:
        fell_due = one.due_on is not None and one.due_on <= on
        if not fell_due and one.payment not in deal.earned:
            yield f"payment {one.payment} is not earned"
    for deliverable in deal.terms.deliverables:
        if not isinstance(deal.deliveries.get(deliverable.deliverable), DeliverableAccepted):
            yield f"deliverable {deliverable.deliverable} is not accepted"
    for option in deal.open_options:
        yield f"option {option} is still open"
    if deal.amendment is not None:
        yield f"version {deal.amendment.version} of the terms is still talked about"
