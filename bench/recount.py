"""The independent recount: what was acknowledged is there once, in order, and the chains hold; and
the reader that tailed meanwhile saw exactly that."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import asyncpg

from bench.watch import Seen
from events.envelope import GENESIS
from runtime.log.contract import Store

FAULTS_TOLD_MAX = 20


@dataclass
class Acknowledged:
    """What the log said yes to: how many facts, and the sum of their ids, in any order."""

    events: int = 0
    ids: int = 0

    def add(self, ids: Iterable[str]) -> None:
        """One command's facts."""
        for one in ids:
            self.events += 1
            self.ids ^= int(one.replace("-", ""), 16)


@dataclass
class Recount:
    """What a second look found; any fault voids the figures beside it."""

    counted: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


async def recount(url: str, store: Store, acknowledged: Acknowledged, seen: Seen) -> Recount:
    """Counts what is behind `seen.after` with SQL that shares nothing with the append, walks every
    hash of it in Python, and holds both against what was acknowledged and what was seen."""
    found = Recount()
    connection = await asyncpg.connect(url)
    try:
        await _count(connection, store.log, seen.after, acknowledged, found)
        rows = await connection.fetch(_CHAINS.format(log=store.log), seen.after)
    finally:
        await connection.close()
    chains: dict[str, bytes] = {row[0]: row[1] or GENESIS for row in rows}
    walked = await _walk(store, seen.after, chains, found)
    if walked.ids != acknowledged.ids:
        found.faults.append("what the log holds is not what it acknowledged")
    if (walked.events, walked.digest) != (seen.events, seen.digest):
        found.faults.append(
            f"the reader beside the writers saw {seen.events} events, the log has {walked.events}, "
            f"and their hashes in order {'differ' if walked.digest != seen.digest else 'agree'}"
        )
    found.faults = (found.faults + seen.faults)[:FAULTS_TOLD_MAX]
    found.counted = {
        "acknowledged": acknowledged.events,
        "tailed": seen.events,
        "missed": max(0, acknowledged.events - seen.events),
        "holes": seen.holes,
        "reordered": seen.reordered,
        "chains": len(chains),
        "faults": len(found.faults),
    }
    return found


_CHAINS = """
    SELECT production::text, (SELECT hash FROM {log}.event AS e
                              WHERE e.production = new.production AND e.position <= $1
                              ORDER BY e.position DESC LIMIT 1)
    FROM (SELECT DISTINCT production FROM {log}.event WHERE position > $1) AS new"""
_STREAMS = """
    SELECT count(*) FROM (
        SELECT stream, min(version) AS least, max(version) AS most, count(*) AS events
        FROM {log}.event WHERE position > $1 GROUP BY stream) AS new
    WHERE most - least + 1 <> events
       OR least <> 1 + coalesce((SELECT max(version) FROM {log}.event AS e
                                 WHERE e.stream = new.stream AND e.position <= $1), 0)"""


async def _count(
    connection: asyncpg.Connection, log: str, after: int, acknowledged: Acknowledged, found: Recount
) -> None:
    events, first, last, ids = await connection.fetchrow(
        f"SELECT count(*), min(position), max(position), count(DISTINCT id) "
        f"FROM {log}.event WHERE position > $1",
        after,
    ) or (0, 0, 0, 0)
    if events != acknowledged.events or ids != events:
        found.faults.append(
            f"{acknowledged.events} events were acknowledged, {events} are there with {ids} ids"
        )
    if events and (first, last) != (after + 1, after + events):
        found.faults.append(f"positions run from {first} to {last} over {events} events")
    broken = await connection.fetchval(_STREAMS.format(log=log), after)
    if broken:
        found.faults.append(f"{broken} streams have gaps in their versions")
    head = await connection.fetchval(f"SELECT position FROM {log}.head")
    if head != after + events:
        found.faults.append(f"the head is at {head}, the last event at {after + events}")


@dataclass
class _Walked(Acknowledged):
    digest: str = ""


async def _walk(store: Store, after: int, chains: dict[str, bytes], found: Recount) -> _Walked:
    walked, digest = _Walked(), hashlib.sha256()
    while page := await store.page(after, 5_000):
        for recorded in page:
            before = chains.get(recorded.production, GENESIS)
            if recorded.hash_after(before) != recorded.hash:
                found.faults.append(f"the chain breaks at position {recorded.position}")
            chains[recorded.production] = recorded.hash
            digest.update(recorded.hash)
        walked.add(recorded.id for recorded in page)
        after = page[-1].position
    walked.digest = digest.hexdigest()
    return walked
