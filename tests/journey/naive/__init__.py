"""Every projection's rows as plain dicts, folded from trails: a second opinion on the views.

Written from what the facts mean and from what the tables call their columns. Shares no code with
Reel and knows nothing of the facts but what their JSON shows.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.journey.naive import (
    budget_status,
    contracts,
    day_out_of_days,
    inbox,
    obligations,
    timeline,
)
from tests.journey.naive.telling import Entry, Fact, Tables

FOLDS: Mapping[str, Callable[[Tables, Fact], None]] = {
    "budget_status": budget_status.hear,
    "contracts": contracts.hear,
    "day_out_of_days": day_out_of_days.hear,
    "inbox": inbox.hear,
    "obligations": obligations.hear,
    "timeline": timeline.hear,
}

AS_JSON = {
    "board.days",
    "board.calendar",
    "breakdown.elements",
    "choice.calendar",
    "milestone.links",
    "request.rule",
    "schedule.calendar",
    "shoot_day.breakdowns",
    "task.links",
    "version.terms",
}
"""Columns that hold JSON as text: what it says counts, not how it is written."""

AS_LINES = {
    "deal.conditions",
    "deal.met",
    "delegation.kinds",
    "request.agreed",
    "request.consulted",
}
"""Columns that hold a list of ids, a line each."""


def tables_of(projection: str, entries: Iterable[Entry]) -> Tables:
    """The rows by table and key, after those entries of trails in their order."""
    tables: Tables = {}
    for entry in entries:
        FOLDS[projection](tables, Fact(entry))
    return tables


def plain(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the database as these folds have it."""
    return {column: _plain(f"{table}.{column}", value) for column, value in row.items()}


def _plain(column: str, value: Any) -> Any:
    if value is not None and column in AS_JSON:
        return json.loads(value)
    if value is not None and column in AS_LINES:
        return value.splitlines()
    return value
