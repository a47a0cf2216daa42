"""The formulas of a cost report, for one account: 15 to 19 of the trade's guide.

Amounts in currency units. Convention, printed with every report: the total cost holds the open
commitments, and a variance is positive under the approved budget, negative over it.
"""

from decimal import Decimal

from events.money import ZERO


def total_cost(cost_to_date: Decimal, committed: Decimal) -> Decimal:
    """What is spent and what is promised (formula 15)."""
    return cost_to_date + committed


def estimated_final_cost(
    total: Decimal,
    approved: Decimal,
    basis: str | None = None,
    value: Decimal | None = None,
    measured_against: Decimal | None = None,
) -> Decimal:
    """The estimated final cost, total cost + estimate to complete (formula 16, first convention;
    Saturation and Periscope list actual + committed + remaining).

    `basis` says which figure the accountant entered as `value`: etc, efc or variance (formula 17,
    PSL); a variance is `measured_against` the budget that was approved when it was entered. Without
    an estimate, what is left of the approved budget is still to come; an estimate below what is
    spent or promised is raised to it (formula 18).
    """
    entered = ZERO if value is None else value
    match basis:
        case "etc":
            return total + entered
        case "efc":
            return max(entered, total)
        case "variance":
            budget = approved if measured_against is None else measured_against
            return max(budget - entered, total)
        case _:
            return max(approved, total)


def estimate_to_complete(efc: Decimal, total: Decimal) -> Decimal:
    """What is still to come beyond the total cost; never below 0 (formulas 17 and 18)."""
    return efc - total


def variance(approved: Decimal, efc: Decimal) -> Decimal:
    """Approved - EFC: positive = under, negative = over (formula 19, trantor.is)."""
    return approved - efc
