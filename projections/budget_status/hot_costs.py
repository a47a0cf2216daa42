"""Daily hot costs: what each shoot day of the base may cost, beside what was incurred on it.

Formula 23 of the trade's guide, as far as postings tell it: no time cards are kept, so a day's
actual cost is what was posted with that day as the day of the cost, on production-level accounts.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from events.budget import Level
from events.money import ZERO, rounded, shown
from projections.budget_status.figures import category_of
from projections.budget_status.rows import Account, Category, DayCost, HotBase, HotDay
from runtime.view import Rows

HOT_COSTS = (Category, Account, HotBase, HotDay, DayCost)
"""The rows that hot costs are made of."""

CONVENTIONS = {
    "base": "the locked budget's production level in equal shares over the shoot days of the "
    "locked schedule, on the dates of that schedule",
    "actual": "postings less reversals by the day of the cost, on production-level accounts; it "
    "is as complete as the postings are",
    "variance": "budgeted - actual; positive = under, negative = over",
    "trend": "mean variance of the days through the last one with a cost x the days left",
}


def hot_costs(rows: Rows, currency: str) -> dict[str, Any]:
    """The base day by day, the trend of the days left, and what was incurred on other days."""
    base = rows.get(HotBase)
    actual = _actual(rows)
    days = sorted(_days_of(rows, base), key=lambda row: row.day)
    dates = {one.shot_on for one in days}
    through = max((one for one in actual if one in dates), default=None)
    counted = [one for one in days if through is not None and one.shot_on <= through]
    variance = sum((one.budgeted - actual.get(one.shot_on, ZERO) for one in counted), ZERO)
    left = len(days) - len(counted)
    return {
        "base": None
        if base is None
        else {
            "schedule_version": base.schedule_version,
            "budget_version": base.budget_version,
            "total": shown(base.total),
            "days": len(days),
        },
        "rows": [_row(one, actual, one in counted) for one in days],
        "to_date": {
            "through": None if through is None else through.isoformat(),
            "days": len(counted),
            "budgeted": shown(sum((one.budgeted for one in counted), ZERO)),
            "actual": shown(sum((actual.get(one.shot_on, ZERO) for one in counted), ZERO)),
            "variance": shown(variance),
        },
        "days_left": left,
        "trend": shown(rounded(variance * left / len(counted), currency)) if counted else None,
        "on_other_days": shown(
            sum((amount for day, amount in actual.items() if day not in dates), ZERO)
        ),
    }


def _days_of(rows: Rows, base: HotBase | None) -> list[HotDay]:
    if base is None:
        return []
    versions = (base.schedule_version, base.budget_version)
    return [
        one for one in rows.all(HotDay) if (one.schedule_version, one.budget_version) == versions
    ]


def on_production(rows: Rows) -> Iterator[DayCost]:
    """What was incurred on production-level accounts."""
    chart = {row.category: row for row in rows.all(Category)}
    accounts = {
        row.account
        for row in rows.all(Account)
        if (category := chart.get(category_of(row, chart))) and category.level == Level.PRODUCTION
    }
    return (cost for cost in rows.all(DayCost) if cost.account in accounts)


def _actual(rows: Rows) -> Mapping[date, Decimal]:
    """What production-level accounts cost, day by day."""
    by_day: dict[date, Decimal] = {}
    for cost in on_production(rows):
        if cost.amount:
            by_day[cost.incurred_on] = by_day.get(cost.incurred_on, ZERO) + cost.amount
    return by_day


def _row(day: HotDay, actual: Mapping[date, Decimal], is_counted: bool) -> dict[str, Any]:
    """A day that is still to come has neither cost nor variance."""
    cost = actual.get(day.shot_on, ZERO)
    return {
        "day": day.day,
        "on": day.shot_on.isoformat(),
        "eighths": day.eighths,
        "budgeted": shown(day.budgeted),
        "actual": shown(cost) if is_counted else None,
        "variance": shown(day.budgeted - cost) if is_counted else None,
    }
