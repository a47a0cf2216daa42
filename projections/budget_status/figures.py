"""The figures of a cost report, from an account's row; the formulas are `events.cost_formulas`."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from decimal import Decimal
from typing import Self

from events.cost_formulas import (
    estimate_to_complete,
    estimated_final_cost,
    total_cost,
    variance,
)
from events.money import ZERO, shown
from projections.budget_status.rows import Account, Category

CONVENTIONS = {
    "approved": "the last locked budget + overages approved since; a later lock starts again from "
    "its own plan",
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
        """Names and amounts as texts."""
        return {one.name: shown(getattr(self, one.name)) for one in fields(self)}


def figures(account: Account) -> Figures:
    """One account's figures. A variance that was estimated is measured against what was approved
    when it was entered: the locked plan and the overages of that moment."""
    total = total_cost(account.cost_to_date, account.committed)
    efc = estimated_final_cost(
        total,
        account.approved,
        account.estimate_basis,
        account.estimate,
        account.approved - account.overage + account.estimate_overage,
    )
    return Figures(
        working=account.working,
        original=account.original,
        approved=account.approved,
        committed=account.committed,
        cost_to_date=account.cost_to_date,
        total_cost=total,
        etc=estimate_to_complete(efc, total),
        efc=efc,
        variance=variance(account.approved, efc),
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
