"""The budget status as plain values, told by the view and by somebody who never saw it."""

from collections.abc import Sequence
from dataclasses import asdict

from events.envelope import Recorded
from projections.budget_status.view import VIEW
from runtime.view import Rows, key_of
from tests.journey.naive import tables_of
from tests.journey.naive.telling import Tables, entry_of


def naive(facts: Sequence[Recorded]) -> Tables:
    """The second opinion, which knows nothing but names and JSON."""
    return tables_of("budget_status", map(entry_of, facts))


def plain(rows: Rows) -> Tables:
    """Rows as the second opinion writes them."""
    found = {
        table.TABLE: {key_of(row): asdict(row) for row in rows.all(table)} for table in VIEW.tables
    }
    return {table: told for table, told in found.items() if told}
