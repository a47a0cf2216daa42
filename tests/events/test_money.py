"""Money: rounding, exactness, allocation and the minor units of currencies."""

from decimal import Decimal
from fractions import Fraction

import pytest
from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies
from hypothesis import given, settings
from hypothesis import strategies as st

from events.money import allocated, is_exact, minor_units, rounded, shown

pytestmark = pytest.mark.unit

PATIENT = settings(deadline=None, max_examples=100)

CURRENCIES = st.sampled_from(["JPY", "USD", "KWD", "CLF"])
AMOUNTS = st.decimals(min_value=-(10**13), max_value=10**13, places=4)
HALVES = st.integers(-(10**6), 10**6).map(lambda halves: Decimal(halves) / 2000)
WEIGHTS = st.lists(
    st.integers(0, 10**6).map(Decimal) | st.decimals(min_value=0, max_value=10**9, places=6),
    min_size=1,
    max_size=12,
).filter(lambda weights: sum(weights) > 0)

IN_USE = {
    currency
    for territory in get_global("territory_currencies")
    for currency in get_territory_currencies(territory, tender=True, non_tender=True)
}
"""Every currency that is in use today, as Unicode's CLDR knows it."""

HUNDREDTHS = ["AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"]
SHOWN_OTHERWISE = {**dict.fromkeys(HUNDREDTHS, 2), "IQD": 3}
"""CLDR tells how prices are shown in shops, where the coins are gone. Books are kept in the minor
unit of ISO 4217 (list one, published 2026-01-01), which these currencies still have."""


@pytest.mark.parametrize("currency", sorted(IN_USE))
def test_minor_units_are_those_of_iso_4217(currency):
    expected = SHOWN_OTHERWISE.get(currency, get_currency_precision(currency))
    assert minor_units(currency) == expected


def test_exceptions_are_only_those_that_are_shown_otherwise():
    assert set(SHOWN_OTHERWISE) == {
        currency for currency in IN_USE if minor_units(currency) != get_currency_precision(currency)
    }


def units(amount: Decimal, currency: str) -> Fraction:
    """`amount` in the currency's smallest unit."""
    return Fraction(amount) * int(10 ** minor_units(currency))


@PATIENT
@given(AMOUNTS | HALVES, CURRENCIES)
def test_rounding_takes_the_nearest_unit_and_halves_away_from_zero(amount, currency):
    exact = units(amount, currency)
    whole, part = divmod(abs(exact), 1)
    nearest = whole + 1 if part >= Fraction(1, 2) else whole
    assert units(rounded(amount, currency), currency) == (nearest if exact >= 0 else -nearest)


@PATIENT
@given(AMOUNTS, CURRENCIES)
def test_rounding_again_changes_nothing_and_is_exact(amount, currency):
    once = rounded(amount, currency)
    assert rounded(once, currency) == once
    assert is_exact(once, currency)
    assert is_exact(amount, currency) == (units(amount, currency).denominator == 1)


@PATIENT
@given(AMOUNTS, CURRENCIES)
def test_a_rounded_amount_shows_all_decimals_of_its_currency(amount, currency):
    assert -int(rounded(amount, currency).as_tuple().exponent) == minor_units(currency)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("361.845", "USD", "361.85"),
        ("-361.845", "USD", "-361.85"),
        ("361.8449", "USD", "361.84"),
        ("0.5", "JPY", "1"),
        ("2.5", "JPY", "3"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_halves_round_as_the_trade_rounds(amount, currency, expected):
    assert str(rounded(Decimal(amount), currency)) == expected


@PATIENT
@given(AMOUNTS, WEIGHTS, CURRENCIES)
def test_an_allocation_loses_nothing(amount, weights, currency):
    assert sum(allocated(amount, weights, currency)) == rounded(amount, currency)


@PATIENT
@given(AMOUNTS, WEIGHTS, CURRENCIES)
def test_every_share_is_whole_and_less_than_one_unit_from_its_due(amount, weights, currency):
    whole = sum(map(Fraction, weights))
    for share, weight in zip(allocated(amount, weights, currency), weights, strict=True):
        due = units(amount, currency) * Fraction(weight) / whole
        assert is_exact(share, currency)
        assert abs(units(share, currency) - due) < 1
        assert weight > 0 or share == 0


@PATIENT
@given(AMOUNTS, WEIGHTS, CURRENCIES)
def test_what_is_taken_back_is_shared_like_what_was_given(amount, weights, currency):
    given_shares = allocated(amount, weights, currency)
    assert allocated(-amount, weights, currency) == [-share for share in given_shares]


@PATIENT
@given(AMOUNTS, WEIGHTS, CURRENCIES)
def test_a_larger_weight_never_gets_less(amount, weights, currency):
    shares = allocated(abs(amount), weights, currency)
    in_order = [share for _, share in sorted(zip(weights, shares, strict=True))]
    assert in_order == sorted(in_order)


def test_a_cent_goes_to_the_share_that_was_cut_most_and_the_earlier_of_equals():
    thirds = allocated(Decimal("100.00"), [Decimal(1)] * 3, "USD")
    assert list(map(str, thirds)) == ["33.34", "33.33", "33.33"]
    cut_most = allocated(Decimal("1.00"), [Decimal(1), Decimal(5)], "USD")
    assert list(map(str, cut_most)) == ["0.17", "0.83"]


@pytest.mark.parametrize("weights", [[], [Decimal(0)], [Decimal(2), Decimal(-1)]])
def test_an_allocation_needs_weights(weights):
    with pytest.raises(ValueError, match="weights"):
        allocated(Decimal(1), weights, "USD")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1000", "1000.00"),
        ("12.5", "12.50"),
        ("12.3450", "12.345"),
        ("0.125", "0.125"),
        ("-1.0005", "-1.0005"),
        ("1E+3", "1000.00"),
        ("0E-9", "0.00"),
    ],
)
def test_an_amount_is_shown_with_all_its_decimals_and_two_at_least(amount: str, text: str) -> None:
    assert shown(Decimal(amount)) == text


def test_nothing_is_shared_out_as_nothing_without_a_minus():
    assert [str(share) for share in allocated(Decimal(0), [Decimal(1)] * 2, "USD")] == ["0.00"] * 2
