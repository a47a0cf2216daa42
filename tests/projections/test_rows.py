"""Rows of every read model are changed as `dataclasses.replace` changes them."""

import pickle
from dataclasses import fields, replace
from typing import Any

import pytest

from runtime.changing import changed
from runtime.rooms import projections
from runtime.view import View

pytestmark = pytest.mark.unit

TABLES = [table for one in projections().values() for table in one.view.tables]
VIEWS = [pytest.param(one.view, id=name) for name, one in projections().items()]
every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__qualname__)


def row_of(table: type[Any], mark: str) -> Any:
    return table(**{one.name: f"{mark} {one.name}" for one in fields(table)})


@every_table
def test_a_changed_row_is_another_one_that_differs_in_what_was_said(table: type[Any]) -> None:
    row, other = row_of(table, "before"), row_of(table, "after")
    for one in fields(table):
        column = {one.name: getattr(other, one.name)}
        assert changed(row, **column) == replace(row, **column)
    assert row == row_of(table, "before")


@every_table
def test_a_column_that_the_row_has_not_is_refused(table: type[Any]) -> None:
    with pytest.raises(TypeError, match=f"a {table.__name__} has no colour, weight"):
        changed(row_of(table, "before"), weight=1, colour="red")


@every_table
def test_a_row_is_a_dictionary_of_its_columns_in_their_order(table: type[Any]) -> None:
    """Which is what is copied where a row is changed, and where it is written for the first time."""
    row = row_of(table, "before")
    last = fields(table)[-1].name
    for one in (row, changed(row, **{last: "after"})):
        assert list(vars(one)) == [column.name for column in fields(table)]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_goes_to_another_process_as_it_is(view: View) -> None:
    """A rebuild's other processes get it alone: nothing of the room's HTTP has to be imported."""
    assert pickle.loads(pickle.dumps(view)) == view
