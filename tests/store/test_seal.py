"""A sealed moment: what stood in the log then, and nothing that comes later moves into it."""

import random

import pytest

from runtime.log.contract import Store
from tests.store.making import A, Postgres, command, whole

HOUR_US = 3_600_000_000


async def test_a_moment_holds_what_had_been_recorded_by_then(store: Store) -> None:
    for n in range(9):
        await store.append([command(f"{n}", f"costs-{n}", events=1 + n % 3)])
    facts = await whole(store)
    incarnation = (await store.heads()).incarnation
    for fact in random.Random(7).sample(facts, len(facts)):
        assert await store.seal(fact.recorded_at_us) == (incarnation, fact.position)
        assert await store.seal(fact.recorded_at_us - 1) == (incarnation, fact.position - 1)
    assert await store.seal(facts[0].recorded_at_us - HOUR_US) == (incarnation, 0)


async def test_what_is_recorded_after_a_moment_was_sealed_is_recorded_after_it(
    store: Store,
) -> None:
    await store.append([command("one", "costs-1")])
    moment_us = await store.now_us() + 2_000_000
    _, position = await store.seal(moment_us)
    assert (await store.heads()).time_us == moment_us

    await store.append([command("two", "costs-1", 1, events=2)])
    one, two, three = await whole(store)
    assert one.recorded_at_us < moment_us < two.recorded_at_us < three.recorded_at_us
    assert (await store.seal(moment_us))[1] == position == one.position


async def test_an_empty_log_has_moments_too(store: Store) -> None:
    incarnation = (await store.heads()).incarnation
    assert await store.seal(await store.now_us()) == (incarnation, 0)


async def test_nobody_closes_the_future(store: Store) -> None:
    with pytest.raises(ValueError, match="future"):
        await store.seal(await store.now_us() + HOUR_US)
    await store.append([command("one", "costs-1")])
    (fact,) = await whole(store)
    assert fact.recorded_at_us <= await store.now_us()


async def test_facts_of_a_production_are_read_up_to_a_position(store: Store) -> None:
    await store.append([command("one", "costs-1", production=A, events=5)])
    read = await store.of_production(A, 1, until=4)
    assert [one.position for one in read] == [2, 3, 4]
    assert await store.of_production(A, 4, until=4) == []


async def test_a_service_moves_the_head_s_time_by_sealing_and_in_no_other_way(
    postgres: Postgres,
) -> None:
    before = await postgres.store.heads()
    await postgres.store.seal(await postgres.store.now_us())
    after = await postgres.store.heads()
    assert (after.position, after.partitions) == (before.position, before.partitions)
