"""Hot costs: the base day by day, what was incurred on each day, and the trend."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from projections.budget_status.hot_costs import hot_costs, on_production
from projections.budget_status.rows import HotBase, HotDay
from runtime.explaining.figures import Asker, Cells, Figure, cells, text
from runtime.view import Rows

ACTUAL = "postings - reversals of that day on production-level accounts"
VARIANCE = "budgeted - actual; positive = under"


def hot_cost_figures(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """What each shoot day may cost and has cost, the sums to date and the trend; without a base,
    only what was incurred."""
    told = hot_costs(rows, asker.currency)
    incurred: dict[str, list[Cells]] = defaultdict(list)
    for cost in on_production(rows):
        incurred[cost.incurred_on.isoformat()].append(cells(cost, "amount"))
    base = rows.get(HotBase)
    days: list[list[Figure]] = []
    if base is not None:
        of_base = (Cells(HotBase, (), ("total",)),)
        label, value = "The production level that was locked", told["base"]["total"]
        total = Figure("hot-cost/base", label, value, asker.currency, cells=of_base)
        yield total
        for day in told["rows"]:
            key = (base.schedule_version, base.budget_version, day["day"])
            of_day = (Cells(HotDay, key, ("budgeted", "shot_on")),)
            through = told["to_date"]["through"]
            of_cost = (*incurred.get(day["on"], ()), *incurred.get(through, ()))
            figures = _day(day, total, of_day, dict.fromkeys(of_cost), asker)
            yield from figures
            if day["actual"] is not None:
                days.append(figures)
    yield from _to_date(told, days, incurred.get(told["to_date"]["through"], ()), asker)
    dates = {day["on"] for day in told["rows"]}
    elsewhere = [one for on, of in incurred.items() if on not in dates for one in of]
    yield Figure(
        "hot-cost/on_other_days",
        "Production-level costs of no shoot day",
        told["on_other_days"],
        asker.currency,
        "postings - reversals of all other days on production-level accounts",
        cells=tuple(elsewhere),
    )


def _day(
    day: dict[str, Any],
    base: Figure,
    of_day: tuple[Cells, ...],
    incurred: Iterable[Cells],
    asker: Asker,
) -> list[Figure]:
    """What a shoot day may cost, what it cost, and the variance."""
    place, what = f"hot-cost/{day['day']}", f"shoot day {day['day']}"
    budgeted = Figure(
        f"{place}/budgeted",
        f"What {what} may cost",
        day["budgeted"],
        asker.currency,
        "the base in equal shares over the shoot days",
        (base,),
        of_day,
    )
    actual = Figure(
        f"{place}/actual",
        f"What {what} cost",
        day["actual"],
        asker.currency,
        ACTUAL,
        cells=tuple(incurred),
    )
    variance = Figure(
        f"{place}/variance",
        f"Variance of {what}",
        day["variance"],
        asker.currency,
        VARIANCE,
        (budgeted, actual),
    )
    return [budgeted, actual, variance]


def _to_date(
    told: dict[str, Any],
    days: Sequence[Sequence[Figure]],
    through: Iterable[Cells],
    asker: Asker,
) -> Iterator[Figure]:
    """The days through the last one with a cost, and what the days left will be over or under."""
    sums = [
        Figure(
            f"hot-cost/to_date/{name}",
            f"Shoot days so far: {name}",
            told["to_date"][name],
            asker.currency,
            f"the sum of {len(days)} days",
            tuple(day[nth] for day in days),
            tuple(through),
        )
        for nth, name in enumerate(("budgeted", "actual", "variance"))
    ]
    yield from sums
    left = Figure(
        "hot-cost/days_left",
        "Shoot days left",
        text(told["days_left"]),
        "days",
        "those of the base behind the last one with a cost",
        cells=(Cells(HotBase, (), ("schedule_version", "budget_version")), *through),
    )
    yield left
    yield Figure(
        "hot-cost/trend",
        "What the shoot days left will be under or over",
        told["trend"],
        asker.currency,
        f"mean variance of the {len(days)} days so far x {told['days_left']} days left",
        (sums[-1], left),
    )
