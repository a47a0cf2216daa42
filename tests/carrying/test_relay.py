"""The relay carries a log to its topic: everything, in order, and again after any interruption."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from events.envelope import verified
from runtime.kafka import bus, relay
from runtime.kafka.batches import Batch, Outgoing
from runtime.kafka.lease import Lease, PostgresLeaseRow
from runtime.kafka.topic import KafkaTopic
from runtime.log.partition import partition_of
from tests.carrying.world import (
    World,
    at,
    cost,
    fact_of,
    production_in,
    running,
    subscribed,
    until,
)

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)
HARBOUR = production_in(3, nth=1)
STORM = production_in(8)


async def test_everything_of_a_log_arrives_as_the_log_recorded_it(topics: World) -> None:
    for amount in range(1, 41):
        await topics.budget.costs([LIGHTHOUSE, HARBOUR, STORM][amount % 3], amount)
    async with running(topics.relay().run()):
        await until(at(topics, 40))

    arrived = [fact_of(record) for record in await topics.topic().records()]
    recorded = await topics.budget.store.page()
    assert arrived == sorted(recorded, key=lambda fact: (fact.partition, fact.position))


async def test_records_stand_in_the_partition_of_their_production_and_name_it_as_their_key(
    topics: World,
) -> None:
    for amount, production in enumerate([LIGHTHOUSE, HARBOUR, STORM] * 3, 1):
        await topics.budget.costs(production, amount)
    async with running(topics.relay().run()):
        await until(at(topics, 9))

    where = {
        (record.key.decode(), record.partition, dict(record.headers)["ce_production"].decode())
        for record in await topics.topic().records()
    }
    assert where == {(LIGHTHOUSE, 3, LIGHTHOUSE), (HARBOUR, 3, HARBOUR), (STORM, 8, STORM)}


async def test_a_production_that_left_by_kafka_can_be_verified_without_the_log(
    topics: World,
) -> None:
    for amount in range(1, 11):
        await topics.budget.costs(LIGHTHOUSE if amount % 2 else HARBOUR, amount)
    async with running(topics.relay().run()):
        await until(at(topics, 10))

    arrived = [fact_of(record) for record in await topics.topic().records()]
    chain = [fact for fact in arrived if fact.production == LIGHTHOUSE]
    assert [fact.position for fact in chain] == [1, 3, 5, 7, 9]
    assert verified(chain) == (await topics.budget.store.page(8, 1))[0].hash


async def test_records_are_cloud_events_that_any_reader_understands(topics: World) -> None:
    (fact,) = await topics.budget.record(LIGHTHOUSE, cost("48750.00"))
    async with running(topics.relay().run()):
        await until(at(topics, 1))

    (record,) = await topics.topic().records()
    headers = {name: value.decode() for name, value in record.headers}
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_id"] == fact.id
    assert headers["ce_type"] == "budget.CostPosted"
    assert headers["ce_source"] == "/reel/budget"
    assert headers["ce_subject"] == f"costs-{LIGHTHOUSE}"
    assert headers["ce_time"] == fact.recorded_at.isoformat(timespec="microseconds")
    assert headers["ce_incarnation"] == await topics.incarnation()
    assert headers["content-type"] == "application/json"
    assert b'"amount":"48750.00"' in record.value


async def test_a_crash_between_sending_and_remembering_repeats_the_page_and_loses_nothing(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2, 3)
    first = topics.relay()
    move, died = first._lease.move, asyncio.Event()

    async def die_at_the_page(cursor: Any) -> None:
        if cursor.position:
            died.set()
            await asyncio.Event().wait()
        await move(cursor)

    monkeypatch.setattr(first._lease, "move", die_at_the_page)
    async with running(first.run()):
        await until(died.is_set)
    assert (await topics.cursor())["position"] == 0

    async with running(topics.relay().run()):
        await until(at(topics, 3))
    assert await topics.topic().positions() == [1, 2, 3, 1, 2, 3]


class StumblingProducer:
    """A producer of batches of one record, of which the n-th fails while those behind it are
    confirmed."""

    def __init__(self, real: Any, failing: list[int]) -> None:
        self._real = real
        self._failing = failing
        self._count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def packed(self, records: Sequence[Outgoing]) -> list[Batch]:
        return [
            replace(batch, places=[n])
            for n, record in enumerate(records)
            for batch in self._real.packed([record])
        ]

    async def send(self, batch: Batch) -> Any:
        self._count += 1
        if self._count in self._failing:
            self._failing.remove(self._count)
            return self._failed()
        return await self._real.send(batch)

    def _failed(self) -> "asyncio.Future[Any]":
        lost: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        lost.set_exception(KafkaTimeoutError())
        return lost


async def test_the_cursor_moves_only_over_what_was_confirmed_without_a_gap(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2, 3, 4, 5)
    make, failing = KafkaTopic.producer, [3]
    monkeypatch.setattr(
        KafkaTopic, "producer", lambda topic: StumblingProducer(make(topic), failing)
    )
    one = topics.relay()
    move, moved = one._lease.move, []

    async def noticed(cursor: Any) -> None:
        moved.append(cursor.position)
        await move(cursor)

    monkeypatch.setattr(one._lease, "move", noticed)
    async with running(one.run()):
        await until(at(topics, 5))

    assert moved == [0, 2, 5]
    assert await topics.topic().positions() == [1, 2, 4, 5, 3, 4, 5]
    async with subscribed(topics, await topics.ledger()):
        await until(topics.is_told)


async def test_what_the_broker_does_not_confirm_in_time_does_not_hold_up_what_it_did(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is never confirmed as a whole must still bring the relay forward."""
    await topics.budget.costs(LIGHTHOUSE, 1, 2, 3, 4)
    make, silent = KafkaTopic.producer, [4]

    class SilentProducer(StumblingProducer):
        def _failed(self) -> "asyncio.Future[Any]":
            return asyncio.get_running_loop().create_future()

    monkeypatch.setattr(relay, "CONFIRM_SECONDS_MAX", 0.5)
    monkeypatch.setattr(KafkaTopic, "producer", lambda topic: SilentProducer(make(topic), silent))
    async with running(topics.relay().run()):
        await until(at(topics, 3))
        await until(at(topics, 4))
    assert await topics.topic().positions() == [1, 2, 3, 4]


async def test_a_backlog_of_heavy_facts_is_sent_in_pages_that_can_be_confirmed(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy = cost(1, "x" * 1_900)
    page = [heavy] * 200
    await topics.budget.record(LIGHTHOUSE, *page)
    monkeypatch.setattr(relay, "PAGE_BYTES", 64 * 1024)
    one = topics.relay()
    move, moved = one._lease.move, []

    async def noticed(cursor: Any) -> None:
        moved.append(cursor.position)
        await move(cursor)

    monkeypatch.setattr(one._lease, "move", noticed)
    async with running(one.run()):
        await until(at(topics, 200))
    assert len(moved) > 5
    assert await topics.topic().positions() == list(range(1, 201))


async def test_a_growing_log_is_carried_without_waiting_for_the_next_look(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "IDLE_SECONDS", 600.0)
    async with running(
        topics.relay(lease=Lease(PostgresLeaseRow("budget", topics.pool), seconds=900)).run()
    ):
        await topics.budget.costs(LIGHTHOUSE, 1)
        await until(at(topics, 1))
        await asyncio.sleep(0.2)
        await topics.budget.costs(LIGHTHOUSE, 2)
        await topics.budget.store.notify()
        await until(at(topics, 2))


async def test_a_relay_says_that_it_waits_for_its_broker_and_goes_on_when_it_is_there(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "CONFIRM_SECONDS_MAX", 0.5)
    await topics.budget.costs(LIGHTHOUSE, 1)
    await topics.topic().delete()
    one = topics.relay()
    assert one.unready() == ["relay budget: the relay has not started"]
    async with running(one.run()):
        await until(lambda: any("Error" in reason for reason in one.unready()))
        await bus.migrate_topics(topics.settings, ["budget"])
        await until(at(topics, 1))
        await until(lambda: not one.unready())


def test_a_production_always_has_the_same_partition() -> None:
    assert [partition_of(one, 12) for one in (LIGHTHOUSE, HARBOUR, STORM)] == [3, 3, 8]
