"""What one side says to the other: offers, counters, acceptances and withdrawals."""

from collections.abc import Sequence
from typing import assert_never

from events.contract import OfferAccepted, OfferCountered, OfferMade, OfferWithdrawn, Side
from events.event import Event
from runtime.decider import Context
from services.contract.commands import (
    AcceptOffer,
    CounterOffer,
    LapseOffer,
    MakeOffer,
    OfferCommand,
    WithdrawOffer,
)
from services.contract.model.phases import (
    Agreed,
    Contract,
    Draft,
    Executed,
    Negotiated,
    Offered,
    Talks,
    UnderWay,
    talks_of,
    under_way,
)
from services.contract.model.rejections import (
    OfferIsAccepted,
    OfferIsNotMade,
    OfferMovedOn,
    TermsAreOffered,
)
from services.contract.model.standing import (
    check_is_to_come,
    check_may_answer,
    check_nothing_awaits_an_answer,
    next_version,
    taken_back,
    without_an_offer_that_is_over,
)
from services.contract.model.terms import fitting


def decide_offer(contract: Contract, command: OfferCommand, context: Context) -> Sequence[Event]:
    """The facts that follow from what one side says to the other."""
    match command:
        case MakeOffer():
            return _make(under_way(contract), command, context)
        case CounterOffer():
            return _counter(under_way(contract), command, context)
        case AcceptOffer():
            return _accept(talks_of(under_way(contract)), command, context)
        case WithdrawOffer():
            return _withdraw(talks_of(under_way(contract)), command)
        case LapseOffer():
            return _lapse(contract, command, context)
        case _:
            assert_never(command)


def _make(contract: UnderWay, command: MakeOffer, context: Context) -> Sequence[Event]:
    talks = talks_of(contract)
    if isinstance(talks, Offered) and (talks.by, talks.expires_at) == (
        Side.PRODUCTION,
        command.expires_at,
    ):
        return []
    contract, before = without_an_offer_that_is_over(contract, context.at)
    check_nothing_awaits_an_answer(contract)
    check_is_to_come(command.expires_at, context.at)
    talks, deal = talks_of(contract), contract.deal
    made = OfferMade(
        contract=command.contract,
        version=talks.version if talks.version > deal.spent else next_version(contract),
        terms=talks.terms,
        content_hash=deal.hash_of(talks.terms),
        expires_at=command.expires_at,
    )
    return [*before, made]


def _counter(contract: UnderWay, command: CounterOffer, context: Context) -> Sequence[Event]:
    talks, terms = talks_of(contract), fitting(command.terms, context.known)
    countered = OfferCountered(
        **{**dict(command), "terms": terms},
        version=next_version(contract),
        content_hash=contract.deal.hash_of(terms),
    )
    is_same = contract.deal.hash_of(talks.terms) == countered.content_hash
    match talks:
        case Draft():
            raise OfferIsNotMade("nothing is on offer: make an offer of these terms")
        case Offered():
            standing = (talks.by, talks.expires_at, talks.note)
            if is_same and standing == (command.by, command.expires_at, command.note):
                return []
            check_may_answer(talks, command.by, context.at)
            if is_same:
                raise TermsAreOffered(f"version {talks.version} says the same: accept it")
        case Agreed():
            if is_same and talks.version > contract.deal.spent:
                return []
        case _:
            assert_never(talks)
    check_is_to_come(command.expires_at, context.at)
    reason = command.note or f"the {command.by} countered with version {countered.version}"
    return [*taken_back(talks, command.contract, reason), countered]


def _accept(talks: Talks, command: AcceptOffer, context: Context) -> Sequence[Event]:
    match talks:
        case Draft():
            raise OfferIsNotMade("nothing is on offer: make an offer first")
        case Agreed(accepted=accepted):
            if (accepted.version, accepted.accepted_by, accepted.accepted_on) == (
                command.version,
                command.accepted_by,
                command.accepted_on,
            ):
                return []
            raise OfferIsAccepted(
                f"the {accepted.accepted_by} accepted version {accepted.version} on "
                f"{accepted.accepted_on}: counter it to change the terms"
            )
        case Offered():
            if command.version != talks.version:
                raise OfferMovedOn(
                    f"version {talks.version} stands on offer, not version {command.version}: "
                    "read it, then accept that one"
                )
            check_may_answer(talks, command.accepted_by, context.at)
        case _:
            assert_never(talks)
    return [
        OfferAccepted(
            contract=command.contract,
            version=talks.version,
            content_hash=talks.content_hash,
            accepted_by=command.accepted_by,
            accepted_on=command.accepted_on,
        )
    ]


def _withdraw(talks: Talks, command: WithdrawOffer) -> Sequence[Event]:
    if isinstance(talks, Draft):
        return []
    withdrawn = OfferWithdrawn(
        contract=command.contract, version=talks.version, reason=command.reason
    )
    return [*taken_back(talks, command.contract, command.reason), withdrawn]


def _lapse(contract: Contract, command: LapseOffer, context: Context) -> Sequence[Event]:
    # A timer may come late: to a deal that is over, or to another offer than it was set for.
    if not isinstance(contract, Negotiated | Executed):
        return []
    talks = contract.talks
    if talks is None or talks.version != command.version:
        return []
    return without_an_offer_that_is_over(contract, context.at)[1]
