"""A fact that cannot be folded parks its own production, for one consumer; everything else goes on.

What is parked comes back whole, in its order and once, as soon as what it stumbled over is mended.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from events.approval import ApprovalGiven
from events.envelope import Recorded
from events.event import catalogue
from runtime import metrics
from runtime.reading import consumer as consuming
from runtime.reading import retrying
from runtime.reading.consumer import Consumer
from runtime.reading.parking import Parked, ParkedRows
from runtime.reading.place import Place
from runtime.reading.rewind import rewind
from runtime.reading.tables import Tables
from runtime.reading.views import ProjectionSink
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

pytestmark = [pytest.mark.integration, pytest.mark.long]

LIGHTHOUSE = production_in(3)
HARBOUR = production_in(3, nth=1)
ROOT = Path(__file__).parents[2]


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
    await world.budget.record(HARBOUR, cost(1, "a number that no column holds"))
    await world.budget.record(production_in(3, nth=2), cost(1, "nothing where something must be"))
    await world.budget.costs(production_in(3, nth=3), 5)

    def odd(rows: Rows, recorded: Recorded) -> Iterator[Row]:
        for row in write_down(rows, recorded):
            if isinstance(row, Trail) and "number" in recorded.payload:
                yield replace(row, count=2**40)
            elif isinstance(row, Trail) and "nothing" in recorded.payload:
                yield replace(row, positions=None)  # type: ignore[arg-type]
            else:
                yield row

    ledger = await world.ledger(sink=ProjectionSink(await tables_of(world, odd)))
    await bring(world, ledger)
    assert await world.rows() == {(production_in(3, nth=3), "budget"): (1, 5, "4")}
    reasons = {one.production: one.reason for one in await parked(world)}
    assert reasons[LIGHTHOUSE].startswith("UndecodableEvent: budget.CostPosted version 1")
    assert "DataError" in reasons[HARBOUR]
    assert "NotNullViolationError" in reasons[production_in(3, nth=2)]


async def tables_of(world: World, fold: Any) -> Tables:
    tables = Tables(LEDGER, replace(world.tables.view, evolve=fold))
    await tables.learn_types(world.pool)
    return tables


async def test_a_database_that_is_not_as_it_should_be_parks_nobody(world: World) -> None:
    """Rows cannot be written, whichever they are: a reader that is not migrated, say."""
    await world.budget.costs(LIGHTHOUSE, 1)
    await world.pool.execute(f"ALTER TABLE {LEDGER}.trail RENAME TO elsewhere")
    try:
        ledger = await world.ledger()
        await bring(world, ledger)
    finally:
        await world.pool.execute(f"ALTER TABLE {LEDGER}.elsewhere RENAME TO trail")
    assert await parked(world) == []
    assert [reason for reason in ledger.unready() if "stopped at 0: the fold failed" in reason]


@pytest.mark.parametrize("seed", range(4))
async def test_however_many_facts_are_bad_the_rest_is_told_once_and_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """A storm of poison: the work grows with the number of facts, whatever the number of bad ones."""
    monkeypatch.setattr(consuming, "TRANSACTION_EVENTS_MAX", 32)
    lot = random.Random(seed)
    films = [production_in(3, nth=n) for n in range(12)]
    firsts: dict[str, Recorded] = {}
    for _ in range(150):
        film = lot.choice(films)
        if lot.random() < 0.1 * seed:
            fact = await poison(world, film)
            firsts.setdefault(film, fact)
        else:
            await world.budget.costs(film, lot.randrange(100))
    sink = Counting(world.tables)
    ledger = await world.ledger(sink=sink)
    await bring(world, ledger)
    assert {one.production: one.position for one in await parked(world)} == {
        film: fact.position for film, fact in firsts.items()
    }
    assert await world.rows() == await until_parked(world, firsts)
    assert sink.facts <= 12 * 150
    with mended_fold(monkeypatch):
        await ask(world)
        await ledger.retry_asked()
    assert await world.is_told() and await parked(world) == []


class Counting(ProjectionSink):
    """A sink that counts what it is given to fold."""

    facts = 0

    async def apply(self, connection: Any, events: Sequence[Recorded], prepared: None) -> None:
        self.facts += len(events)
        await super().apply(connection, events, prepared)


async def until_parked(world: World, firsts: dict[str, Recorded]) -> Where:
    """What the ledger must hold: of each production what stands before its first bad fact."""
    rows = await world.pool.fetch(
        """SELECT production::text, count(*)::int, sum((payload->>'amount')::numeric),
               string_agg(position::text, ',' ORDER BY position)
           FROM budget.event LEFT JOIN unnest($1::uuid[], $2::bigint[]) AS bad (production, first)
               USING (production)
           WHERE first IS NULL OR position < first GROUP BY production""",
        list(firsts),
        [fact.position for fact in firsts.values()],
    )
    return {(row[0], "budget"): (row[1], row[2], row[3]) for row in rows}


async def test_what_is_poison_to_one_consumer_is_told_by_another(world: World) -> None:
    await poison(world)
    ledger = await world.ledger()
    other, opinion = ledger_of_another_opinion(world)
    await other.start()
    for consumer in (ledger, other):
        await bring(world, consumer)
    assert len(await parked(world)) == 1
    assert await ParkedRows("budget_service").all(world.pool) == []
    assert opinion.heard == [1]


@dataclass
class Listener:
    """A sink without an opinion on anything."""

    heard: list[int]

    async def prepare(self, events: Sequence[Recorded], behind: Any) -> None:
        return None

    async def apply(self, connection: Any, events: Sequence[Recorded], prepared: None) -> None:
        self.heard += [one.position for one in events]

    def forget(self, log: str, partition: int) -> None:
        return None


def ledger_of_another_opinion(world: World) -> tuple[Consumer, Listener]:
    sink = Listener([])
    stores = {"budget": world.stores["budget"]}
    return Consumer("budget", "budget_service", world.pool, stores, sink), sink


async def test_each_log_parks_a_production_for_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other log tells goes on, and neither retry waits for the other."""
    await world.approval.record(LIGHTHOUSE, cost(1))
    await world.approval.record(LIGHTHOUSE, cost(2, POISON))
    await world.budget.costs(LIGHTHOUSE, 4)
    ledger = await world.ledger("approval", "budget")
    for log in ("approval", "budget"):
        await ledger.check_tail(log, behind_seconds_max=0)
    assert await world.rows() == {
        (LIGHTHOUSE, "approval"): (1, 1, "1"),
        (LIGHTHOUSE, "budget"): (1, 4, "1"),
    }
    await poison(world, amount=8)
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert {one.log: one.position for one in await parked(world)} == {"approval": 2, "budget": 2}
    assert metrics.PARKED.labels(LEDGER)._value.get() == 1
    with mended_fold(monkeypatch):
        await ask(world)
        await ledger.retry_asked()
    assert await world.is_told("approval", "budget")


async def test_a_mended_build_tells_the_parked_facts_once_and_what_comes_live_behind_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that starts tries by itself, as after an upgrade."""
    await world.budget.costs(LIGHTHOUSE, 1)
    await poison(world)
    await world.budget.costs(LIGHTHOUSE, 2)
    await bring(world, await world.ledger())
    with mended_fold(monkeypatch):
        upgraded = await world.ledger()
        await upgraded.retry_asked()
        assert await parked(world) == []
        assert await world.is_told()
        assert metrics.PARKED.labels(LEDGER)._value.get() == 0
        await world.budget.costs(LIGHTHOUSE, 3)
        await poison(world)
        await bring(world, upgraded)
        assert await world.is_told()


async def test_a_retry_in_vain_counts_and_stands_where_it_came_to(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await poison(world)
    await world.budget.costs(LIGHTHOUSE, 1, 2, 3, 4, 5)
    second = await poison(world)
    await world.budget.costs(LIGHTHOUSE, 6)
    ledger = await world.ledger()
    await bring(world, ledger)
    await ask(world)
    with structlog.testing.capture_logs() as said:
        await ledger.retry_asked()
        await ledger.retry_asked()
    assert [line["event"] for line in said] == ["production_stays_parked"]
    (one,) = await parked(world)
    assert (one.position, one.tries, one.asked_seconds) == (first.position, 2, None)
    assert await world.rows() == {}

    def stumbles_later(rows: Rows, recorded: Recorded) -> Iterable[Row]:
        if recorded.position == second.position:
            raise LookupError("not yet")
        return mended_write_down(rows, recorded)

    better = await world.ledger(sink=ProjectionSink(await tables_of(world, stumbles_later)))
    await better.retry_asked()
    (one,) = await parked(world)
    assert (one.position, one.tries) == (second.position, 3)
    assert one.reason.startswith("the fold failed: LookupError")
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (6, 1015, "1,2,3,4,5,6")}
    with mended_fold(monkeypatch):
        await ask(world, LIGHTHOUSE)
        await better_still(world)
    assert await world.is_told()


def mended_write_down(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The ledger's fold, of a build to which nothing is poison."""
    payload = recorded.payload.replace(POISON, "mended")
    return write_down(rows, replace(recorded, payload=payload))


async def better_still(world: World) -> None:
    await (await world.ledger()).retry_asked()


async def test_a_retry_of_many_facts_goes_in_bounded_transactions_while_others_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "TRANSACTION_EVENTS_MAX", 20)
    await poison(world)
    await world.budget.record(LIGHTHOUSE, *(cost(1) for _ in range(130)))
    ledger = await world.ledger()
    await bring(world, ledger)
    steps: list[int] = []

    async def meanwhile() -> None:
        """Between two steps of the retry, facts of both productions arrive."""
        steps.append(len(steps))
        await world.budget.costs(HARBOUR, 1)
        await world.budget.costs(LIGHTHOUSE, 1)

    with mended_fold(monkeypatch):
        mending = await world.ledger(sink=GatedSink(ProjectionSink(world.tables), after=meanwhile))
        live = await world.ledger()
        retrying = asyncio.create_task(mending.retry_asked())
        while not retrying.done():
            await live.check_tail("budget", behind_seconds_max=0)
        await retrying
        assert len(steps) >= 7
        await live.check_tail("budget", behind_seconds_max=0)
        assert await parked(world) == []
        assert await world.is_told()


@pytest.mark.parametrize("where", ["inside-retry", "after-retry"])
@pytest.mark.parametrize("nth", [1, 2, 4])
async def test_a_retry_that_dies_is_taken_up_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str, nth: int
) -> None:
    monkeypatch.setattr(consuming, "TRANSACTION_EVENTS_MAX", 10)
    await poison(world)
    await world.budget.record(LIGHTHOUSE, *(cost(1) for _ in range(34)))
    await bring(world, await world.ledger())
    passed: list[str] = []

    def power_cut(name: str) -> None:
        passed.append(name)
        if passed.count(where) == nth:
            raise PowerCut

    with mended_fold(monkeypatch):
        with monkeypatch.context() as patched:
            patched.setattr(retrying, "point", power_cut)
            with pytest.raises(PowerCut):
                await (await world.ledger()).retry_asked()
        other = await world.ledger()
        await other.retry_asked()
        assert await parked(world) == []
        assert await world.is_told()
        await world.budget.costs(LIGHTHOUSE, 5)
        await other.check_tail("budget", behind_seconds_max=0)
        assert await world.is_told()


async def test_a_zombie_that_would_park_what_another_has_folded_parks_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old process in an upgrade, whose place has moved while it stumbled."""
    await world.budget.costs(LIGHTHOUSE, 1)
    await poison(world)
    await world.budget.costs(LIGHTHOUSE, 2)
    frozen = Frozen()
    zombie = await world.ledger()
    move = zombie._places.move

    async def late(connection: Any, place: Place, to: Place) -> None:
        if to.parked:
            await frozen.here()
        await move(connection, place, to)

    monkeypatch.setattr(zombie._places, "move", late)
    asleep = asyncio.create_task(bring(world, zombie))
    await frozen.reached.wait()
    with mended_fold(monkeypatch):
        await bring(world, await world.ledger())
        assert await world.is_told()
    frozen.released.set()
    await asleep
    assert await parked(world) == []
    assert await world.is_told()


async def test_a_worker_that_thinks_a_production_parked_that_was_retried_misses_nothing_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The retry moves no place; that it changed what is parked there is enough."""
    await poison(world)
    unknowing = await world.ledger()
    await bring(world, unknowing)
    await world.budget.costs(LIGHTHOUSE, 7)
    with mended_fold(monkeypatch):
        await better_still(world)
        assert await parked(world) == []
        assert unknowing.place("budget", 3).parked == {LIGHTHOUSE}
        await bring(world, unknowing)
        assert await world.is_told()


async def test_who_takes_a_partition_over_knows_what_is_parked_there(world: World) -> None:
    bad = await poison(world)
    await world.budget.costs(HARBOUR, 1)
    successor = await world.ledger()
    await bring(world, await world.ledger())
    await world.budget.costs(LIGHTHOUSE, 2)
    await world.budget.costs(HARBOUR, 3)
    await bring(world, successor)
    assert await world.rows() == await before(world, bad)
    assert (await world.place(3))["position"] == 4


async def test_two_processes_that_retry_at_the_same_time_tell_everything_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "TRANSACTION_EVENTS_MAX", 5)
    await poison(world)
    await world.budget.record(LIGHTHOUSE, *(cost(1) for _ in range(40)))
    await bring(world, await world.ledger())
    with mended_fold(monkeypatch):
        processes = [await world.ledger() for _ in range(3)]
        await asyncio.gather(*(one.retry_asked() for one in processes))
        while await parked(world):
            await processes[0].retry_asked()
        assert await world.is_told()


async def test_only_who_keeps_the_partition_retries_unless_nobody_does_for_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poison(world)
    await bring(world, await world.ledger())
    with mended_fold(monkeypatch):
        other = await world.ledger()
        other.assigned = {("budget", 8)}
        await other.retry_asked()
        assert len(await parked(world)) == 1
        await world.pool.execute(
            f"UPDATE {LEDGER}.parked SET asked_at = clock_timestamp() - interval '1 minute'"
        )
        await other.retry_asked()
        assert await world.is_told()


async def test_a_type_that_no_build_knows_yet_waits_with_the_production_that_is_parked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops no partition, since nothing is shown of that production anyway."""
    await poison(world)
    await world.budget.record(LIGHTHOUSE, cost(2), wire=("budget.MoonBought", 1))
    await world.budget.costs(HARBOUR, 3)
    ledger = await world.ledger()
    await bring(world, ledger)
    assert not [reason for reason in ledger.unready() if "stopped" in reason]
    with mended_fold(monkeypatch):
        await better_still(world)
        (one,) = await parked(world)
        assert one.told.startswith("UnknownEvent: budget.MoonBought version 1")
        monkeypatch.setitem(catalogue(), ("budget.MoonBought", 1), type(cost(1)))
        await better_still(world)
        assert await world.is_told()


async def test_a_rewind_takes_away_what_is_parked_and_all_is_folded_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await poison(world)
    await world.budget.costs(LIGHTHOUSE, 1)
    await world.budget.costs(HARBOUR, 2)
    ledger = await world.ledger()
    await bring(world, ledger)
    assert "parked" in await rewind(world.dsn, LEDGER)
    assert await parked(world) == []
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert [one.position for one in await parked(world)] == [bad.position]
    assert await world.rows() == await before(world, bad)

    await world.restore(2)
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert [reason for reason in ledger.unready() if "Divergence" in reason]
    await ask(world)
    await ledger.retry_asked()
    (one,) = await parked(world)
    assert one.tries == 1, "nothing is folded from another history"
    await rewind(world.dsn, LEDGER)
    with mended_fold(monkeypatch):
        await ledger.check_tail("budget", behind_seconds_max=0)
        assert await parked(world) == []
        assert await world.is_told()


async def test_over_kafka_and_with_a_running_worker_a_retry_needs_no_more_than_a_mark(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poison(topics)
    await topics.budget.costs(HARBOUR, 1)
    ledger = await topics.ledger()
    async with running(topics.relay().run()), subscribed(topics, ledger):
        await until(lambda: any(place.parked for place in ledger._at.values()))
        await topics.budget.costs(LIGHTHOUSE, 2)
        with mended_fold(monkeypatch):
            await ask(topics)
            await until(topics.is_told)
            await topics.budget.costs(LIGHTHOUSE, 3)
            await until(topics.is_told)


@pytest.mark.parametrize("point", ["inside-parking:1", "before-fold-commit:1", "after-fold:1"])
async def test_a_worker_killed_around_a_parking_leaves_it_to_the_next_one(
    topics: World, point: str
) -> None:
    bad = await poison(topics)
    await topics.budget.costs(HARBOUR, 1)
    await topics.budget.costs(LIGHTHOUSE, 2)
    await topics.topic().send(await topics.budget.store.page(), await topics.incarnation())
    killed = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.carrying.worker",
        topics.settings.model_dump_json(),
        cwd=ROOT,
        env={**os.environ, "REEL_KILL_AT": point},
    )
    assert await asyncio.wait_for(killed.wait(), 60) == -signal.SIGKILL
    async with subscribed(topics, await topics.ledger()):
        await until(lambda: reached(topics, 3))
    assert [one.position for one in await parked(topics)] == [bad.position]
    assert await topics.rows() == await before(topics, bad)


async def reached(world: World, position: int) -> bool:
    return bool((await world.place(3))["position"] == position)
