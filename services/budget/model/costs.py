"""Costs: commitments, postings, reversals, estimates, one fact each, and overages they bring.

Many entries are single facts and no page of them, since each holds in the world from a day of its
own, and a report of that day must see it.
"""

from collections.abc import Sequence
from typing import assert_never

from events.event import Event
from runtime.decider import Context, Decider, Rejection
from runtime.refusals import Problem, listed, problem
from services.budget.commands import (
    ApproveOverage,
    CloseCommitment,
    CostEntry,
    CostsCommand,
    ForecastOverage,
    OverageCommand,
    PostCost,
    RaiseCommitment,
    RecordCosts,
    RefuseOverage,
    ReverseCost,
    SetEstimate,
    SetOverageThreshold,
)
from services.budget.model.commitments import close_commitment, raise_commitment
from services.budget.model.currency import currency_of
from services.budget.model.estimates import set_estimate
from services.budget.model.known import Known
from services.budget.model.ledger import EntryEvent, Ledger, evolve
from services.budget.model.overages import decide_overage, overage_by_forecast
from services.budget.model.postings import post_cost, reverse_cost
from services.budget.model.rejections import EntriesDoNotFit


def decide(ledger: Ledger, command: CostsCommand, context: Context) -> Sequence[Event]:
    """The facts that follow from `command`: what is entered, and the overage that it brings."""
    known: Known = context.known
    currency = currency_of(known)
    if isinstance(command, OverageCommand):
        return decide_overage(ledger, command, known, currency)
    if isinstance(command, RecordCosts):
        events = _record_all(ledger, command, currency)
    else:
        events = _record(ledger, command, currency)
    if not events:
        return []
    for event in events:
        ledger = evolve(ledger, event)
    return [*events, *overage_by_forecast(ledger, known, currency)]


COSTS: Decider[Ledger, CostsCommand] = Decider(
    kind="costs",
    initial=Ledger(),
    commands=(
        RaiseCommitment,
        CloseCommitment,
        PostCost,
        ReverseCost,
        SetEstimate,
        RecordCosts,
        SetOverageThreshold,
        ForecastOverage,
        ApproveOverage,
        RefuseOverage,
    ),
    decide=decide,
    evolve=evolve,
)


def _record_all(ledger: Ledger, command: RecordCosts, currency: str) -> Sequence[EntryEvent]:
    """Every entry sees those before it; what one breaks is told for all of them."""
    events: list[EntryEvent] = []
    problems: list[Problem] = []
    for index, entry in enumerate(command.entries):
        try:
            recorded = _record(ledger, entry, currency)
        except Rejection as rejection:
            where = {"index": index, "entry": entry.entry, "reference": _reference(entry)}
            problems.append(problem(rejection, **where))
            continue
        for event in recorded:
            ledger = evolve(ledger, event)
        events += recorded
    if problems:
        raise EntriesDoNotFit(
            f"{len(problems)} of {len(command.entries)} entries do not fit: mend them and send "
            "all of them again",
            listed(problems),
        )
    return events


def _record(ledger: Ledger, entry: CostEntry, currency: str) -> Sequence[EntryEvent]:
    match entry:
        case RaiseCommitment():
            return raise_commitment(ledger, entry, currency)
        case CloseCommitment():
            return close_commitment(ledger, entry)
        case PostCost():
            return post_cost(ledger, entry, currency)
        case ReverseCost():
            return reverse_cost(ledger, entry)
        case SetEstimate():
            return set_estimate(ledger, entry, currency)
        case _:
            assert_never(entry)


def _reference(entry: CostEntry) -> str:
    match entry:
        case RaiseCommitment() | CloseCommitment():
            return entry.commitment
        case PostCost():
            return entry.posting
        case ReverseCost():
            return entry.reversal
        case SetEstimate():
            return entry.estimate
        case _:
            assert_never(entry)
