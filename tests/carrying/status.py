"""The budget status as plain values, told by the view and by somebody who never saw it."""

from collections.abc import Sequence
from dataclasses import asdict

from events.envelope import Recorded
from projections.budget_status.view import VIEW
from runtime.view import Rows, key_of
from tests.journey.naive import tables_of
from tests.journey.naive.telling import Tables

OF_A_TRAIL = ("log", "id", "version", "type", "payload", "recorded_at_us", "effective_at_us")


def naive(facts: Sequence[Recorded]) -> Tables:
    """The second opinion, which knows nothing but names and JSON."""
    trail = ({name: getattr(fact, name) for name in OF_A_TRAIL} for fact in facts)
    return tables_of("budget_status", trail)


def plain(rows: Rows) -> Tables:
    """Rows as the second opinion writes them."""
    found = {
        table.TABLE: {key_of(row): asdict(row) for row in rows.all(table)} for table in VIEW.tables
    }
    return {table: told for table, told in found.items() if told}
