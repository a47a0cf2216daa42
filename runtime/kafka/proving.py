"""What a topic proves of its log: how much of what Kafka had confirmed is there still.

A broker that was restored, or started again without its last writes, has lost the end of some
partitions. What was on its way meanwhile may stand over such a gap, and proves nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from runtime.kafka.lease import Cursor
from runtime.kafka.topic import Record, Tail, Topic
from runtime.log.contract import Store

LOOKED_BACK_RECORDS = 2_000
"""Of each partition that lost its end: what several relays may have had on their way, and more."""

NOTHING = 0, b"", -1
"""Position, hash and offset of what a partition ends with of which nothing is proved."""


async def proved(topic: Topic, store: Store, cursor: Cursor) -> Cursor:
    """The cursor as far as the topic bears it out: before the first record that is gone."""
    known, missing_after = cursor, cursor.position
    tails = await topic.tails(await _lost(topic, cursor), LOOKED_BACK_RECORDS)
    for partition, tail in tails.items():
        survivor = await _survivor(store, known, partition, tail)
        if survivor[0] < known.positions[partition]:
            missing_after = min(missing_after, survivor[0])
        cursor = cursor.ends_at(partition, *survivor)
    # What every partition ends with stays known: until it is sent again, that is what proves that
    # nothing before it was lost meanwhile.
    return replace(cursor, position=missing_after)


async def _lost(topic: Topic, cursor: Cursor) -> Sequence[int]:
    """The partitions whose last confirmed record is not where Kafka had confirmed it."""
    found = await topic.records(
        {partition: at for partition, at in enumerate(cursor.offsets) if at >= 0}
    )
    return [
        partition
        for partition, position in enumerate(cursor.positions)
        if position and not _is(found.get(partition), cursor, position, cursor.hashes[partition])
    ]


async def _survivor(
    store: Store, cursor: Cursor, partition: int, tail: Tail
) -> tuple[int, bytes, int]:
    """Position, hash and offset of the fact that proves that a partition, which ends with `tail`,
    has everything before it.

    One that was confirmed before does, if nothing is missing in front of it; otherwise the
    partition is sent from its beginning.
    """
    furthest = max(cursor.position, cursor.positions[partition])
    record = _last_that_follows(tail, cursor, furthest)
    if record is None:
        return NOTHING
    position = _number(record, "ce_position")
    page = await store.page(position - 1, 1)
    if not page or not _is(record, cursor, position, page[0].hash):
        return NOTHING
    return position, page[0].hash, record.offset


def _last_that_follows(tail: Tail, cursor: Cursor, furthest: int) -> Record | None:
    """The last fact up to `furthest` in a tail that follows from what stands before it."""
    last, reached = None, 0 if tail.is_all else None
    for record in tail.records:
        if not _is_of(record, cursor):
            # Another history ended here, and this one began behind it.
            reached = reached or 0
            continue
        position = _number(record, "ce_position")
        if not 0 < position <= furthest:
            continue
        if reached is None or _number(record, "ce_previous") <= reached < position:
            last, reached = record, position
    return last


def _is(record: Record | None, cursor: Cursor, position: int, hash_: bytes) -> bool:
    """Whether the record is that fact, sent under the log's present incarnation."""
    return (
        record is not None
        and _is_of(record, cursor)
        and _number(record, "ce_position") == position
        and dict(record.headers).get("ce_hash") == hash_.hex().encode()
    )


def _is_of(record: Record, cursor: Cursor) -> bool:
    incarnation = dict(record.headers).get("ce_incarnation")
    return incarnation is not None and incarnation.decode() == cursor.incarnation


def _number(record: Record, header: str) -> int:
    """The number that a record claims; 0 for one of another make."""
    try:
        return int(dict(record.headers)[header])
    except (KeyError, TypeError, ValueError):
        return 0
