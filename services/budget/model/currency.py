"""The production's currency, and amounts that it can express."""

from decimal import Decimal

from events.money import is_exact, minor_units, rounded
from services.budget.model.known import Known
from services.budget.model.rejections import AmountIsNotExact, CurrencyIsUnknown


def currency_of(known: Known | None) -> str:
    """The production's currency; refuses where it has not been heard."""
    if known is None or known.currency is None:
        raise CurrencyIsUnknown(
            "the production's currency has not arrived here yet: try again in a moment"
        )
    return known.currency


def exact(amount: Decimal, currency: str) -> Decimal:
    """`amount` with just the decimals of `currency`; refuses one that has more."""
    if not is_exact(amount, currency):
        raise AmountIsNotExact(
            f"{amount} has more than the {minor_units(currency)} decimals of {currency}: write "
            f"{rounded(amount, currency)}"
        )
    return rounded(amount, currency)
