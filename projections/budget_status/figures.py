"""The figures of a cost report, from an account's row (formulas 13 to 20 of the trade's guide).

Convention, printed with every answer: EFC = total cost + ETC, where total cost holds the open
commitments; variance = approved - EFC, positive = under, negative = over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from decimal import Decimal
from typing import Self

from events.money import ZERO
from projections.budget_status.view import Account, Category

CONVENTIONS = {
    "efc": "total cost + ETC; total cost = cost to date + open commitments",
    "variance": "approved - EFC; positive = under, negative = over",
    "rounding": "each line half up to the currency's minor unit; totals sum rounded lines",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of a cost report, in currency units."""

    working: Decimal = ZERO
    original: Decimal = ZERO
    approved: Decimal = ZERO
    committed: Decimal = ZERO
    cost_to_date: Decimal = ZERO
    total_cost: Decimal = ZERO
    etc: Decimal = ZERO
    efc: Decimal = ZERO
    variance: Decimal = ZERO

    def __add__(self, other: Self) -> "Figures":
        return Figures(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def shown(self) -> dict[str, str]:
        """Names and amounts as texts, at least two decimals each."""
        return {one.name: f"{getattr(self, one.name):.2f}" for one in fields(self)}


def figures(account: Account) -> Figures:
    """One account's figures. Without an estimate, what is not yet spent of the approved budget is
    still to come; an estimate below what is already spent or promised is raised to it."""
    total_cost = account.cost_to_date + account.committed
    value = account.estimate if account.estimate is not None else ZERO
    match account.estimate_basis:
        case "etc":
            efc = total_cost + value
        case "efc":
            efc = max(value, total_cost)
        case "variance":
            efc = max(account.approved - value, total_cost)
        case _:
            efc = max(account.approved, total_cost)
    return Figures(
        working=account.working,
        original=account.original,
        approved=account.approved,
        committed=account.committed,
        cost_to_date=account.cost_to_date,
        total_cost=total_cost,
        etc=efc - total_cost,
        efc=efc,
        variance=account.approved - efc,
    )


def added_up(rows: Iterable[tuple[str, Figures]]) -> dict[str, Figures]:
    """Figures summed by key, in the order in which keys first appear."""
    sums: dict[str, Figures] = {}
    for key, one in rows:
        sums[key] = sums.get(key, Figures()) + one
    return sums


UNASSIGNED = "unassigned"


def category_of(account: Account, chart: Mapping[str, Category]) -> str:
    """The account's category: the plan's, or for an account that only costs have named the one
    heading whose number begins most like its own; `unassigned` where none does."""
    if account.category is not None:
        return account.category
    alike = {code: _common_prefix(code, account.account) for code in chart}
    best = max(alike.values(), default=0)
    nearest = [code for code, length in alike.items() if length == best]
    return nearest[0] if best and len(nearest) == 1 else UNASSIGNED


def _common_prefix(one: str, other: str) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return length
