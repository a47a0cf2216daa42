"""Records on their way to Kafka, packed in batches of one partition each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Outgoing(NamedTuple):
    """A record before it is sent."""

    partition: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition that are sent, and confirmed, as one.

    `places` says which of the records that were packed are in it, in their order; `content` is
    its producer's own.
    """

    partition: int
    content: Any
    places: list[int] = field(default_factory=list)


def packed(
    records: Sequence[Outgoing], new: Callable[[], Any], takes: Callable[[Any, Outgoing], bool]
) -> list[Batch]:
    """The records in batches of one partition each, in the order in which these were begun.

    `takes` adds a record to a batch's content if there is room; a `new` one has room for any.
    """
    batches: list[Batch] = []
    filling: dict[int, Batch] = {}
    for place, record in enumerate(records):
        batch = filling.get(record.partition)
        if batch is None or not takes(batch.content, record):
            batch = filling[record.partition] = Batch(record.partition, new())
            batches.append(batch)
            takes(batch.content, record)
        batch.places.append(place)
    return batches
