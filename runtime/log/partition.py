"""Which partition carries a production: Kafka's own rule, so that any producer would agree."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(100_000)
def hash_of(production: str) -> int:
    """Kafka's murmur2 of the production's id, without its sign."""
    return int(murmur2(production.encode())) & 0x7FFFFFFF


def partition_of(production: str, partitions: int) -> int:
    """The partition out of `partitions` that carries this production's facts."""
    return hash_of(production) % partitions
