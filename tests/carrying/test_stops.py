"""What cannot be told stands still, says why, and goes on where it stopped once it can."""

from dataclasses import replace
from typing import Any

import pytest
import structlog
from aiokafka import AIOKafkaProducer

from events.budget import CostPosted
from events.envelope import Recorded, cloud_event_headers
from events.event import catalogue
from runtime import metrics
from runtime.reading.consumer import Consumer
from tests.carrying.world import (
    LEDGER,
    POISON,
    World,
    carried,
    cost,
    production_in,
    running,
    subscribed,
    until,
)

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)
STORM = production_in(8)


def stops(ledger: Consumer) -> list[str]:
    """What the consumer says of partitions that stand still."""
    return [reason for reason in ledger.unready() if " stopped at " in reason]


async def bring(world: World, ledger: Consumer, *recorded: Recorded) -> None:
    """Facts, each to its partition."""
    incarnation = await world.incarnation()
    for fact in recorded:
        await ledger.take("budget", fact.partition, carried([fact], incarnation))


async def test_a_restored_log_stops_its_consumer_and_nothing_more_is_told(world: World) -> None:
    """The new facts look like repeats: their positions are below the place."""
    before = await world.budget.costs(LIGHTHOUSE, *range(1, 13))
    ledger = await world.ledger()
    await bring(world, ledger, *before)
    told = await world.rows()
    await world.restore(10)
    again = await world.budget.costs(LIGHTHOUSE, 111, 112)
    assert [fact.position for fact in again] == [11, 12]

    await bring(world, ledger, *again)
    assert await world.rows() == told
    (reason,) = stops(ledger)
    assert "budget/3 stopped at 12: Divergence: the place is at 12 of incarnation" in reason
    assert "the log was restored; `reel rewind`" in reason
    assert "Divergence" in (await world.place(3))["stopped"]

    further = await world.budget.costs(LIGHTHOUSE, 113)
    await bring(world, ledger, *further)
    assert await world.rows() == told


async def test_a_restored_log_is_noticed_without_a_word_from_kafka(world: World) -> None:
    before = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    ledger = await world.ledger()
    await bring(world, ledger, *before)
    await world.restore(2)
    await world.budget.costs(LIGHTHOUSE, 103, 104, 105)
    async with running(ledger.watch_the_tail()):
        await until(lambda: stops(ledger))
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


async def test_records_from_before_a_restore_do_not_stop_a_consumer_that_was_rewound(
    world: World,
) -> None:
    """The topic still holds them in front of what the restored log has sent."""
    old = await world.incarnation()
    before = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    await world.restore(2)
    await world.budget.costs(LIGHTHOUSE, 30)
    ledger = await world.ledger()
    await ledger.take(
        "budget",
        3,
        carried(before, old)
        + carried(await world.budget.store.page(), await world.incarnation(), first_offset=3),
    )
    assert stops(ledger) == []
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 1 + 2 + 30, "1,2,3")}


async def test_the_same_position_with_another_hash_stops_the_partition(world: World) -> None:
    """A log was set back and went on, and nobody renewed its incarnation."""
    before = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    ledger = await world.ledger()
    await bring(world, ledger, *before)
    await world.restore(2, renew=False)
    await bring(world, ledger, *await world.budget.costs(LIGHTHOUSE, 103, 104))
    (reason,) = stops(ledger)
    assert "Divergence: position 3 has hash" in reason
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


async def test_a_place_beyond_the_logs_head_stops_the_partition(world: World) -> None:
    before = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    storm = await world.budget.costs(STORM, 4)
    ledger = await world.ledger()
    await bring(world, ledger, *before, *storm)
    await world.restore(2, renew=False)
    await ledger.check_tail("budget")
    at_3, at_8 = sorted(stops(ledger))
    assert "budget/3 stopped at 3: Divergence" in at_3
    assert "budget/8 stopped at 4: Divergence" in at_8


async def test_a_type_that_this_build_does_not_know_stops_the_partition_and_is_never_skipped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.budget.costs(LIGHTHOUSE, 1)
    await world.budget.record(LIGHTHOUSE, cost(2), wire=("budget.MoonBought", 1))
    await world.budget.costs(LIGHTHOUSE, 3)
    await world.budget.costs(STORM, 4)
    ledger = await world.ledger()
    await bring(world, ledger, *await world.budget.store.page())

    assert await world.rows() == {
        (LIGHTHOUSE, "budget"): (1, 1, "1"),
        (STORM, "budget"): (1, 4, "4"),
    }
    (reason,) = stops(ledger)
    assert "budget/3 stopped at 1: UnknownEvent: budget.MoonBought version 1" in reason
    await ledger.check_tail("budget")
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert (await world.place(3))["position"] == 1

    monkeypatch.setitem(catalogue(), ("budget.MoonBought", 1), CostPosted)
    upgraded = await world.ledger()
    assert stops(upgraded) == []
    await upgraded.check_tail("budget")
    await upgraded.check_tail("budget", behind_seconds_max=0)
    assert await world.rows() == {
        (LIGHTHOUSE, "budget"): (3, 6, "1,2,3"),
        (STORM, "budget"): (1, 4, "4"),
    }


async def test_a_newer_version_of_a_known_type_stops_the_partition(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = await world.budget.costs(LIGHTHOUSE, 1)
    facts += await world.budget.record(LIGHTHOUSE, cost(2), wire=("budget.CostPosted", 7))
    ledger = await world.ledger()
    await bring(world, ledger, *facts)
    (reason,) = stops(ledger)
    assert "UnknownEvent: budget.CostPosted version 7" in reason

    monkeypatch.setitem(catalogue(), ("budget.CostPosted", 7), CostPosted)
    await bring(world, await world.ledger(), *facts)
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (2, 3, "1,2")}


async def test_a_stop_is_kept_for_other_workers_of_the_same_consumer(world: World) -> None:
    facts = await world.budget.record(LIGHTHOUSE, cost(1), wire=("budget.MoonBought", 1))
    other = await world.ledger()
    await bring(world, await world.ledger(), *facts)
    await other.check_tail("budget")
    (reason,) = stops(other)
    assert "UnknownEvent" in reason


async def an_older_and_a_newer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> tuple[Consumer, Consumer]:
    """Workers of two builds: the older one has stopped at a type that from then on is known."""
    await world.budget.record(LIGHTHOUSE, cost(1), wire=("budget.MoonBought", 1))
    await world.budget.costs(LIGHTHOUSE, 2)
    older, newer = await world.ledger(), await world.ledger()
    await bring(world, older, *await world.budget.store.page())
    assert stops(older)
    monkeypatch.setitem(catalogue(), ("budget.MoonBought", 1), CostPosted)
    return older, newer


async def test_where_an_older_build_has_stopped_a_newer_one_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both run at the same time; nobody starts anew."""
    older, newer = await an_older_and_a_newer(world, monkeypatch)
    await newer.check_tail("budget")
    await newer.check_tail("budget")
    assert stops(newer) == []
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (2, 3, "1,2")}
    await older.check_tail("budget")
    assert stops(older) == []


async def test_where_an_older_build_stops_again_meanwhile_a_newer_one_tries_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older one sees its stop taken away and is quicker, as it is when it has nothing to fold."""
    older, newer = await an_older_and_a_newer(world, monkeypatch)
    prepare, stopped_again = newer._sink.prepare, 0

    async def overtaken(events: Any, behind: Any) -> Any:
        nonlocal stopped_again
        if stopped_again < 2:
            stopped_again += 1
            await older._places.stop(world.pool, behind, "UnknownEvent: budget.MoonBought")
        return await prepare(events, behind)

    monkeypatch.setattr(newer._sink, "prepare", overtaken)
    for _ in range(2):
        await newer.check_tail("budget")
        assert stops(newer) and await world.rows() == {}
    await newer.check_tail("budget")
    assert stops(newer) == []
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (2, 3, "1,2")}


async def test_a_stop_holds_back_what_comes_behind_it_and_nothing_before_it(
    world: World,
) -> None:
    """Also when all of it comes in one batch."""
    await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    await world.budget.record(LIGHTHOUSE, cost(4), wire=("budget.MoonBought", 1))
    await world.budget.costs(LIGHTHOUSE, 5)
    ledger = await world.ledger()
    everything = carried(await world.budget.store.page(), await world.incarnation())
    await ledger.take("budget", 3, everything)
    (reason,) = stops(ledger)
    assert "budget/3 stopped at 3" in reason
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"hash": b"\x07" * 32}, id="the hash of another fact"),
        pytest.param({"position": 9, "previous": 7}, id="a position that the log has not reached"),
        pytest.param({"position": 9, "previous": 2}, id="a position that follows another one"),
        pytest.param({"position": 2**70, "previous": 2**70 - 1}, id="no position at all"),
        pytest.param({"position": 4, "previous": 3, "type": "budget.MoonBought"}, id="a new type"),
        pytest.param({"position": 4, "previous": 3, "schema_version": 7}, id="a newer version"),
        pytest.param({"position": 4, "previous": 3, "payload": "{}"}, id="no fact of its type"),
        pytest.param(
            {"position": 4, "previous": 3, "payload": cost(1, POISON).encode()},
            id="a fact that no fold takes",
        ),
    ],
)
async def test_a_record_that_only_looks_like_a_fact_is_passed_over(
    world: World, changed: dict[str, Any]
) -> None:
    """The log has something else there, or nothing: it parks and stops nobody."""
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    ledger = await world.ledger()
    await bring(world, ledger, *facts)
    before = metrics.FOREIGN.labels(LEDGER, "budget")._value.get()
    await bring(world, ledger, replace(facts[2], **changed))
    assert metrics.FOREIGN.labels(LEDGER, "budget")._value.get() == before + 1
    assert stops(ledger) == []
    await bring(world, ledger, *await world.budget.costs(LIGHTHOUSE, 4))
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (4, 10, "1,2,3,4")}


async def test_what_a_batch_says_twice_is_told_as_the_log_has_it(world: World) -> None:
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    false = [replace(one, payload=cost(100).encode(), hash=b"\x07" * 32) for one in facts]
    ledger = await world.ledger()
    brought = [facts[0], *false[1:], *facts[1:]]
    await ledger.take("budget", 3, carried(brought, await world.incarnation()))
    assert stops(ledger) == []
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


FOREIGN: list[dict[str, Any]] = [
    {"value": b'{"hello": "world"}'},
    {"value": b"\xff\xfe", "headers": [("content-type", b"application/octet-stream")]},
    {"value": None, "key": b"tombstone"},
    {"value": b"1", "headers": [("ce_position", b"\xff"), ("ce_incarnation", b"x")]},
]


async def test_records_of_another_make_are_holes_that_are_filled_from_the_log(
    topics: World,
) -> None:
    """Also a tombstone under a fact's own headers, as a compacted topic would have it; and with
    nothing behind it, so that no later fact shows the hole."""
    topic = topics.topic()
    before = metrics.FOREIGN.labels(LEDGER, "budget")._value.get()
    films = [production_in(partition) for partition in range(6)]
    facts = [(await topics.budget.costs(film, 1))[0] for film in films]
    headers = cloud_event_headers(facts[3], await topics.incarnation())
    async with AIOKafkaProducer(bootstrap_servers=topics.settings.kafka_servers()) as producer:
        for partition, foreign in enumerate(
            [*FOREIGN[:3], {"key": b"1", "headers": headers}, FOREIGN[3]]
        ):
            await producer.send_and_wait(topic.name, partition=partition, **foreign)
        await producer.send_and_wait(
            topic.name,
            facts[3].payload.encode(),
            key=films[4].encode(),
            partition=4,
            headers=headers,
        )
    behind = [(await topics.budget.costs(film, 2))[0] for film in films[:2]]
    await topic.send([facts[5], *behind], await topics.incarnation())

    ledger = await topics.ledger()
    with structlog.testing.capture_logs() as said:
        async with subscribed(topics, ledger):
            await until(topics.is_told)
    assert stops(ledger) == []
    alarms = [line for line in said if line["event"] == "foreign_records"]
    assert {line["partition"] for line in alarms} == {0, 1, 2, 3, 4}
    assert all(line["log_level"] == "error" for line in alarms)
    assert metrics.FOREIGN.labels(LEDGER, "budget")._value.get() == before + 6


async def test_a_stopped_partition_stays_where_it_is_however_often_it_is_looked_at(
    world: World,
) -> None:
    facts = await world.budget.record(LIGHTHOUSE, cost(1), wire=("budget.MoonBought", 1))
    ledger = await world.ledger()
    await bring(world, ledger, *facts)
    for _ in range(5):
        await ledger.check_tail("budget", behind_seconds_max=0)
    assert len(stops(ledger)) == 1
    assert await world.rows() == {}
