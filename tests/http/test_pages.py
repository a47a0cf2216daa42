"""Pages by keyset: whatever their size, one after the other they are the whole."""

import csv
from decimal import Decimal
from typing import Any

import pytest

from events.envelope import verified
from runtime.cli.chains import recorded
from tests.http.film import (
    BUDGET_CSV,
    CAST,
    LEADER,
    LIGHTHOUSE_LINE,
    PURCHASE_ORDER,
    Film,
    good,
)
from tests.http.instance import Instance

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def budgeted(instance: Instance) -> Film:
    """The film with its budget imported and 230 small commitments."""
    film = instance.film()
    good(film.upload("line-producer", "budget", BUDGET_CSV))
    entries = [
        PURCHASE_ORDER | {"entry": "commit", "commitment": f"PO-{number}"} for number in range(230)
    ]
    token = good(film.give("line-producer", "budget/record-costs", {"entries": entries})).json()[
        "token"
    ]
    film.status(after=token)
    return film


def walk(film: Film, path: str, items: str, cursor: str, limit: int, **query: Any) -> list[Any]:
    """Page by page; none but the last is short, and none is empty."""
    found: list[Any] = []
    after = None
    while True:
        page = film.ask(LEADER, path, **{cursor: after}, limit=limit, **query)
        assert len(page[items]) == limit or page["next"] is None
        assert page[items] or not found
        found += page[items]
        after = page["next"]
        if after is None:
            return found


@pytest.mark.parametrize(("log", "limit"), [("approval", 1), ("budget", 29), ("budget", 117)])
def test_a_trail_in_pages_of_any_size_is_the_whole_trail(
    budgeted: Film, log: str, limit: int
) -> None:
    whole = budgeted.trail(log)
    assert walk(budgeted, f"{log}/trail", "events", "after", limit) == whole
    positions = [entry["position"] for entry in whole]
    assert positions == sorted(set(positions))
    # 230 commitments; the draft with its headings; one page of lines.
    assert log == "approval" or len(whole) == 230 + 1 + 1


def test_a_trail_holds_all_that_its_chain_is_checked_with(budgeted: Film) -> None:
    for log in ("approval", "budget"):
        chain = [recorded(entry) for entry in budgeted.trail(log)]
        assert verified(chain) == chain[-1].hash
        assert {one.production for one in chain} == {budgeted.production}


@pytest.mark.parametrize(
    ("by", "limit"), [("account", 13), ("account", 199), ("category", 7), ("level", 1)]
)
def test_a_status_in_pages_of_any_size_is_the_whole_table(
    budgeted: Film, by: str, limit: int
) -> None:
    rows = list(csv.DictReader(BUDGET_CSV.decode().splitlines()))
    whole = budgeted.status(by)["rows"]
    assert {row["key"] for row in whole} == {row[by] for row in rows}
    assert len(whole) == len({row[by] for row in rows})
    assert walk(budgeted, "budget-status", "rows", "cursor", limit, by=by) == whole


def test_the_plan_in_pages_is_the_file_line_by_line(budgeted: Film) -> None:
    walked = walk(budgeted, "budget-lines", "rows", "cursor", 100)
    expected = {row["line"]: row for row in csv.DictReader(BUDGET_CSV.decode().splitlines())}
    assert [row["line"] for row in walked] == sorted(expected)
    for row in walked:
        line = expected[row["line"]]
        for name in ("category", "account", "description", "unit"):
            assert row[name] == line[name]
        for name in ("amount", "x", "rate", "subtotal"):
            assert Decimal(row[name]) == Decimal(line[name] or 1)


def test_a_line_that_was_taken_out_is_no_more_in_the_plan(instance: Instance) -> None:
    film = instance.film(team=False)
    film.give(LEADER, "budget/draft-budget", {"categories": [CAST]})
    good(film.give(LEADER, "budget/add-line", {"line": LIGHTHOUSE_LINE}))
    out = {"line": LIGHTHOUSE_LINE["line"], "reason": "The keeper is written out"}
    token = good(film.give(LEADER, "budget/remove-line", out)).json()["token"]
    plan = film.ask(LEADER, "budget-lines", after=token)
    assert (plan["rows"], plan["next"]) == ([], None)
    status = film.ask(LEADER, "budget-status", by="account")
    assert [row["working"] for row in status["rows"]] == ["0.00"]


def test_every_page_tells_the_total_of_the_whole(budgeted: Film) -> None:
    whole = budgeted.ask(LEADER, "budget-status", by="account")
    first = budgeted.ask(LEADER, "budget-status", by="account", limit=1)
    assert first["total"] == whole["total"]


def test_a_cursor_behind_the_end_gives_an_empty_page(budgeted: Film) -> None:
    page = budgeted.ask(LEADER, "budget-lines", cursor="zzzz")
    assert (page["rows"], page["next"]) == ([], None)
    for by in ("account", "category", "level"):
        page = budgeted.ask(LEADER, "budget-status", by=by, cursor="zzzz")
        assert (page["rows"], page["next"]) == ([], None)
    page = budgeted.ask(LEADER, "budget/trail", after=2**63 - 1)
    assert (page["events"], page["next"]) == ([], None)
