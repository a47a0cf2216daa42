"""A cost report's rows, made of accounts: by account, by category or by level."""

from typing import Any

from events.money import shown
from projections.budget_status.answers import By
from projections.budget_status.figures import (
    UNASSIGNED,
    Figures,
    added_up,
    category_of,
    figures,
)
from projections.budget_status.rows import (
    Account,
    Budget,
    Category,
    Line,
    Overage,
    OverageAccount,
)
from runtime.view import Rows

REPORT = (Budget, Category, Account)
"""The rows that a cost report is made of; lines have a query of their own."""

STATUS = (*REPORT, Overage, OverageAccount)
"""The rows of one production's status: its report and its overages."""

LEVELS = ("atl", "production", "post", "other", UNASSIGNED)


def standing(rows: Rows) -> dict[str, Any]:
    """Which version of the budget stands, and how."""
    budget = rows.get(Budget)
    if budget is None:
        return {"phase": "none", "version": 0, "locked_version": None}
    return {
        "phase": budget.phase,
        "version": budget.version,
        "locked_version": budget.locked_version,
    }


def total(rows: Rows) -> Figures:
    """All accounts in one."""
    return sum((figures(account) for account in rows.all(Account)), Figures())


def overages(rows: Rows) -> list[dict[str, Any]]:
    """Every overage in the order of its forecast, with where the money is needed."""
    parts: dict[str, list[dict[str, str]]] = {}
    for one in sorted(rows.all(OverageAccount), key=lambda row: row.account):
        part = {"account": one.account, "amount": shown(one.total)}
        parts.setdefault(one.overage, []).append(part)
    return [
        {
            "overage": one.overage,
            "number": one.number,
            "cause": one.cause,
            "state": one.state,
            "amount": shown(one.amount),
            "approved_budget": None if one.approved is None else shown(one.approved),
            "efc": None if one.efc is None else shown(one.efc),
            "reason": one.reason,
            "accounts": parts.get(one.overage, []),
            "request": one.request,
            "refused_by": one.refused_by,
            "refusal": one.refusal,
        }
        for one in sorted(rows.all(Overage), key=lambda row: (row.number or 0, row.overage))
    ]


def planned(line: Line) -> dict[str, str]:
    """One line of the plan, numbers as they were written."""
    return {
        "line": line.line,
        "category": line.category,
        "account": line.account,
        "description": line.description,
        "amount": f"{line.amount:f}",
        "unit": line.unit,
        "x": f"{line.x:f}",
        "rate": f"{line.rate:f}",
        "subtotal": f"{line.subtotal:f}",
    }


def table(rows: Rows, by: By) -> list[dict[str, Any]]:
    """Every row of the report, in the order of the chart of accounts."""
    chart = {row.category: row for row in rows.all(Category)}
    accounts = sorted(rows.all(Account), key=lambda row: row.account)
    category = {row.account: category_of(row, chart) for row in accounts}

    def level(code: str) -> str:
        return chart[code].level if code in chart else UNASSIGNED

    def name(code: str) -> str | None:
        return chart[code].name if code in chart else None

    if by is By.ACCOUNT:
        return [
            {
                "key": row.account,
                "name": name(category[row.account]),
                "category": category[row.account],
                "level": level(category[row.account]),
                **figures(row).shown(),
            }
            for row in accounts
        ]
    by_category = added_up((category[row.account], figures(row)) for row in accounts)
    if by is By.CATEGORY:
        return [
            {
                "key": code,
                "name": name(code),
                "category": code,
                "level": level(code),
                **sums.shown(),
            }
            for code, sums in sorted(by_category.items())
        ]
    by_level = added_up((level(code), sums) for code, sums in by_category.items())
    return [
        {"key": one, "name": None, "category": None, "level": one, **by_level[one].shown()}
        for one in LEVELS
        if one in by_level
    ]


def place(by: By, row: dict[str, Any]) -> tuple[int, str]:
    """Where a row stands in the order of its table."""
    return place_of(by, row["key"])


def place_of(by: By, key: str) -> tuple[int, str]:
    """Where a key stands in the order of its table."""
    if by is By.LEVEL:
        return (LEVELS.index(key) if key in LEVELS else len(LEVELS), key)
    return (0, key)
