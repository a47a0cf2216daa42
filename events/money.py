"""Money rules: Decimal amounts in currency units, rounded per line, so printed columns add up."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code, `USD`."""

Money = Annotated[Decimal, Field(max_digits=18, decimal_places=4, allow_inf_nan=False)]
"""An amount in currency units (not cents); at most 4 decimals, the most a currency has."""

Factor = Annotated[Decimal, Field(max_digits=18, decimal_places=6, allow_inf_nan=False)]
"""A quantity, a multiplier or a rate; at most 6 decimals."""

ZERO = Decimal(0)

# ISO 4217 table A.1: every currency whose minor unit is not one hundredth.
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
_MINOR_UNITS = {
    currency: decimals
    for decimals, currencies in ((0, _NO_DECIMALS), (3, _THREE_DECIMALS), (4, _FOUR_DECIMALS))
    for currency in currencies.split()
}


def minor_units(currency: str) -> int:
    """How many decimals `currency` is counted in (ISO 4217): 2 for USD, 0 for JPY, 3 for KWD."""
    return _MINOR_UNITS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """`amount` at the currency's minor unit, halves away from zero, as the trade rounds."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_HALF_UP)


def is_exact(amount: Decimal, currency: str) -> bool:
    """Whether `amount` has no decimals beyond the currency's minor unit."""
    return rounded(amount, currency) == amount


def shown(amount: Decimal) -> str:
    """`amount` as answers say it: all of its decimals, two at least. Whoever reads three of them
    in KWD reads the amount, and whoever adds rows up comes to the total."""
    two = f"{amount:.2f}"
    return two if Decimal(two) == amount else f"{amount.normalize():f}"


def allocated(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`amount` split in proportion to `weights`, to the minor unit, with nothing lost.

    Each share is cut down to the minor unit; what is left over goes, a unit at a time, to the
    shares that were cut most (largest remainder; the earlier one where they tie).

    Raises:
        ValueError: no weights, a negative weight, or all of them zero.
    """
    total = sum(weights, ZERO)
    if not weights or total <= 0 or min(weights) < 0:
        raise ValueError("allocation needs weights that are not negative and not all zero")
    unit = Decimal(1).scaleb(-minor_units(currency))
    sign = -1 if amount < 0 else 1
    exact = [abs(amount) * weight / total for weight in weights]
    shares = [share.quantize(unit, ROUND_DOWN) for share in exact]
    left = int((rounded(abs(amount), currency) - sum(shares, ZERO)) / unit)
    by_cut = sorted(range(len(shares)), key=lambda i: (shares[i] - exact[i], i))
    for index in by_cut[:left]:
        shares[index] += unit
    return [sign * share for share in shares]
