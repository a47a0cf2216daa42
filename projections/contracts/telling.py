"""Deals as they are told, made of their rows."""

from collections.abc import Iterable
from typing import Any

import orjson

from events.contract import Side, Terms
from events.event import read_back
from events.money import ZERO, shown
from projections.contracts.changes import changes, without_fees
from projections.contracts.details import money_of, parts_of, parts_told
from projections.contracts.rows import Commitment, Deal, Move, Standing, Version
from runtime.view import Rows

LIST = (Deal, Version, Standing, Commitment)
"""The rows that a list of deals is made of."""

UNKNOWN = Terms(currency="XXX")
"""Terms of which no fact has come (XXX is ISO 4217 for no currency)."""


def page_of_deals(rows: Rows, cursor: str | None, limit: int) -> tuple[list[Deal], str | None]:
    """The deals behind the one of that id, by title, and the id to go on behind."""
    deals = sorted(rows.all(Deal), key=lambda deal: (deal.title, deal.contract))
    ids = [deal.contract for deal in deals]
    behind = deals[ids.index(cursor) + 1 :] if cursor in ids else deals
    page = behind[:limit]
    return page, page[-1].contract if len(behind) > limit else None


def state_of(deal: Deal) -> str:
    """Where the deal stands as a whole; an amendment under way leaves it executed."""
    if deal.ended:
        return deal.ended
    return "executed" if deal.executed_version is not None else deal.stage


def versions_of(rows: Rows, deal: Deal) -> list[Version]:
    """Its versions, oldest first."""
    found = (one for one in rows.all(Version) if one.contract == deal.contract)
    return sorted(found, key=lambda one: one.version)


def binding(deal: Deal, versions: list[Version]) -> tuple[int, Terms]:
    """The terms that bind, or the last ones before any do, with their version."""
    wanted = deal.executed_version or deal.version
    for one in versions:
        if one.version == wanted:
            return wanted, read_back(Terms, one.terms)
    return wanted, UNKNOWN


def summary(rows: Rows, deal: Deal, fees: bool) -> dict[str, Any]:
    """One deal in a line."""
    _, terms = binding(deal, versions_of(rows, deal))
    waits = {"production": Side.PARTY.value, "party": Side.PRODUCTION.value}
    paid = sum((money_of(rows, deal, one)[1] for one in terms.payments), ZERO)
    conflicts = parts_of(rows, deal, "conflict")
    return {
        "contract": deal.contract,
        "kind": deal.kind,
        "title": deal.title,
        "party": {"person": deal.party, "name": deal.name},
        "state": state_of(deal),
        "since": deal.since,
        "waits_for": waits.get(deal.offered_by or ""),
        "expires_at": deal.expires_at,
        "version": deal.version,
        "executed_version": deal.executed_version,
        "executed_on": deal.executed_on,
        "currency": None if terms is UNKNOWN else terms.currency,
        "fee": shown(terms.fee) if fees else None,
        "paid": shown(paid) if fees else None,
        "open_conflicts": 0
        if deal.ended
        else sum(one.status == "open" for one in conflicts.values()),
    }


def whole(rows: Rows, deal: Deal, fees: bool) -> dict[str, Any]:
    """One deal in full, its moves beside it."""
    versions = versions_of(rows, deal)
    version, terms = binding(deal, versions)
    told = terms.model_dump(mode="json")
    return {
        **summary(rows, deal, fees),
        "reason": deal.reason,
        "fees_told": fees,
        "terms": told if fees else without_fees(told),
        "terms_version": version,
        "amendment": _amendment(deal, versions, terms),
        "clearance": deal.clearance,
        "request": deal.request,
        "document_hash": deal.document_hash,
        "versions": _history(versions, fees),
        "moves": _moves(rows, deal, fees),
        **parts_told(rows, deal, terms, fees),
    }


def _amendment(deal: Deal, versions: list[Version], terms: Terms) -> int | None:
    """The version that is to take the place of the executed one; the same terms written again
    take an amendment back."""
    if deal.executed_version is None or deal.ended:
        return None
    later = versions[-1]
    if later.version == deal.executed_version or read_back(Terms, later.terms) == terms:
        return None
    return later.version


def _history(versions: list[Version], fees: bool) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    before: dict[str, Any] | None = None
    for one in versions:
        terms = orjson.loads(one.terms)
        changed = [] if before is None else changes(before, terms, fees)
        told.append(
            {
                "version": one.version,
                "put_by": one.put_by,
                "put_at": one.put_at,
                "changes": changed,
            }
        )
        before = terms
    return told


def _moves(rows: Rows, deal: Deal, fees: bool) -> list[dict[str, Any]]:
    found: Iterable[Move] = (one for one in rows.all(Move) if one.contract == deal.contract)
    return [
        {
            "number": one.number,
            "what": one.what,
            "version": one.version,
            "side": one.side,
            "at": one.at,
            "until": one.until,
            "note": one.note if fees else None,
        }
        for one in sorted(found, key=lambda one: one.number)
    ]
