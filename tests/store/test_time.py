"""When facts are recorded: by one clock under the lock, and always behind their cause."""

import random
from itertools import pairwise

from runtime.log.contract import Outcome, Store
from runtime.log.memory import MemoryStore
from tests.store.making import YEAR_2100, A, B, C, command, whole


async def test_facts_are_recorded_at_the_time_of_the_logs_own_clock(store: Store):
    before = await store.now_us()
    (answer,) = await store.append([command("one", "costs-1", events=3)])
    after = await store.now_us()

    times = [one.recorded_at_us for one in await whole(store)]
    assert before <= times[0] <= after
    assert times == [times[0], times[0] + 1, times[0] + 2]
    assert answer.time_us == times[0]
    assert (await store.heads()).time_us == times[2]


async def test_no_two_facts_are_recorded_at_the_same_time_nor_backwards(store: Store):
    rng = random.Random(20261123)
    versions: dict[str, int] = {}
    for n in range(60):
        batch = []
        for stream in rng.sample([f"costs-{k}" for k in range(12)], rng.randint(1, 6)):
            events = rng.randint(0, 4)
            production = (A, B, C)[int(stream[6:]) % 3]
            batch.append(
                command(
                    f"{n} {stream}",
                    stream,
                    versions.get(stream, 0),
                    production=production,
                    events=events,
                    caused_at_us=rng.choice([0, 0, 1, YEAR_2100 + rng.randint(0, 999)]),
                )
            )
            versions[stream] = versions.get(stream, 0) + events
        assert {a.outcome for a in await store.append(batch)} <= {
            Outcome.RECORDED,
            Outcome.NOTHING,
        }

    times = [one.recorded_at_us for one in await whole(store)]
    assert len(times) > 300
    assert all(earlier < later for earlier, later in pairwise(times))


async def test_an_effect_is_recorded_behind_its_cause_though_that_lies_in_the_future(store: Store):
    (answer,) = await store.append([command("one", "costs-1", events=2, caused_at_us=YEAR_2100)])
    assert answer.time_us == YEAR_2100 + 1
    assert [one.recorded_at_us for one in await whole(store)] == [YEAR_2100 + 1, YEAR_2100 + 2]


async def test_a_cause_in_the_past_does_not_hold_the_clock_back(store: Store):
    before = await store.now_us()
    await store.append([command("one", "costs-1", caused_at_us=1_000)])
    assert (await whole(store))[0].recorded_at_us >= before


async def test_time_goes_on_from_the_head_when_the_clock_is_behind_it(store: Store):
    await store.append([command("ahead", "costs-1", caused_at_us=YEAR_2100 + 499)])
    (answer,) = await store.append([command("then", "costs-1", 1, events=2)])
    (nothing,) = await store.append([command("nothing", "costs-1", 3, events=0)])

    assert [one.recorded_at_us - YEAR_2100 for one in await whole(store)] == [500, 501, 502]
    assert answer.time_us == YEAR_2100 + 501
    assert nothing.time_us == YEAR_2100 + 502
    assert (await store.heads()).time_us == YEAR_2100 + 502


async def test_causes_within_one_batch_push_only_what_comes_behind_them(store: Store):
    await store.append(
        [
            command("c", "costs-c", production=C),
            command("b", "costs-b", production=B, caused_at_us=YEAR_2100),
            command("a", "costs-a", production=A),
        ]
    )
    a, b, c = (one.recorded_at_us for one in await whole(store))
    assert a < YEAR_2100
    assert (b, c) == (YEAR_2100 + 1, YEAR_2100 + 2)


async def test_a_clock_that_goes_back_is_not_followed():
    clock = iter([5_000, 2_000, 2_001, 9_000])
    store = MemoryStore("budget", clock_us=lambda: next(clock))
    for n in range(4):
        await store.append([command(f"c{n}", "costs-1", n)])
    assert [one.recorded_at_us for one in store.events] == [5_000, 5_001, 5_002, 9_000]
