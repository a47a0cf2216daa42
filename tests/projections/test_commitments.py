"""The commitment that the budget raises for a payment is the one that read models look for."""

from decimal import Decimal

import pytest

from events.contract import Terms, commitment_of
from events.money import ZERO
from projections.contracts.rows import Deal
from projections.contracts.telling import whole
from projections.contracts.view import VIEW as CONTRACTS
from projections.obligations.telling import obligations
from projections.obligations.view import VIEW as OBLIGATIONS
from services.budget.commands import RaiseCommitment
from services.budget.policies import Known, policies
from tests.projections.histories import (
    BEGUN,
    KEEPER,
    amended,
    drafted,
    executed,
    posted,
    terms,
    told,
)

pytestmark = pytest.mark.unit


def raised(known: Known, amendment: Terms | None = None) -> list[str]:
    """The commitments that the budget room raises for the deal, then for its amendment."""
    facts = [executed()] if amendment is None else [executed(), amended(3, amendment)]
    commands = []
    for fact in told("contract", *facts):
        known = policies.hear(known, fact)
        commands += policies.react(fact, known)
    return [one.commitment for one in commands if isinstance(one, RaiseCommitment)]


def test_each_payment_has_a_commitment_of_its_own() -> None:
    assert raised(Known(currency="USD")) == [
        commitment_of(KEEPER, payment, 1) for payment in ("start", "lock")
    ]


def test_an_amended_payment_has_another_and_what_is_unchanged_keeps_its_own() -> None:
    more = terms(
        fee="100000.00",
        payments=[
            {"payment": "start", "amount": "43000.00", "due_on": "2026-09-14"},
            {"payment": "lock", "amount": "57000.00", "upon": "picture lock"},
        ],
    )
    assert raised(Known(currency="USD"), more)[2:] == [commitment_of(KEEPER, "lock", 3)]


@pytest.mark.parametrize("payment", ["start", "p" * 64])
def test_what_is_posted_against_it_pays_the_payment(payment: str) -> None:
    one = {"payment": payment, "amount": "86000.00", "due_on": "2026-09-14"}
    deal = executed(payments=[one])
    commitment = commitment_of(KEEPER, payment, 1)
    facts = [*told("contract", drafted(), deal), *told("budget", posted(commitment, "86000.00"))]
    (owed,) = (
        told_
        for told_ in obligations(OBLIGATIONS.fold(facts), BEGUN, True)
        if told_["kind"] == "payment"
    )
    assert (owed["status"], owed["paid"]) == ("met", "86000.00")
    rows = CONTRACTS.fold(facts)
    row = rows.get(Deal, KEEPER)
    assert row is not None
    assert Decimal(whole(rows, row, True)["paid"]) - Decimal("86000.00") == ZERO
