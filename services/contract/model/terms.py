"""Terms that hold together, and the hash that names exactly them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any

from events.contract import Kind, Payment, Terms, Window
from events.event import Part
from events.money import ZERO, is_exact, minor_units, rounded
from events.names import ContentHash
from runtime.content import content_hash
from runtime.decider import Rejection
from runtime.refusals import listed, problem
from services.contract.model.known import Known
from services.contract.model.rejections import (
    AmountIsFractional,
    EngagementEndsBeforeItStarts,
    FeeDoesNotAddUp,
    IdStandsTwice,
    PaymentHasNoAccount,
    PaymentIsNeverDue,
    TermsAreInAnotherCurrency,
    TermsCurrencyIsUnknown,
    TermsDoNotFit,
    WindowClosesBeforeItOpens,
    WindowsOverlap,
)

UPON_EXECUTION = "execution"
"""What a fee waits for where the terms name no payments."""

CURES_NAMED = 3


def fitting(terms: Terms, known: Known | None) -> Terms:
    """The terms as they are recorded: with the decimals of their currency, and with one payment
    upon execution where a fee is not split; refuses terms that do not hold together."""
    _check_currency(terms, known)
    if terms.fee and not terms.payments:
        whole = Payment(payment="fee", amount=terms.fee, upon=UPON_EXECUTION)
        terms = terms.model_copy(update={"payments": (whole,)})
    flaws = list(_flaws(terms))
    if flaws:
        cures = [str(flaw) for flaw in flaws[:CURES_NAMED]]
        if len(flaws) > CURES_NAMED:
            cures.append(f"and {len(flaws) - CURES_NAMED} more")
        raise TermsDoNotFit("; ".join(cures), listed([problem(flaw) for flaw in flaws]))
    return _with_decimals(terms)


def hash_of(kind: Kind, party: str, terms: Terms) -> ContentHash:
    """The same deal has the same hash, in whatever order its parts and with however many trailing
    zeros its amounts were written."""
    return content_hash(
        {
            "kind": kind,
            "party": party,
            "terms": {
                **terms.model_dump(),
                "payments": _ordered(terms.payments, "payment"),
                "options": _ordered(terms.options, "option"),
                "deliverables": _ordered(terms.deliverables, "deliverable"),
                "windows": _ordered(terms.windows, "territory", "medium", "opens_on"),
                "conditions": sorted(set(terms.conditions)),
            },
        }
    )


def _ordered(parts: Sequence[Part], *by: str) -> list[dict[str, Any]]:
    ordered = sorted(parts, key=lambda part: [getattr(part, name) for name in by])
    return [part.model_dump() for part in ordered]


def _check_currency(terms: Terms, known: Known | None) -> None:
    if known is None or known.currency is None:
        raise TermsCurrencyIsUnknown(
            "the production's currency has not arrived here yet: try again in a moment"
        )
    if terms.currency != known.currency:
        raise TermsAreInAnotherCurrency(
            f"the production counts in {known.currency}, the terms in {terms.currency}: write the "
            f"amounts in {known.currency}"
        )


def _with_decimals(terms: Terms) -> Terms:
    def exact(amount: Decimal) -> Decimal:
        return rounded(amount, terms.currency)

    return terms.model_copy(
        update={
            "fee": exact(terms.fee),
            "payments": tuple(
                one.model_copy(update={"amount": exact(one.amount)}) for one in terms.payments
            ),
            "options": tuple(
                one.model_copy(update={"price": exact(one.price)}) for one in terms.options
            ),
        }
    )


def _flaws(terms: Terms) -> Iterator[Rejection]:
    yield from _flaws_of_ids(terms)
    yield from _flaws_of_amounts(terms)
    yield from _flaws_of_payments(terms)
    yield from _flaws_of_windows(terms.windows)
    engagement = terms.engagement
    if engagement is not None and engagement.ends_on < engagement.starts_on:
        yield EngagementEndsBeforeItStarts(
            f"the engagement starts on {engagement.starts_on} and ends on {engagement.ends_on}: "
            "give a later last day"
        )


def _flaws_of_ids(terms: Terms) -> Iterator[Rejection]:
    ids = {
        "payment": [one.payment for one in terms.payments],
        "option": [one.option for one in terms.options],
        "deliverable": [one.deliverable for one in terms.deliverables],
    }
    for what, names in ids.items():
        for name, times in Counter(names).items():
            if times > 1:
                yield IdStandsTwice(f"{what} {name} stands {times} times: give each its own id")


def _flaws_of_amounts(terms: Terms) -> Iterator[Rejection]:
    amounts = [
        ("the fee", terms.fee),
        *((f"payment {one.payment}", one.amount) for one in terms.payments),
        *((f"the price of option {one.option}", one.price) for one in terms.options),
    ]
    for what, amount in amounts:
        flaw = fraction(what, amount, terms.currency)
        if flaw is not None:
            yield flaw


def fraction(what: str, amount: Decimal, currency: str) -> AmountIsFractional | None:
    """The refusal of an amount with more decimals than `currency` has, if it has more."""
    if is_exact(amount, currency):
        return None
    return AmountIsFractional(
        f"{what} is {amount}, with more than the {minor_units(currency)} decimals of {currency}: "
        f"write {rounded(amount, currency)}"
    )


def _flaws_of_payments(terms: Terms) -> Iterator[Rejection]:
    total = sum((one.amount for one in terms.payments), ZERO)
    if total != terms.fee:
        yield FeeDoesNotAddUp(
            f"the fee is {terms.fee}, its payments come to {total}: make them equal"
        )
    for one in terms.payments:
        if one.account is None and terms.account is None:
            yield PaymentHasNoAccount(
                f"payment {one.payment} is on no account: name one for it, or for all the terms"
            )
        if one.due_on is None and one.upon is None:
            yield PaymentIsNeverDue(
                f"payment {one.payment} waits for nothing: give the day that it is due on, or "
                "what it is due upon"
            )


def _flaws_of_windows(windows: Sequence[Window]) -> Iterator[Rejection]:
    for one in windows:
        if one.closes_on is not None and one.closes_on < one.opens_on:
            yield WindowClosesBeforeItOpens(
                f"the window for {one.medium} in {one.territory} opens on {one.opens_on} and "
                f"closes on {one.closes_on}: give a later last day"
            )
    for one, other in combinations([one for one in windows if one.exclusive], 2):
        if _market(one) == _market(other) and _share_a_day(one, other):
            later = max(one.opens_on, other.opens_on)
            yield WindowsOverlap(
                f"two exclusive windows for {one.medium} in {one.territory} are both open on "
                f"{later}: close one before the other opens"
            )


def _market(window: Window) -> tuple[str, str]:
    return window.territory.strip().casefold(), window.medium.casefold()


def _share_a_day(one: Window, other: Window) -> bool:
    return one.opens_on <= _last_day(other) and other.opens_on <= _last_day(one)


def _last_day(window: Window) -> date:
    return window.closes_on or date.max
