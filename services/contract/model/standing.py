"""What stands between the sides at a moment.

An offer is over at its last moment, whether or not a timer has said so: who drafts or offers anew
after it records that first.
"""

from collections.abc import Sequence
from datetime import datetime

from events.contract import OfferLapsed, Side, TermsWithdrawn
from events.event import Event
from services.contract.model.evolve import evolve
from services.contract.model.phases import Agreed, Executed, Negotiated, Offered, Talks, UnderWay
from services.contract.model.rejections import (
    OfferHasLapsed,
    OfferIsAccepted,
    OfferStands,
    OfferWouldHaveLapsed,
    OnlyTheOtherSideAnswers,
)


def next_version(contract: UnderWay) -> int:
    """The number of the next terms that are written."""
    if isinstance(contract, Executed):
        return contract.written + 1
    return contract.talks.version + 1


def without_an_offer_that_is_over(contract: UnderWay, at: datetime) -> tuple[UnderWay, list[Event]]:
    """The deal at that moment, and the fact that its offer lapsed, where no timer has said so."""
    talks = contract.talks
    if not isinstance(talks, Offered) or not talks.is_over(at):
        return contract, []
    lapsed = OfferLapsed(
        contract=contract.deal.drafted.contract,
        version=talks.version,
        expired_at=talks.expires_at,
    )
    after = evolve(contract, lapsed)
    assert isinstance(after, Negotiated | Executed)
    return after, [lapsed]


def taken_back(talks: Talks | None, contract: str, reason: str) -> Sequence[Event]:
    """The fact that terms which wait for their clearance, or have it, ask for it no more."""
    if not isinstance(talks, Agreed) or talks.clearance is None:
        return []
    return [TermsWithdrawn(contract=contract, version=talks.version, reason=reason)]


def check_nothing_awaits_an_answer(contract: UnderWay) -> None:
    """Refuses to write terms anew while others are on offer or agreed."""
    talks = contract.talks
    match talks:
        case Offered():
            raise OfferStands(
                f"version {talks.version} of the {talks.by} stands on offer until "
                f"{talks.expires_at:%Y-%m-%d %H:%M} UTC: answer or withdraw it first"
            )
        case Agreed():
            raise OfferIsAccepted(
                f"version {talks.version} is agreed: counter it to change the terms, or withdraw it"
            )


def check_may_answer(offer: Offered, by: Side, at: datetime) -> None:
    """Refuses an answer of the side that made the offer, and one that comes too late."""
    if by == offer.by:
        raise OnlyTheOtherSideAnswers(
            f"version {offer.version} is an offer of the {offer.by} itself: let the other side "
            "answer it, or withdraw it"
        )
    if offer.is_over(at):
        raise OfferHasLapsed(
            f"version {offer.version} was open until {offer.expires_at:%Y-%m-%d %H:%M} UTC: make "
            "an offer anew"
        )


def check_is_to_come(expires_at: datetime, at: datetime) -> None:
    """Refuses an offer that nobody could accept."""
    if expires_at <= at:
        raise OfferWouldHaveLapsed(
            f"the offer would be open until {expires_at:%Y-%m-%d %H:%M} UTC, which is over: give "
            "it a later moment"
        )
