"""Each check of the audit can fail: given a book, a log and rows that differ, it says where."""

import struct
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults.book import Audit, hold_book, money_apart, samples_apart
from tests.faults.client import Sample, Sent
from tests.faults.segments import cut_off
from tests.faults.watch import Watch

pytestmark = pytest.mark.unit

FILM = "5f0f2c4e-0000-4000-8000-000000000001"
POSTED = {
    "id": "e-1",
    "type": "budget.CostPosted",
    "stream": "costs-1",
    "version": 1,
    "position": 3,
    "data": {"account": "2301", "amount": "100.00", "relieved": "0.00", "commitment": None},
}


def book(*events: dict[str, Any], **more: Any) -> Any:
    sent = Sent("key", f"/v1/productions/{FILM}/budget/post-cost", "accountant", {}, status=201)
    return SimpleNamespace(book=[replace(sent, answer={"events": list(events)}, **more)])


def truth(*events: dict[str, Any], cost: str = "100.00") -> Any:
    zero = Decimal(0)
    row = (None, zero, zero, zero, zero, Decimal(cost), None, None)
    more = {"production": FILM, "actor": "somebody", "partition": 0}
    return SimpleNamespace(
        logs={"budget": [event | more for event in events]},
        accounts=lambda: {(FILM, "2301"): row},
    )


def held(client: Any, log: Any) -> Audit:
    audit = Audit()
    hold_book(audit, client, log)
    return audit


def test_a_book_that_agrees_has_no_problem() -> None:
    assert held(book(POSTED), truth(POSTED)).problems == []
    assert money_apart(book(POSTED), truth(POSTED)) == []


def test_what_was_acknowledged_and_is_gone_is_lost() -> None:
    audit = held(book(POSTED), truth())
    assert len(audit.lost) == 1 and audit.problems[0].startswith("I1: acknowledged, and not")


def test_what_nobody_was_told_of_is_doubled() -> None:
    audit = held(book(POSTED), truth(POSTED, POSTED | {"id": "e-2", "position": 4}))
    assert audit.doubled == 1 and audit.problems[0].startswith("I1: recorded, and not")


def test_what_was_recorded_otherwise_than_said_is_told() -> None:
    audit = held(book(POSTED), truth(POSTED | {"position": 9}))
    assert audit.problems[0].startswith("I1: acknowledged as")


def test_money_that_the_rows_do_not_have_is_told() -> None:
    (problem,) = money_apart(book(POSTED), truth(POSTED, cost="99.99"))
    assert problem.startswith("I5: cost to date") and "99.99 in the read model" in problem


def sample(cost: str) -> Sample:
    figures = dict.fromkeys(("working", "original", "approved", "committed"), "0.00")
    return Sample(FILM, 3, {}, [{"key": "2301", "cost_to_date": cost, **figures}])


def test_a_figure_that_is_not_the_fold_is_told() -> None:
    assert samples_apart([sample("100.00")], truth(POSTED)) == []
    (problem,) = samples_apart([sample("0.00")], truth(POSTED))
    assert problem.startswith("I7:")


def test_rows_that_are_not_the_fold_of_their_places_are_told() -> None:
    (row,) = truth().accounts().values()
    watch = Watch(SimpleNamespace(), book(POSTED))  # type: ignore[arg-type]
    watch.snapshots = [([3], {(FILM, "2301"): row}), ([2], {})]
    assert watch.problems(truth(POSTED)) == []
    watch.snapshots = [([2], {(FILM, "2301"): row})]
    (problem,) = watch.problems(truth(POSTED))
    assert problem.startswith("I3: at places [2]")


def test_the_end_of_a_segment_is_cut_off_batch_by_batch(tmp_path: Path) -> None:
    def batch(records: int) -> bytes:
        body = struct.pack(">ibIhi", 0, 2, 0, 0, records - 1) + bytes(40)
        return struct.pack(">qi", 0, len(body)) + body

    segment = tmp_path / "reel.budget-0" / "0.log"
    segment.parent.mkdir()
    segment.write_bytes(batch(5) + batch(2) + batch(1))
    assert cut_off(tmp_path, ["reel.budget"], batches=2) == 3
    assert segment.read_bytes() == batch(5)
