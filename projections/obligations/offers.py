"""Offers that wait for an answer: whose it is, and until when."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from events import contract as facts
from events.contract import Side
from events.envelope import Recorded
from projections.obligations.rows import LAPSED, MET, OFFER, OPEN, PARTY, PRODUCTION, RELEASED, Duty
from runtime.changing import changed
from runtime.view import Rows

Offer = (
    facts.OfferMade
    | facts.OfferCountered
    | facts.OfferAccepted
    | facts.OfferLapsed
    | facts.OfferWithdrawn
)


def offers_after(rows: Rows, event: Offer, recorded: Recorded) -> Iterator[Duty]:
    """The offers of a deal after a fact: the one that stood is answered, and another may stand."""
    match event:
        case facts.OfferMade():
            yield from _ended(rows, event.contract, RELEASED)
            yield _standing(event.contract, event.version, PARTY, event.expires_at, recorded)
        case facts.OfferCountered():
            yield from _ended(rows, event.contract, MET)
            answers = PRODUCTION if event.by is Side.PARTY else PARTY
            yield _standing(event.contract, event.version, answers, event.expires_at, recorded)
        case facts.OfferAccepted():
            yield from _ended(rows, event.contract, MET)
        case facts.OfferLapsed():
            yield from _ended(rows, event.contract, LAPSED)
        case facts.OfferWithdrawn():
            yield from _ended(rows, event.contract, RELEASED)
        case _:
            assert_never(event)


def _standing(
    contract: str, version: int, owed_by: str, until: datetime, recorded: Recorded
) -> Duty:
    return Duty(
        contract,
        OFFER,
        f"v{version}",
        owed_by,
        f"answer to the offer of version {version}",
        recorded.recorded_at,
        due_on=until.date(),
        due_at=until,
    )


def _ended(rows: Rows, contract: str, status: str) -> Iterator[Duty]:
    for duty in list(rows.all(Duty)):
        if duty.contract == contract and duty.kind == OFFER and duty.status == OPEN:
            yield changed(duty, status=status)
