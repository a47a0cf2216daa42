"""What the broker loses is sent again from the first record that is gone, and told once."""

import asyncio
import dataclasses
from collections import Counter
from typing import Any

import pytest

from runtime import metrics
from runtime.kafka import bus, relay
from tests.carrying.world import World, at, fact_of, production_in, running, subscribed, until

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)
HARBOUR = production_in(5)
STORM = production_in(8)


def losses() -> float:
    return float(metrics.RELAY_LOSSES.labels("budget")._value.get())


async def carry(world: World, upto: int) -> None:
    """A relay that stops when everything is confirmed."""
    async with running(world.relay().run()):
        await until(at(world, upto))


async def all_of_it(world: World) -> bool:
    """Whether every fact of the log is on the topic."""
    there = {fact_of(record).position for record in await world.topic().records()}
    return there == {fact.position for fact in await world.budget.store.page()}


async def test_a_relay_that_finds_its_last_records_where_it_left_them_sends_nothing_again(
    topics: World,
) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2)
    await topics.budget.costs(STORM, 3)
    await carry(topics, 3)
    await topics.budget.costs(STORM, 4)
    before = losses()
    await carry(topics, 4)
    assert await topics.topic().positions() == [1, 2, 3, 4]
    assert losses() == before


async def test_a_topic_that_was_emptied_is_filled_again_from_the_first_fact(topics: World) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2)
    await topics.budget.costs(STORM, 3)
    await carry(topics, 3)
    await topics.topic().recreate()
    async with running(topics.relay().run()):
        await until(lambda: all_of_it(topics))
        await until(at(topics, 3))
    assert await topics.topic().positions() == [1, 2, 3]


async def test_the_last_record_of_a_partition_alone_is_missed_and_sent_again(topics: World) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2, 3)
    await topics.budget.costs(STORM, 4, 5, 6)
    await carry(topics, 6)
    kept = [one for one in await topics.topic().records() if fact_of(one).position != 6]
    await topics.topic().recreate()
    await topics.topic().send_again(kept)

    before = losses()
    async with running(topics.relay().run()):
        await until(lambda: all_of_it(topics))
        await until(at(topics, 6))
    assert await topics.topic().positions() == [1, 2, 3, 4, 5, 6]
    assert losses() == before + 1


async def test_what_is_lost_before_the_relay_has_sent_again_what_was_lost_before_is_missed_too(
    topics: World,
) -> None:
    """A relay found the second fact gone and died before it sent it; then the first one went."""
    await topics.budget.costs(LIGHTHOUSE, 1, 2)
    await carry(topics, 2)
    first, _ = await topics.topic().records()
    await topics.topic().recreate()
    await topics.topic().send_again([first])
    dies = topics.relay()
    cursor = await dies._lease.take()
    assert cursor is not None
    assert (await dies._read_back(cursor)).position == 1
    await dies._lease.release()
    await topics.topic().recreate()

    async with running(topics.relay().run()):
        await until(lambda: all_of_it(topics))


async def test_one_lost_partition_is_filled_from_its_first_fact_beside_others_that_are_whole(
    topics: World,
) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2)
    await topics.budget.costs(STORM, 3, 4)
    await topics.budget.costs(HARBOUR, 5)
    await carry(topics, 5)
    kept = [one for one in await topics.topic().records() if one.partition != 8]
    await topics.topic().recreate()
    await topics.topic().send_again(kept)

    async with running(topics.relay().run()):
        await until(lambda: all_of_it(topics))
        await until(at(topics, 5))
    storm = [one for one in await topics.topic().records() if one.partition == 8]
    assert [fact_of(one).position for one in storm] == [3, 4]


async def test_another_record_in_the_last_ones_place_is_seen(topics: World) -> None:
    """The topic has as many records as before, but not the same ones."""
    await topics.budget.costs(LIGHTHOUSE, 1, 2, 3)
    await carry(topics, 3)
    first, second, _ = await topics.topic().records()
    await topics.topic().recreate()
    await topics.topic().send_again([first, second, second])
    async with running(topics.relay().run()):
        await until(lambda: all_of_it(topics))
    assert await topics.topic().positions() == [1, 2, 2, 3]


async def test_a_last_record_that_stands_at_another_offset_is_not_missed_for_ever(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records that had been sent twice are there once now: nothing is gone, offsets are."""
    monkeypatch.setattr(relay, "VERIFY_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(relay, "IDLE_SECONDS", 0.1)
    await topics.budget.costs(LIGHTHOUSE, 1, 2)
    incarnation = await topics.incarnation()
    await topics.topic().send(await topics.budget.store.page(), incarnation)
    await topics.budget.costs(STORM, 3)
    await carry(topics, 3)
    assert await topics.topic().positions() == [1, 2, 1, 2, 3]
    await topics.topic().recreate()
    await topics.topic().send(await topics.budget.store.page(), incarnation)

    before = losses()
    async with running(topics.relay().run()):
        await until(lambda: _offset_is(topics, 3, 1))
        await asyncio.sleep(0.5)
        await topics.budget.costs(LIGHTHOUSE, 4)
        await until(at(topics, 4))
    assert await topics.topic().positions() == [1, 2, 4, 3]
    assert losses() == before


async def _offset_is(world: World, partition: int, offset: int) -> bool:
    return bool((await world.cursor())["offsets"][partition] == offset)


async def test_what_others_wrote_to_the_topic_proves_nothing(topics: World) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2)
    await carry(topics, 2)
    (first, _) = await topics.topic().records()
    await topics.topic().recreate()
    foreign = dataclasses.replace(first, headers=[("ce_position", b"two")])
    await topics.topic().send_again([foreign])
    async with running(topics.relay().run()):
        await until(at(topics, 2))
        await until(lambda: _has_both(topics))


async def _has_both(world: World) -> bool:
    found = Counter(dict(record.headers)["ce_position"] for record in await world.topic().records())
    return found[b"1"] >= 1 and found[b"2"] >= 1


async def test_a_topic_emptied_between_two_pages_is_noticed_by_the_next_page(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay holds its connection; the next record is confirmed at offset 0."""
    monkeypatch.setattr(relay, "VERIFY_EVERY_SECONDS", 600.0)
    consumer = await topics.ledger()
    async with running(topics.relay().run()), subscribed(topics, consumer):
        await topics.budget.costs(LIGHTHOUSE, 1, 2, 3)
        await until(at(topics, 3))
        await until(topics.is_told)
        await topics.topic().recreate()
        await topics.budget.costs(LIGHTHOUSE, 4)
        await until(lambda: all_of_it(topics))
        await until(topics.is_told)
        await topics.budget.costs(LIGHTHOUSE, 5)
        await until(topics.is_told)
    assert (await topics.place(3))["position"] == 5


async def test_nothing_is_sent_on_over_what_was_lost_while_the_connection_was_gone(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that was away came back without its last record: the next one waits for that."""
    monkeypatch.setattr(relay, "VERIFY_EVERY_SECONDS", 600.0)
    make, made = bus.producer, []

    def noticed(*of: Any) -> Any:
        made.append(make(*of))
        return made[-1]

    monkeypatch.setattr(bus, "producer", noticed)
    async with running(topics.relay().run()):
        await topics.budget.costs(LIGHTHOUSE, 1, 2, 3)
        await until(at(topics, 3))
        kept = (await topics.topic().records())[:2]
        await topics.topic().recreate()
        await topics.topic().send_again(kept)
        for connection in list(made[0].client._conns.values()):
            connection.close()
        await topics.budget.costs(LIGHTHOUSE, 4)
        await until(at(topics, 4))
    assert await topics.topic().positions() == [1, 2, 3, 4]


async def test_a_topic_emptied_while_nothing_happens_is_noticed_without_another_fact(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "VERIFY_EVERY_SECONDS", 0.3)
    monkeypatch.setattr(relay, "IDLE_SECONDS", 0.2)
    async with running(topics.relay().run()):
        await topics.budget.costs(LIGHTHOUSE, 1, 2)
        await until(at(topics, 2))
        await topics.topic().recreate()
        await until(lambda: all_of_it(topics))


async def test_a_restored_log_is_sent_from_its_first_fact_under_its_new_incarnation(
    topics: World,
) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2, 3)
    old = await topics.incarnation()
    await carry(topics, 3)
    await topics.restore(2)
    new = await topics.incarnation()
    await topics.budget.costs(LIGHTHOUSE, 30, 40)
    await carry(topics, 4)

    sent = [
        (dict(record.headers)["ce_incarnation"].decode(), fact_of(record).position)
        for record in await topics.topic().records()
    ]
    assert sent == [(old, 1), (old, 2), (old, 3), (new, 1), (new, 2), (new, 3), (new, 4)]
    assert str((await topics.cursor())["incarnation"]) == new


async def test_what_a_topic_holds_from_before_a_restore_proves_nothing_of_what_came_after(
    topics: World,
) -> None:
    """The same facts with the same hashes, sent under the incarnation that is gone."""
    facts = await topics.budget.costs(LIGHTHOUSE, 1, 2)
    old = await topics.incarnation()
    await topics.restore(2)
    await carry(topics, 2)
    await topics.topic().recreate()
    await topics.topic().send(facts, old)
    new = await topics.incarnation()

    async def sent_anew() -> bool:
        records = await topics.topic().records()
        return [dict(one.headers)["ce_incarnation"] for one in records] == [
            *[old.encode()] * 2,
            *[new.encode()] * 2,
        ]

    async with running(topics.relay().run()):
        await until(sent_anew)


async def test_a_log_behind_its_cursor_is_sent_anew_even_if_nobody_renewed_its_incarnation(
    topics: World,
) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2, 3)
    await carry(topics, 3)
    await topics.restore(2, renew=False)
    await carry(topics, 2)
    assert await topics.topic().positions() == [1, 2, 3, 1, 2]
