"""What stands beside the report: overages and hot costs."""

from collections.abc import Iterator

from events.money import ZERO, shown
from projections.budget_status.hot_costs import hot_costs
from projections.budget_status.rows import (
    DayCost,
    HotBase,
    HotDay,
    Overage,
    OverageAccount,
)
from runtime.explaining.figures import Asker, Cells, Figure
from runtime.view import Rows


def overages(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """What each overage asks for, and on which accounts."""
    for one in rows.all(Overage):
        parts = [part for part in rows.all(OverageAccount) if part.overage == one.overage]
        yield Figure(
            name=f"overage/{one.overage}/amount",
            label=f"Overage {one.overage}, {one.state}",
            value=shown(one.amount),
            unit=asker.currency,
            formula="what is forecast beyond the approved budget",
            cells=(
                Cells(Overage, (one.overage,), ("amount", "state", "approved", "efc")),
                *(Cells(OverageAccount, (one.overage, part.account), ("total",)) for part in parts),
            ),
        )


def hot_cost_figures(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """What each shoot day may cost and has cost, and the trend; nothing while there is no base."""
    told = hot_costs(rows, asker.currency)
    base = rows.get(HotBase)
    if base is None:
        return
    for day in told["rows"]:
        number = day["day"]
        costs = [one for one in rows.all(DayCost) if one.incurred_on.isoformat() == day["on"]]
        budgeted = Figure(
            name=f"hot-cost/{number}/budgeted",
            label=f"What shoot day {number} may cost",
            value=day["budgeted"],
            unit=asker.currency,
            formula=f"the production level of the locked budget, {shown(base.total)}, in equal "
            "shares over the shoot days",
            cells=(
                Cells(HotBase, (), ("total",)),
                Cells(HotDay, (base.schedule_version, base.budget_version, number), ("budgeted",)),
            ),
        )
        actual = Figure(
            name=f"hot-cost/{number}/actual",
            label=f"What shoot day {number} cost",
            value=day["actual"],
            unit=asker.currency,
            formula="postings - reversals of that day on production-level accounts",
            cells=tuple(
                Cells(DayCost, (one.account, one.incurred_on), ("amount",)) for one in costs
            ),
        )
        variance = Figure(
            name=f"hot-cost/{number}/variance",
            label=f"Variance of shoot day {number}",
            value=day["variance"],
            unit=asker.currency,
            formula="budgeted - actual; positive = under",
            terms=(budgeted, actual),
        )
        yield from (budgeted, actual, variance)
    yield Figure(
        name="hot-cost/trend",
        label="What the shoot days left will be under or over",
        value=told["trend"],
        unit=asker.currency,
        formula=f"mean variance of the days so far x {told['days_left']} days left",
        cells=tuple(
            Cells(DayCost, (one.account, one.incurred_on), ("amount",))
            for one in rows.all(DayCost)
            if one.amount != ZERO
        ),
    )
