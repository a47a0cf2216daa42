"""What a partition ends with proves what stands before it, unless it came there over a gap."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from events.envelope import cloud_event_headers
from runtime.kafka.lease import Cursor
from runtime.kafka.proving import LOOKED_BACK_RECORDS, proved
from runtime.kafka.topic import Producer, Tail
from runtime.log.contract import Append, NewEvent
from runtime.log.memory import MemoryStore

pytestmark = pytest.mark.unit

FILM = str(uuid.uuid4())
FACTS = 9
OTHER_HISTORY = -1


@dataclass(frozen=True)
class Kept:
    offset: int
    headers: tuple[tuple[str, bytes], ...]


class Topic:
    """One partition with those facts of a log, in that order."""

    name = "budget"

    def __init__(self, store: MemoryStore, positions: Sequence[int]) -> None:
        self._records = [
            Kept(offset, tuple(_headers(store, position)))
            for offset, position in enumerate(positions)
        ]

    def producer(self) -> Producer:
        raise NotImplementedError

    async def records(self, wanted: Mapping[int, int]) -> Mapping[int, Kept]:
        (at,) = wanted.values()
        return {0: self._records[at]} if at < len(self._records) else {}

    async def tails(self, partitions: Sequence[int], count: int) -> Mapping[int, Tail]:
        tail = Tail(list(self._records[-count:]), len(self._records) <= count)
        return dict.fromkeys(partitions, tail)


def _headers(store: MemoryStore, position: int) -> list[tuple[str, bytes]]:
    if position == OTHER_HISTORY:
        return cloud_event_headers(store.events[-1], str(uuid.uuid4()))
    return cloud_event_headers(store.events[position - 1], store.incarnation)


async def _log(facts: int) -> MemoryStore:
    store = MemoryStore("budget", partitions=1)
    new = tuple(NewEvent(str(uuid.uuid4()), "budget.CostPosted", 1, "{}", 0) for _ in range(facts))
    await store.append(
        [Append(str(uuid.uuid4()), b"f", FILM, f"costs-{FILM}", 0, "maya", "c", events=new)]
    )
    return store


async def _proved(store: MemoryStore, positions: Sequence[int], confirmed_at: int = 99) -> Cursor:
    """What that topic proves to a relay that had everything confirmed, the last at that offset."""
    last = store.events[-1]
    confirmed = Cursor(
        store.incarnation, last.position, (last.position,), (last.hash,), (confirmed_at,)
    )
    return await proved(Topic(store, positions), store, confirmed)


@pytest.mark.parametrize(
    ("positions", "reached"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8, 9], 9),
        ([1, 2, 3], 3),
        ([], 0),
        # Sent again by a relay that did not know how far the one before it had come.
        ([1, 2, 3, 1, 2, 3, 4], 4),
        # On its way when the end was lost, or when all of it was.
        ([1, 2, 3, 7, 8, 9], 3),
        ([7, 8, 9], 0),
        # The same, and then sent again as far as it goes.
        ([1, 2, 3, 7, 8, 4, 5], 5),
        ([1, 2, 3, 7, 8, 4, 5, 6, 7, 8, 9], 9),
        # Behind another history a log begins with its first fact.
        ([OTHER_HISTORY, OTHER_HISTORY, 1, 2], 2),
        ([OTHER_HISTORY, OTHER_HISTORY, 7, 8], 0),
    ],
)
async def test_a_partition_is_proved_up_to_what_follows_without_a_gap(
    positions: list[int], reached: int
) -> None:
    store = await _log(FACTS)
    cursor = await _proved(store, positions)
    assert (cursor.position, cursor.positions) == (reached, (reached,))
    if reached:
        assert cursor.hashes == (store.events[reached - 1].hash,)
        assert positions[cursor.offsets[0]] == reached


async def test_what_stands_where_it_was_confirmed_is_asked_no_further() -> None:
    store = await _log(FACTS)
    positions = [7, 8, 9]
    assert (await _proved(store, positions, confirmed_at=2)).position == FACTS


async def test_only_the_end_of_a_long_partition_is_looked_at() -> None:
    """As much as relays may have had on their way; what lies before it is taken as it was."""
    store = await _log(LOOKED_BACK_RECORDS + 20)
    everything = list(range(1, LOOKED_BACK_RECORDS + 21))
    assert (await _proved(store, everything[:-5])).position == LOOKED_BACK_RECORDS + 15
    over_a_gap = [*everything[:-10], *everything[-5:]]
    assert (await _proved(store, over_a_gap)).position == LOOKED_BACK_RECORDS + 10


async def test_what_nobody_had_confirmed_proves_nothing() -> None:
    store = await _log(FACTS)
    sent_only = replace(
        await _proved(store, [1, 2, 3, 4, 5], confirmed_at=4), position=3, positions=(3,)
    )
    topic = Topic(store, [1, 2, 3, 4, 5])
    assert (await proved(topic, store, replace(sent_only, offsets=(99,)))).position == 3
