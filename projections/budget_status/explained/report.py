"""Every figure of the report, of its lines, its overages and its hot costs."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from projections.budget_status.explained.accounts import of_account, of_line
from projections.budget_status.explained.hot_costs import hot_cost_figures
from projections.budget_status.explained.overages import overage_figures
from projections.budget_status.explained.sums import sums
from projections.budget_status.figures import Figures, added_up, category_of, figures
from projections.budget_status.report import LEVELS
from projections.budget_status.rows import (
    Account,
    Category,
    Line,
)
from runtime.explaining.figures import Asker, Figure
from runtime.view import Rows


def explained(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """Every figure of the report, of its lines, its overages and its hot costs."""
    chart = {row.category: row for row in rows.all(Category)}
    accounts = sorted(rows.all(Account), key=lambda row: row.account)
    lines: dict[str, list[Figure]] = defaultdict(list)
    for line in rows.all(Line):
        if not line.removed:
            lines[line.account].append(of_line(line, asker))
    of_accounts = {
        row.account: of_account(row, lines[row.account], chart, asker) for row in accounts
    }
    heading = {row.account: category_of(row, chart) for row in accounts}
    level = {code: chart[code].level if code in chart else LEVELS[-1] for code in heading.values()}

    by_category = sums(
        "category",
        added_up((heading[row.account], figures(row)) for row in accounts),
        lambda code: chart[code].name if code in chart else code,
        lambda code: [of_accounts[one] for one, of in heading.items() if of == code],
        asker,
    )
    by_level = sums(
        "level",
        added_up((level[heading[row.account]], figures(row)) for row in accounts),
        lambda code: code,
        lambda code: [by_category[one] for one, of in level.items() if of == code],
        asker,
    )
    total = sums(
        "total",
        {"": sum((figures(row) for row in accounts), Figures())},
        lambda _: "the whole budget",
        lambda _: list(by_category.values()),
        asker,
    )
    for group in (total, by_level, by_category, of_accounts):
        for made in group.values():
            yield from made.values()
    yield from chain.from_iterable(lines.values())
    yield from overage_figures(rows, asker)
    yield from hot_cost_figures(rows, asker)
