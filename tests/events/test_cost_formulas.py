"""The formulas of a cost report, against figures that were worked out by hand."""

from decimal import Decimal

import pytest

from events.cost_formulas import (
    estimate_to_complete,
    estimated_final_cost,
    total_cost,
    variance,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("basis", "value", "efc"),
    [
        (None, None, 100),
        ("etc", 15, 95),
        ("etc", 0, 80),
        ("etc", None, 80),
        ("efc", 130, 130),
        ("efc", 70, 80),
        ("variance", 10, 90),
        ("variance", -18, 118),
        ("variance", 50, 80),
    ],
)
def test_the_other_figures_follow_from_the_one_that_was_entered(basis, value, efc):
    total = total_cost(Decimal(50), Decimal(30))
    entered = None if value is None else Decimal(value)
    final = estimated_final_cost(total, Decimal(100), basis, entered)
    assert final == efc
    assert estimate_to_complete(final, total) == efc - 80 >= 0
    assert variance(Decimal(100), final) == 100 - efc


def test_without_an_estimate_what_is_spent_over_the_budget_is_the_final_cost():
    assert estimated_final_cost(Decimal(120), Decimal(100)) == 120


def test_a_variance_is_measured_against_the_budget_of_its_day():
    assert (
        estimated_final_cost(Decimal(0), Decimal(150), "variance", Decimal(-50), Decimal(100))
        == 150
    )
