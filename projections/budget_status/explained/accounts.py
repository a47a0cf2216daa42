"""The nine figures of an account, down to its lines and its row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields

from events.money import shown
from projections.budget_status.figures import Figures, category_of, figures
from projections.budget_status.report import planned
from projections.budget_status.rows import (
    Account,
    Category,
    Line,
)
from runtime.explaining.figures import Asker, Cells, Figure

LABELS = {
    "working": "Working budget",
    "original": "Original budget",
    "approved": "Approved budget",
    "committed": "Commitments",
    "cost_to_date": "Cost to date",
    "total_cost": "Total cost",
    "etc": "ETC",
    "efc": "EFC",
    "variance": "Variance",
}
NAMES = tuple(one.name for one in fields(Figures))

Made = dict[str, Figure]
"""The nine figures of one row, by their names."""

_ESTIMATE = ("estimate_basis", "estimate", "estimate_overage")


def of_account(
    row: Account, lines: Iterable[Figure], chart: Mapping[str, Category], asker: Asker
) -> Made:
    """The figures of one account, and what its lines come to; `chart` are the headings by
    category."""
    told = figures(row)
    heading = chart.get(category_of(row, chart))
    of = f"{row.account} {heading.name}" if heading else row.account

    def figure(
        name: str,
        formula: str | None = None,
        terms: Iterable[Figure] = (),
        columns: tuple[str, ...] = (),
    ) -> Figure:
        return Figure(
            name=f"account/{row.account}/{name}",
            label=f"{LABELS[name]} of {of}",
            value=shown(getattr(told, name)),
            unit=asker.currency,
            formula=formula,
            terms=tuple(terms),
            cells=(Cells(Account, (row.account,), columns),) if columns else (),
        )

    working = figure("working", "the sum of its lines", lines, ("working",))
    original = figure("original", "its lines in the first locked budget", columns=("original",))
    approved = figure(
        "approved",
        "its lines in the last locked budget + overages approved since",
        columns=("approved", "overage"),
    )
    committed = figure("committed", "what is open on its commitments", columns=("committed",))
    cost_to_date = figure("cost_to_date", "postings - reversals", columns=("cost_to_date",))
    total_cost = figure("total_cost", "cost to date + commitments", (cost_to_date, committed))
    efc, etc = _estimates(row, figure, approved, total_cost)
    return {
        one.name.rpartition("/")[2]: one
        for one in (
            working,
            original,
            approved,
            committed,
            cost_to_date,
            total_cost,
            etc,
            efc,
            figure("variance", "approved budget - EFC; positive = under", (approved, efc)),
        )
    }


def _estimates(
    row: Account, figure: Callable[..., Figure], approved: Figure, total_cost: Figure
) -> tuple[Figure, Figure]:
    """EFC and ETC: which of the two is entered and which follows is as the accountant chose."""
    entered = None if row.estimate is None else shown(row.estimate)
    match row.estimate_basis:
        case "etc":
            etc = figure("etc", f"as estimated: {entered}", columns=_ESTIMATE)
            return figure("efc", "total cost + ETC", (total_cost, etc)), etc
        case "efc":
            rule = f"as estimated: {entered}, and never below the total cost"
            efc = figure("efc", rule, (total_cost,), _ESTIMATE)
        case "variance":
            rule = (
                f"the budget approved when it was estimated - the variance estimated, {entered}, "
                "and never below the total cost"
            )
            efc = figure("efc", rule, (approved, total_cost), _ESTIMATE)
        case _:
            rule = "without an estimate: the approved budget, and never below the total cost"
            efc = figure("efc", rule, (approved, total_cost))
    return efc, figure("etc", "EFC - total cost", (efc, total_cost))


def of_line(line: Line, asker: Asker) -> Figure:
    """What a line of the plan comes to."""
    return Figure(
        name=f"line/{line.line}/subtotal",
        label=f"{line.line} {line.description}",
        value=planned(line)["subtotal"],
        unit=asker.currency,
        formula=f"{line.amount:f} {line.unit} x {line.x:f} x {line.rate:f}, rounded half up",
        cells=(Cells(Line, (line.line,), ("amount", "unit", "x", "rate", "subtotal", "removed")),),
    )
