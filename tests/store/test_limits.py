"""What the log takes in: refused before anything is sent."""

import asyncio

import pytest

from runtime.log.committer import BATCHES_UNDER_WAY_MAX, Committer
from runtime.log.contract import Append, Outcome, Overloaded, Store, TooLarge, check_size
from tests.store.making import Around, command, held_up, whole

KIB = 1024
MIB = 1024 * KIB


def text_of(size_bytes: int) -> str:
    """A JSON text of exactly that size."""
    return '"' + "x" * (size_bytes - 2) + '"'


@pytest.mark.unit
@pytest.mark.parametrize(
    ("append", "cure"),
    [
        pytest.param(
            command("x", "costs-1", payload=text_of(512 * KIB + 1)),
            "a budget.LineAdded of 524,289 bytes; 524,288 is the most: shorten it",
            id="an event over 512 KiB",
        ),
        pytest.param(
            command("x", "costs-1", payload='"' + "ß" * (256 * KIB) + '"'),
            "a budget.LineAdded of 524,290 bytes; 524,288 is the most: shorten it",
            id="bytes count, not characters",
        ),
        pytest.param(
            command("x", "costs-1", payload=text_of(512 * KIB - 1), events=17),
            "the command's events weigh 8,912,879 bytes; 8,388,608 is the most: split it",
            id="a command over 8 MiB",
        ),
        pytest.param(
            command("x", "costs-1", events=10_001),
            "the command records 10,001 events; 10,000 is the most: split it",
            id="a command over 10,000 events",
        ),
    ],
)
async def test_what_is_too_large_is_refused_before_anything_is_sent(
    memory: Around, append: Append, cure: str
):
    async with Committer(memory) as committer:
        with pytest.raises(TooLarge) as refused:
            await committer.append(append)
    assert str(refused.value) == cure
    assert memory.batches == []


@pytest.mark.unit
@pytest.mark.parametrize(
    "append",
    [
        pytest.param(command("x", "costs-1", payload=text_of(512 * KIB)), id="512 KiB"),
        pytest.param(command("x", "costs-1", payload=text_of(512 * KIB), events=16), id="8 MiB"),
        pytest.param(command("x", "costs-1", events=10_000), id="10,000 events"),
    ],
)
def test_what_is_just_small_enough_passes(append: Append):
    check_size(append)


async def test_the_largest_event_is_recorded_and_read_back(store: Store):
    async with Committer(store) as committer:
        await committer.append(command("x", "costs-1", payload=text_of(512 * KIB)))
    (one,) = await whole(store)
    assert len(one.payload) == 524_288


@pytest.mark.unit
async def test_a_full_queue_takes_nothing_more_until_it_is_emptied(memory: Around):
    async with Committer(memory) as committer:
        async with held_up(memory, committer):
            waiting = [
                asyncio.create_task(committer.append(command(f"c{n}", f"costs-{n}")))
                for n in range(1_024)
            ]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded, match="1024 commands are waiting"):
                await committer.append(command("too many", "costs-x"))
        answers = await asyncio.gather(*waiting)
        again = await committer.append(command("too many", "costs-x"))

    assert {answer.outcome for answer in (*answers, again)} == {Outcome.RECORDED}
    assert len(await whole(memory)) == 1_025
    assert max(len(batch) for batch in memory.batches) == 256


@pytest.mark.unit
async def test_batches_stay_below_the_size_of_the_largest_command(memory: Around):
    async with Committer(memory) as committer:
        async with held_up(memory, committer):
            tasks = [
                asyncio.create_task(
                    committer.append(
                        command(f"c{n}", f"costs-{n}", payload=text_of(512 * KIB), events=6)
                    )
                )
                for n in range(7)
            ]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    sizes = [sum(len(e.payload) for c in batch for e in c.events) for batch in memory.batches][
        BATCHES_UNDER_WAY_MAX:
    ]
    assert sum(sizes) == 7 * 3 * MIB
    assert max(sizes) == 6 * MIB
    assert [one.stream for one in await whole(memory)] == [
        f"costs-{n}" for n in range(7) for _ in range(6)
    ]


@pytest.mark.unit
async def test_batches_stay_below_ten_thousand_events(memory: Around):
    async with Committer(memory) as committer:
        async with held_up(memory, committer):
            tasks = [
                asyncio.create_task(committer.append(command(f"c{n}", f"costs-{n}", events=3_000)))
                for n in range(7)
            ]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    assert max(sum(len(c.events) for c in batch) for batch in memory.batches) == 9_000
    assert len(await whole(memory)) == 21_000
