"""The independent recount: what was acknowledged is there once, in order, and the chains hold."""

from collections import defaultdict
from dataclasses import dataclass

import asyncpg

from events.envelope import GENESIS
from runtime.log.contract import Store


@dataclass(frozen=True)
class Recount:
    """What a second look at the whole log found; any fault voids the figures beside it."""

    events: int
    chains: int
    faults: tuple[str, ...]


async def recount(database_url: str, store: Store, acknowledged: int) -> Recount:
    """Counts with SQL that shares nothing with the append, and walks every hash in Python."""
    faults = []
    connection = await asyncpg.connect(database_url)
    try:
        events, first, last = await connection.fetchrow(
            f"SELECT count(*), min(position), max(position) FROM {store.log}.event"
        ) or (0, 0, 0)
        if events != acknowledged:
            faults.append(f"{acknowledged} events were acknowledged, {events} are there")
        if events and (first, last) != (1, events):
            faults.append(f"positions run from {first} to {last} over {events} events")
        gaps = await connection.fetchval(
            f"SELECT count(*) FROM (SELECT stream FROM {store.log}.event GROUP BY stream "
            "HAVING count(*) <> max(version) OR min(version) <> 1) AS broken"
        )
        if gaps:
            faults.append(f"{gaps} streams have gaps in their versions")
    finally:
        await connection.close()
    chains: dict[str, bytes] = defaultdict(lambda: GENESIS)
    position = 0
    while page := await store.page(position, 5_000):
        for recorded in page:
            if recorded.hash_after(chains[recorded.production]) != recorded.hash:
                faults.append(f"the chain breaks at position {recorded.position}")
            chains[recorded.production] = recorded.hash
        position = page[-1].position
    return Recount(events, len(chains), tuple(faults[:20]))
