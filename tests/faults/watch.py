"""Looks at everything all the time: who has recovered from what, and whether what is said is so.

Twice a second it reads how far the logs and their readers are. Now and then it reads all that
a read model shows together with its places, in one snapshot of the database, and asks processes
whether they are ready and behind nobody. All of it is held against the logs by the audit.
"""

import asyncio
import itertools
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import psycopg

from tests.faults.book import facts_by_production
from tests.faults.client import Client
from tests.faults.truth import Truth, status_rows

if TYPE_CHECKING:
    from tests.faults.world import Reach, World

LOOK_SECONDS = 0.5
SNAPSHOT_EVERY = 10
CLAIM_EVERY = 3
CLAIM_MAY_BE_OLD_SECONDS = 15.0
"""How old a process's word may be: it compares every second, and is unready after ten without."""

Snapshot = tuple[list[int], dict[tuple[str, str], tuple[Any, ...]]]
Heads = dict[str, list[int]]

_ACCOUNTS = """
    SELECT production::text, account, category, working, original, approved, committed,
           cost_to_date, estimate_basis, estimate
    FROM budget_status_v2.account WHERE production = ANY(%s::uuid[])"""
_PLACES = "SELECT position FROM budget_status_v2.place WHERE log = 'budget' ORDER BY partition"


@dataclass
class Recovery:
    """From a moment on, until a command is answered and all readers have what there was then."""

    since: float
    done: "asyncio.Future[float]"
    heads: Heads | None = None


@dataclass
class Watch:
    """Of one load; what it found is asked for at the end."""

    world: "World"
    client: Client
    snapshots: list[Snapshot] = field(default_factory=list)
    claims: int = 0
    false_claims: list[str] = field(default_factory=list)
    aside: set[str] = field(default_factory=set)
    """Productions that a fault lets be parked: their rows are late, and their queries say so."""
    _pending: list[Recovery] = field(default_factory=list)
    _heads: deque[tuple[float, Heads]] = field(default_factory=lambda: deque(maxlen=200))
    _restores: int = 0
    _running: "asyncio.Task[None] | None" = None

    def begin(self) -> None:
        self._running = asyncio.create_task(self._watch(), name="watch")

    async def end(self) -> None:
        """Looks no more; raises what went wrong with looking."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
            if not self._running.cancelled():
                self._running.result()

    def recovery(self, since: float) -> "asyncio.Future[float]":
        """Answers how many seconds after `since` all was as it should be."""
        one = Recovery(since, asyncio.get_running_loop().create_future())
        self._pending.append(one)
        return one.done

    def forget_beyond(self, position: int) -> None:
        """A restore takes back what stands behind that position of the budget log."""
        self._restores += 1
        self.snapshots = [one for one in self.snapshots if max(one[0], default=0) <= position]
        self._heads.clear()

    async def _watch(self) -> None:
        for turn in itertools.count():
            await asyncio.sleep(LOOK_SECONDS)
            try:
                began = time.monotonic()
                reach = await asyncio.to_thread(self.world.reach)
                self._recovered(reach)
                self._heads.append((began, reach.heads))
                if turn % SNAPSHOT_EVERY == 0:
                    restores, one = self._restores, await asyncio.to_thread(self._snapshot)
                    if restores == self._restores:
                        self.snapshots.append(one)
                if turn % CLAIM_EVERY == 0:
                    await self._ask()
            except psycopg.Error:
                continue  # PostgreSQL is away, as ordered

    def _recovered(self, reach: "Reach") -> None:
        now = time.monotonic()
        last = max((sent.answered_at for sent in self.client.book[-200:]), default=0.0)
        for one in list(self._pending):
            if one.heads is None:
                one.heads = reach.heads
            elif last > one.since and not reach.behind(one.heads):
                self._pending.remove(one)
                one.done.set_result(now - one.since)

    def _snapshot(self) -> Snapshot:
        """Rows and places as they are at one moment."""
        productions = list({sent.production for sent in self.client.book} - self.aside)
        with psycopg.connect(self.world.dsn, connect_timeout=10) as session:
            session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            places = [row[0] for row in session.execute(_PLACES)]
            rows = session.execute(_ACCOUNTS, [productions]).fetchall()
        return places, {(row[0], row[1]): tuple(row[2:]) for row in rows}

    async def _ask(self) -> None:
        """Whoever says that it is ready and behind nobody has to be so."""
        asked = time.monotonic()
        parts = [part for part in self.world.running("project") if part.has("budget_status")]
        for part in parts:
            if part.url is None or part.is_frozen() or not await says_that_all_is_well(part.url):
                continue
            reach = await asyncio.to_thread(self.world.reach)
            then = [heads for at, heads in self._heads if at <= asked - CLAIM_MAY_BE_OLD_SECONDS]
            if not then:
                continue
            self.claims += 1
            late = [one for one in reach.behind(then[-1]) if one.startswith("budget_status")]
            if late:
                self.false_claims.append(
                    f"I7: process {part.pid} says that it is ready and behind nobody, and {late} "
                    f"has not what was there {CLAIM_MAY_BE_OLD_SECONDS:.0f} s before"
                )

    def problems(self, truth: Truth) -> list[str]:
        """What was shown at some moment and was not the fold of what the places said."""
        return self.false_claims + list(self._snapshots_apart(truth))

    def _snapshots_apart(self, truth: Truth) -> Iterable[str]:
        by_production = facts_by_production(truth)
        ours = {sent.production for sent in self.client.book} - self.aside
        for places, shown in self.snapshots:
            facts = [
                fact
                for production in ours
                for fact in by_production.get(production, ())
                if places and fact["position"] <= places[fact["partition"]]
            ]
            folded = status_rows(facts)["account"]
            for key in folded.keys() | shown.keys():
                if folded.get(key) != shown.get(key):
                    yield (
                        f"I3: at places {places} the read model had {key} as {shown.get(key)}, "
                        f"the fold has {folded.get(key)}"
                    )


async def says_that_all_is_well(url: str) -> bool:
    """Whether a projector says that it is ready, and that budget status lags behind nothing."""
    async with httpx.AsyncClient(timeout=5) as http:
        try:
            ready = await http.get(f"{url}/readyz")
            metrics = (await http.get(f"{url}/metrics")).text
        except httpx.HTTPError:
            return False
    lags: defaultdict[str, float] = defaultdict(float)
    for line in metrics.splitlines():
        if line.startswith("reel_lag_events{") and 'consumer="budget_status' in line:
            name, _, value = line.rpartition(" ")
            lags[name] = float(value)
    return ready.status_code == 200 and bool(lags) and not any(lags.values())
