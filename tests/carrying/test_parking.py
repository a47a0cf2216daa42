"""A fact that cannot be folded parks its own production, for one consumer; everything else goes on.

What is parked comes back whole, in its order and once, as soon as what it stumbled over is mended.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from events.approval import ApprovalGiven
from events.envelope import Recorded
from events.event import catalogue
from runtime import metrics
from runtime.reading import consumer as consuming
from runtime.reading.consumer import Consumer
from runtime.reading.parking import Parked, ParkedRows
from runtime.reading.place import Places
from runtime.reading.rewind import rewind
from runtime.reading.views import ProjectionSink, Tables
from runtime.view import Row, Rows
from tests.carrying.world import (
    LEDGER,
    POISON,
    Frozen,
    GatedSink,
    PowerCut,
    Trail,
    Where,
    World,
    carried,
    cost,
    production_in,
    running,
    subscribed,
    until,
    write_down,
)

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)
HARBOUR = production_in(3, nth=1)
STORM = production_in(8)


async def poison(world: World, production: str = LIGHTHOUSE, amount: int = 1000) -> Recorded:
    """A fact that the ledger's fold stumbles over."""
    (fact,) = await world.budget.record(production, cost(amount, POISON))
    return fact


async def bring(world: World, ledger: Consumer, partition: int = 3) -> None:
    """Everything that the log holds of a partition, in one batch."""
    facts = [fact for fact in await world.budget.store.page() if fact.partition == partition]
    await ledger.take("budget", partition, carried(facts, await world.incarnation()))


async def parked(world: World) -> list[Parked]:
    return await ParkedRows(LEDGER).all(world.pool)


async def ask(world: World, production: str | None = None) -> None:
    """As `reel parked retry` does."""
    await ParkedRows(LEDGER).ask(world.pool, production)


def mended() -> ProjectionSink:
    raise NotImplementedError


@contextmanager
def mended_fold(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A build whose fold takes every fact."""
    with monkeypatch.context() as patched:
        patched.setattr("tests.carrying.world.POISON", "nothing is poison any more")
        yield


async def before(world: World, fact: Recorded) -> Where:
    """What the ledger would hold had each log ended in front of that fact's production there."""
    rows = await world.pool.fetch(
        """SELECT production::text, count(*)::int, sum((payload->>'amount')::numeric),
               string_agg(position::text, ',' ORDER BY position)
           FROM budget.event WHERE position < $1 OR production <> $2 GROUP BY production""",
        fact.position,
        fact.production,
    )
    return {(row[0], "budget"): (row[1], row[2], row[3]) for row in rows}


async def test_a_bad_fact_in_the_middle_of_a_page_holds_back_its_own_production_alone(
    world: World,
) -> None:
    await world.budget.costs(LIGHTHOUSE, 1, 2)
    await world.budget.costs(HARBOUR, 3)
    bad = await poison(world)
    await world.budget.costs(HARBOUR, 4)
    await world.budget.costs(LIGHTHOUSE, 5)
    await world.budget.costs(HARBOUR, 6)
    ledger = await world.ledger()
    with structlog.testing.capture_logs() as said:
        await bring(world, ledger)
    assert await world.rows() == {
        (LIGHTHOUSE, "budget"): (2, 3, "1,2"),
        (HARBOUR, "budget"): (3, 13, "3,5,7"),
    }
    assert (await world.place(3))["position"] == 7
    (one,) = await parked(world)
    assert (one.production, one.log, one.position) == (LIGHTHOUSE, "budget", bad.position)
    assert (one.type, one.tries, one.asked_seconds) == ("budget.CostPosted", 1, None)
    assert one.reason.startswith("the fold failed: ArithmeticError")
    assert [line["position"] for line in said if line["event"] == "production_parked"] == [4]
    assert metrics.PARKED.labels(LEDGER)._value.get() == 1
    assert not [reason for reason in ledger.unready() if "stopped" in reason]


async def test_what_comes_later_of_a_parked_production_waits_and_all_else_is_told(
    world: World,
) -> None:
    bad = await poison(world)
    ledger = await world.ledger()
    await bring(world, ledger)
    for n in range(3):
        await world.budget.costs(LIGHTHOUSE, n)
        await world.budget.costs(HARBOUR, n)
        await ledger.check_tail("budget", behind_seconds_max=0)
    assert await world.rows() == await before(world, bad)
    assert (await world.place(3))["position"] == 7
    assert [one.position for one in await parked(world)] == [bad.position]


async def test_a_fact_of_another_shape_and_one_that_no_table_takes_park_their_productions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ApprovalGiven(request="00000000-0000-0000-0000-000000000001", by="maya")
    await world.budget.record(LIGHTHOUSE, given, wire=("budget.CostPosted", 1))
    await world.budget.record(HARBOUR, cost(1, "a number in place of a text"))
    await world.budget.record(production_in(3, nth=2), cost(1, "no log at all"))
    await world.budget.costs(production_in(3, nth=3), 5)

    def odd(rows: Rows, recorded: Recorded) -> Iterator[Row]:
        for row in write_down(rows, recorded):
            if isinstance(row, Trail):
                if "number" in recorded.payload:
                    row = Trail(row.log, 2**40, row.total, row.positions)
                if "no log" in recorded.payload:
                    row = Trail(row.log, row.count, row.total, None)  # type: ignore[arg-type]
            yield row

    ledger = await world.ledger(sink=ProjectionSink(await tables_of(world, odd)))
    await bring(world, ledger)
    assert await world.rows() == {(production_in(3, nth=3), "budget"): (1, 5, "4")}
    reasons = {one.production: one.reason for one in await parked(world)}
    assert reasons[LIGHTHOUSE].startswith("UndecodableEvent: budget.CostPosted version 1")
    assert "DataError" in reasons[HARBOUR]
    assert "NotNullViolationError" in reasons[production_in(3, nth=2)]


async def tables_of(world: World, fold: Any) -> Tables:
    from dataclasses import replace

    tables = Tables(LEDGER, replace(world.tables.view, evolve=fold))
    await tables.learn_types(world.pool)
    return tables
