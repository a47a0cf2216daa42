"""What deals promise: a commitment for each payment, from the execution on (film guide 2.5)."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from events.contract import (
    ContractAmended,
    ContractExecuted,
    ContractTerminated,
    Payment,
    Terms,
    commitment_of,
)
from services.budget.commands import CloseCommitment, RaiseCommitment

TEXT_CHARACTERS_MAX = 2_000

Signed = ContractExecuted | ContractAmended


class Promised(BaseModel):
    """The commitment that stands for one payment of a deal, since one version of its terms.

    It stands `in_place_of` the commitments for that payment before, until the version `gone_in`.
    `is_closed` says that somebody closed it by hand.
    """

    model_config = ConfigDict(frozen=True)

    contract: str
    title: str
    payment: str
    commitment: str
    since: int
    in_place_of: tuple[str, ...] = ()
    gone_in: int | None = None
    is_closed: bool = False


def promised_by(promised: Sequence[Promised], deal: Signed) -> tuple[Promised, ...]:
    """What all deals promise once this one was executed or amended."""
    others = [one for one in promised if one.contract != deal.contract]
    own = {
        one.payment: one
        for one in promised
        if one.contract == deal.contract and one.gone_in is None
    }
    new = _new_promises(deal, own)
    still_owed = {one.payment for one in _owed(deal)} - {one.payment for one in new}
    before = (
        one if one.payment in still_owed else one.model_copy(update={"gone_in": deal.version})
        for one in own.values()
    )
    return (*others, *before, *new)


def closed_by_hand(promised: Sequence[Promised], commitment: str) -> tuple[Promised, ...]:
    """The promises, with that commitment closed."""
    return tuple(
        one.model_copy(update={"is_closed": True}) if one.commitment == commitment else one
        for one in promised
    )


def raised_for(promised: Sequence[Promised], deal: Signed) -> Iterator[RaiseCommitment]:
    """The commitments that this version of a deal brings."""
    terms = _terms(deal)
    payments = {one.payment: one for one in terms.payments}
    on = deal.executed_on if isinstance(deal, ContractExecuted) else deal.amended_on
    for one in promised:
        if one.contract != deal.contract or one.since != deal.version:
            continue
        payment = payments[one.payment]
        account = _account_of(payment, terms)
        assert account is not None
        yield RaiseCommitment(
            commitment=one.commitment,
            account=account,
            amount=payment.amount,
            description=f"{one.title}: {one.payment}"[:TEXT_CHARACTERS_MAX],
            raised_on=on,
            currency=terms.currency,
            in_place_of=one.in_place_of,
        )


def let_go_by(promised: Sequence[Promised], deal: ContractAmended) -> Iterator[CloseCommitment]:
    """The commitments that this version of a deal ends."""
    for one in promised:
        if one.contract == deal.contract and one.gone_in == deal.version and not one.is_closed:
            yield CloseCommitment(
                commitment=one.commitment,
                closed_on=deal.amended_on,
                reason=f"{one.title}: amended, version {deal.version}"[:TEXT_CHARACTERS_MAX],
            )


def released_by(
    promised: Sequence[Promised], ended: ContractTerminated
) -> Iterator[CloseCommitment]:
    """The commitments for payments that an ended deal no longer owes."""
    for one in promised:
        standing = one.contract == ended.contract and one.gone_in is None and not one.is_closed
        if standing and one.payment in ended.released:
            yield CloseCommitment(
                commitment=one.commitment,
                closed_on=ended.terminated_on,
                reason=f"{one.title} was terminated: {ended.reason}"[:TEXT_CHARACTERS_MAX],
            )


def _new_promises(deal: Signed, own: dict[str, Promised]) -> list[Promised]:
    """A promise for each payment that was not owed so before."""
    before = deal.before if isinstance(deal, ContractAmended) else None
    unchanged = {_money_of(one, before) for one in before.payments} if before else set()
    terms = _terms(deal)
    return [
        Promised(
            contract=deal.contract,
            title=_title(deal, own),
            payment=one.payment,
            commitment=commitment_of(deal.contract, one.payment, deal.version),
            since=deal.version,
            in_place_of=_before(own.get(one.payment)),
        )
        for one in _owed(deal)
        if before is None or _money_of(one, terms) not in unchanged
    ]


def _before(promised: Promised | None) -> tuple[str, ...]:
    """All commitments for that payment so far: each of them may have been paid on."""
    return () if promised is None else (*promised.in_place_of, promised.commitment)


def _owed(deal: Signed) -> list[Payment]:
    """The payments that have an account to be committed on."""
    terms = _terms(deal)
    return [one for one in terms.payments if _account_of(one, terms) is not None]


def _terms(deal: Signed) -> Terms:
    return deal.terms if isinstance(deal, ContractExecuted) else deal.after


def _account_of(payment: Payment, terms: Terms) -> str | None:
    return payment.account or terms.account


def _money_of(payment: Payment, terms: Terms) -> tuple[object, ...]:
    """All of a payment that its commitment says."""
    return (payment.payment, payment.amount, _account_of(payment, terms), terms.currency)


def _title(deal: Signed, own: dict[str, Promised]) -> str:
    if isinstance(deal, ContractExecuted):
        return deal.title
    return next((one.title for one in own.values()), f"contract {deal.contract[:8]}")
