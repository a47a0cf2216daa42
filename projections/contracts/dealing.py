"""How a deal moves: drafted, offered, countered, agreed, cleared, executed, ended."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from events import contract as facts
from events.contract import Side
from events.envelope import Recorded
from projections.contracts.moves import Cleared, Dealing, Ended, Negotiated, move_of
from projections.contracts.parts import moved
from projections.contracts.rows import Deal, Standing, Version
from runtime.changing import changed
from runtime.view import Row, Rows


def dealt(rows: Rows, event: Dealing, recorded: Recorded) -> Iterator[Row]:
    """The deal after one move, with the move itself and the terms that came with it."""
    deal = rows.get(Deal, event.contract) or Deal(event.contract)
    if isinstance(event, Negotiated):
        yield changed(_negotiated(deal, event), since=recorded.recorded_at)
    elif isinstance(event, Cleared):
        yield _cleared(deal, event, recorded)
    else:
        yield from _ended(rows, deal, event, recorded)
    if isinstance(event, facts.ContractAmended):
        yield from moved(rows, event)
    yield from _terms(rows, event, recorded)
    yield move_of(event, recorded)


def _negotiated(deal: Deal, event: Negotiated) -> Deal:
    draft = changed(deal, stage="draft", offered_by=None, expires_at=None)
    match event:
        case facts.ContractDrafted():
            return changed(
                draft,
                kind=event.kind.value,
                title=event.title,
                party=event.party,
                name=event.name,
                version=1,
            )
        case facts.TermsRedrafted():
            return changed(draft, version=event.version, clearance=None)
        case facts.OfferMade():
            return _offered(deal, event.version, Side.PRODUCTION, event.expires_at)
        case facts.OfferCountered():
            return _offered(deal, event.version, event.by, event.expires_at)
        case facts.OfferAccepted():
            return changed(draft, version=event.version, stage="agreed")
        case facts.OfferLapsed() | facts.OfferWithdrawn():
            return draft
        case _:
            assert_never(event)


def _offered(deal: Deal, version: int, by: Side, until: datetime) -> Deal:
    return changed(
        deal,
        version=version,
        stage="offered",
        offered_by=by.value,
        expires_at=until,
        clearance=None,
    )


def _cleared(before: Deal, event: Cleared, recorded: Recorded) -> Deal:
    deal = changed(before, since=recorded.recorded_at)
    match event:
        case facts.LongFormDrafted():
            return changed(before, document_hash=event.document_hash)
        case facts.TermsSubmitted():
            return changed(deal, version=event.version, stage="submitted", clearance="asked")
        case facts.TermsWithdrawn():
            moved_on = before.stage not in ("submitted", "cleared", "refused")
            return changed(before if moved_on else changed(deal, stage="agreed"), clearance=None)
        case facts.TermsCleared():
            return changed(deal, stage="cleared", clearance="given", request=event.request)
        case facts.ClearanceRefused():
            return changed(deal, stage="refused", clearance="refused", request=event.request)
        case facts.ContractExecuted():
            return changed(
                deal,
                kind=event.kind.value,
                title=event.title,
                party=event.party,
                version=event.version,
                stage="executed",
                executed_version=event.version,
                executed_on=event.executed_on,
            )
        case facts.ContractAmended():
            version = event.version
            return changed(deal, version=version, stage="executed", executed_version=version)
        case _:
            assert_never(event)


def _ended(rows: Rows, before: Deal, event: Ended, recorded: Recorded) -> Iterator[Row]:
    deal = changed(before, since=recorded.recorded_at, offered_by=None, expires_at=None)
    match event:
        case facts.ContractTerminated():
            on = event.terminated_on
            yield changed(deal, ended="terminated", ended_on=on, reason=event.reason)
            for payment in event.released:
                standing = rows.get(Standing, event.contract, "payment", payment)
                standing = standing or Standing(event.contract, "payment", payment, "")
                yield changed(standing, status="released", on_day=on)
        case facts.ContractCompleted():
            yield changed(deal, ended="completed", ended_on=event.completed_on)
        case facts.ContractExpired():
            on = recorded.recorded_at.date()
            yield changed(deal, ended="expired", ended_on=on, reason=event.reason)
        case _:
            assert_never(event)


def _terms(rows: Rows, event: Dealing, recorded: Recorded) -> Iterator[Version]:
    """The terms that came with a fact, unless they stand already, as an offered draft's do."""
    match event:
        case facts.ContractDrafted(terms=terms):
            version, by = 1, Side.PRODUCTION
        case facts.OfferCountered(version=version, terms=terms, by=by):
            pass
        case (
            facts.TermsRedrafted(version=version, terms=terms)
            | facts.OfferMade(version=version, terms=terms)
            | facts.ContractExecuted(version=version, terms=terms)
            | facts.ContractAmended(version=version, after=terms)
        ):
            by = Side.PRODUCTION
        case _:
            return
    standing = rows.get(Version, event.contract, version)
    text = terms.model_dump_json()
    if standing is None or standing.terms != text:
        yield Version(event.contract, version, text, by.value, recorded.recorded_at)
