"""Which side of a deal must move, and what is to be looked at."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from events import contract as facts
from events.contract import Side, Terms
from events.envelope import Recorded
from projections.inbox.rows import SEPARATOR, Deal, Matter, with_one
from runtime.changing import changed
from runtime.view import Row, Rows

DELIVERABLE, CONFLICT = "deliverable", "conflict"

Talked = (
    facts.ContractDrafted
    | facts.TermsRedrafted
    | facts.OfferMade
    | facts.OfferCountered
    | facts.OfferAccepted
    | facts.OfferLapsed
    | facts.OfferWithdrawn
)
Cleared = (
    facts.TermsSubmitted
    | facts.TermsWithdrawn
    | facts.TermsCleared
    | facts.ClearanceRefused
    | facts.ConditionMet
    | facts.ContractExecuted
    | facts.ContractAmended
    | facts.ContractTerminated
    | facts.ContractCompleted
    | facts.ContractExpired
)
Looked = (
    facts.DeliverableReceived
    | facts.DeliverableAccepted
    | facts.DeliverableRejected
    | facts.EngagementConflicted
    | facts.ConflictResolved
)


def deal_after(rows: Rows, event: Talked | Cleared, recorded: Recorded) -> Iterator[Deal]:
    """The deal after one move."""
    deal = rows.get(Deal, event.contract) or Deal(event.contract)
    if isinstance(event, Talked):
        yield changed(_talked(deal, event), since=recorded.recorded_at)
    else:
        yield _cleared(deal, event, recorded.recorded_at)


def _talked(deal: Deal, event: Talked) -> Deal:
    draft = changed(deal, stage="draft", offered_by=None, expires_at=None)
    match event:
        case facts.ContractDrafted():
            begun = changed(draft, title=event.title, party=event.party, name=event.name)
            return _on_terms(begun, 1, event.terms)
        case facts.TermsRedrafted():
            return _on_terms(draft, event.version, event.terms)
        case facts.OfferMade() | facts.OfferCountered():
            by = event.by if isinstance(event, facts.OfferCountered) else Side.PRODUCTION
            offered = changed(
                deal, stage="offered", offered_by=by.value, expires_at=event.expires_at
            )
            return _on_terms(offered, event.version, event.terms)
        case facts.OfferAccepted():
            return changed(draft, stage="agreed", version=event.version)
        case facts.OfferLapsed() | facts.OfferWithdrawn():
            return draft
        case _:
            assert_never(event)


def _on_terms(deal: Deal, version: int, terms: Terms) -> Deal:
    conditions = SEPARATOR.join(condition.value for condition in terms.conditions)
    return changed(deal, version=version, conditions=conditions)


def _cleared(before: Deal, event: Cleared, at: datetime) -> Deal:
    deal = changed(before, since=at, offered_by=None, expires_at=None)
    match event:
        case facts.TermsSubmitted():
            return changed(deal, title=event.title, version=event.version, stage="submitted")
        case facts.TermsWithdrawn():
            # The version is spent: another one must be agreed before any is submitted.
            said = f"it was taken back from clearance: {event.reason}"
            return changed(deal, stage="spent", reason=said)
        case facts.TermsCleared():
            return changed(deal, stage="cleared")
        case facts.ClearanceRefused():
            said = f"its clearance was refused: {event.reason}"
            return changed(deal, stage="spent", reason=said)
        case facts.ConditionMet():
            return changed(before, met=with_one(before.met, event.condition.value))
        case facts.ContractExecuted():
            return changed(deal, title=event.title, party=event.party, stage="executed")
        case facts.ContractAmended():
            return changed(deal, stage="executed")
        case facts.ContractTerminated() | facts.ContractCompleted() | facts.ContractExpired():
            return changed(deal, ended=True)
        case _:
            assert_never(event)


def matter_after(rows: Rows, event: Looked, recorded: Recorded) -> Iterator[Row]:
    """The deliverable or conflict after a fact."""
    match event:
        case facts.DeliverableReceived(deliverable=id):
            yield Matter(event.contract, DELIVERABLE, id, id, recorded.recorded_at)
        case facts.DeliverableAccepted(deliverable=id) | facts.DeliverableRejected(deliverable=id):
            yield from _closed(rows, event.contract, DELIVERABLE, id)
        case facts.EngagementConflicted(conflict=id, problem=problem):
            yield Matter(event.contract, CONFLICT, id, problem, recorded.recorded_at)
        case facts.ConflictResolved(conflict=id):
            yield from _closed(rows, event.contract, CONFLICT, id)
        case _:
            assert_never(event)


def _closed(rows: Rows, contract: str, kind: str, id: str) -> Iterator[Matter]:
    matter = rows.get(Matter, contract, kind, id)
    if matter is not None:
        yield changed(matter, open=False)
