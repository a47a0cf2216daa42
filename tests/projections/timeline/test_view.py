"""The fold: equal rows for every interleaving of the logs, and something of any part of them."""

import random
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from events.event import Event
from projections.timeline.items import items_of
from projections.timeline.network import network
from projections.timeline.rows.deals import Engagement, Window
from projections.timeline.summary import behind_of, conflicts_of, overages_of, summary_of
from projections.timeline.view import VIEW
from runtime.view import Rows
from tests.projections.histories import amended, executed, terms
from tests.projections.telling import by_log, interleaved, told
from tests.projections.timeline import lighthouse as film

pytestmark = pytest.mark.unit

EVENTS = st.lists(st.sampled_from([*film.STORY, *film.OTHERS]), max_size=60)
QUICK = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])


def answered(rows: Rows) -> object:
    """Everything that the timeline answers from those rows."""
    linked = network(rows)
    items = items_of(rows, linked)
    return (
        items,
        summary_of(rows, linked, items),
        behind_of(rows),
        conflicts_of(rows),
        overages_of(rows),
    )


@given(EVENTS, st.randoms(use_true_random=False))
@example([*film.STORY, *film.OTHERS, *film.STORY], random.Random(1))
@QUICK
def test_rows_are_equal_for_every_interleaving_of_the_logs(
    events: list[Event], chance: random.Random
) -> None:
    logs = by_log(told(*events))
    one_after_the_other = VIEW.fold([fact for facts in logs.values() for fact in facts])
    for _ in range(3):
        rows = VIEW.fold(interleaved(logs, chance))
        assert rows == one_after_the_other
        assert answered(rows) == answered(one_after_the_other)


@given(EVENTS, st.randoms(use_true_random=False))
@example([*film.STORY, *film.OTHERS, *film.STORY], random.Random(1))
@QUICK
def test_a_part_of_the_facts_in_any_order_is_folded_and_answered(
    events: list[Event], chance: random.Random
) -> None:
    """The effective axis skips facts: what is left out may be the very first one."""
    facts = told(*events)
    chance.shuffle(facts)
    for keep in (0.9, 0.5, 0.1):
        answered(VIEW.fold([fact for fact in facts if chance.random() < keep]))
    for fact in facts:
        answered(VIEW.fold([fact]))


@given(EVENTS)
@QUICK
def test_a_log_writes_rows_of_its_own(events: list[Event]) -> None:
    """What one log writes does not change with what the others say."""
    facts = told(*events)
    together = VIEW.fold(facts)
    for own in by_log(facts).values():
        alone = VIEW.fold(own)
        for table in VIEW.tables:
            if list(alone.all(table)):
                assert list(alone.all(table)) == list(together.all(table))


def test_every_column_is_a_field_of_its_row() -> None:
    from projections.timeline.api import projection

    for table in VIEW.tables:
        _, _, rest = projection.tables_sql.partition(f"CREATE TABLE {table.TABLE} (\n")
        lines = rest.partition("\n);")[0].splitlines()
        columns = [line.split()[0] for line in lines if not line.strip().startswith("PRIMARY")]
        assert columns == ["production", *(field.name for field in fields(table))]


def test_a_span_moves_with_either_of_its_ends() -> None:
    engagement = {"role": "Silas", "starts_on": "2026-09-14", "ends_on": "2026-10-09"}
    window = {"territory": "Japan", "medium": "theatrical", "opens_on": "2027-10-01"}
    signed = executed(engagement=engagement, windows=[window])
    after = terms(
        engagement=engagement | {"starts_on": "2026-09-21"},
        windows=[window | {"closes_on": "2028-03-31"}],
    )
    facts = told(signed, amended(2, after))
    rows = VIEW.fold(facts)
    (engaged,), (opened,) = rows.all(Engagement), rows.all(Window)
    assert engaged.cause == opened.cause == facts[-1].id
    assert engaged.baseline_starts_on == date(2026, 9, 14)
    assert (opened.closes_on, opened.baseline_closes_on) == (date(2028, 3, 31), None)
