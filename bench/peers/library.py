"""Appends of the `eventsourcing` library 9.5, by its public classes: safe mode, which locks the
table so that readers miss nothing, and its database function, which does not.

It has no asynchronous interface: as many threads as it is quickest with give one event each to
aggregates that are held in memory, so that nothing but the append is measured.
"""

import itertools
import threading
import time
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.figures import LOOKS, Figure, figure_of, quickest

THREADS = (4, 16, 64)
AGGREGATES = 10_000
DESCRIPTION = "Lantern room, scaffolding and weather cover"


class Costs(Aggregate):
    """A production's commitments."""

    @event("Raised")
    def raise_commitment(
        self, commitment: str, account: str, amount: str, description: str, raised_on: str
    ) -> None:
        self.last = commitment


class Ledger(Application[UUID]):
    """Keeps them."""

    name = "ledger"


def environment(database_url: str) -> dict[str, str]:
    """The library's settings for one database."""
    url = urlsplit(database_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.path.lstrip("/"),
        "POSTGRES_HOST": url.hostname or "",
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": url.username or "",
        "POSTGRES_PASSWORD": url.password or "none",
    }


class Library:
    """One application in one of the two modes, over a table that both share."""

    def __init__(self, database_url: str, *, with_function: bool) -> None:
        self._database_url = database_url
        self._env = environment(database_url) | {
            "POSTGRES_POOL_SIZE": str(max(THREADS)),
            "POSTGRES_MAX_OVERFLOW": "0",
            "POSTGRES_ENABLE_DB_FUNCTIONS": "y" if with_function else "n",
        }
        self._app = Ledger(env=self._env)
        self._costs: list[Costs] = []
        self._numbers = itertools.count(1)

    def fill(self, events: int) -> None:
        """So many events of others, as copies of one that the library wrote itself."""
        one = Costs()
        self._raise(one)
        self._app.save(one)
        with psycopg.connect(self._database_url, autocommit=True) as session:
            session.execute(
                "INSERT INTO ledger_events (originator_id, originator_version, topic, state) "
                "SELECT gen_random_uuid(), 1, topic, state FROM ledger_events, "
                "generate_series(1, %s) WHERE originator_version = 2",
                [events],
            )
            session.execute("VACUUM (ANALYZE) ledger_events")

    def prepare(self) -> None:
        """Aggregates to give events to, saved in one go."""
        self._costs = [Costs() for _ in range(AGGREGATES)]
        self._app.save(*self._costs)

    def best_threads(self, seconds: float) -> int:
        """The number of threads with which it is quickest here."""
        return quickest(
            [
                {threads: self.append(threads, seconds).per_second for threads in THREADS}
                for _ in range(LOOKS)
            ]
        )

    def append(self, threads: int, seconds: float) -> Figure:
        """What it reaches with that many threads."""
        latencies: list[list[float]] = [[] for _ in range(threads)]
        failed: list[BaseException] = []
        until = time.perf_counter() + seconds

        def work(share: int) -> None:
            own = itertools.cycle(self._costs[share::threads])
            try:
                while (asked := time.perf_counter()) < until:
                    costs = next(own)
                    self._raise(costs)
                    self._app.save(costs)
                    latencies[share].append(time.perf_counter() - asked)
            except BaseException as error:
                failed.append(error)

        began = time.perf_counter()
        together([threading.Thread(target=work, args=(n,)) for n in range(threads)])
        took = time.perf_counter() - began
        if failed:
            raise failed[0]
        return figure_of(list(itertools.chain(*latencies)), took)

    def _raise(self, costs: Costs) -> None:
        costs.raise_commitment(
            f"PO-{next(self._numbers)}", "3601", "1250.00", DESCRIPTION, "2026-09-07"
        )

    def missed(self, threads: int, seconds: float) -> int:
        """How many events a reader misses that follows the notifications while so many threads
        append, as one follows Reel's log."""
        tail = _Tail(self._env)
        tail.start()
        try:
            self.append(threads, seconds)
        finally:
            missed = tail.end()
        return missed

    def close(self) -> None:
        """Closes its connections."""
        self._app.close()


class _Tail(threading.Thread):
    """Reads notifications behind the last one it has seen, as the library's own readers do."""

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self._app = Ledger(env=env | {"POSTGRES_POOL_SIZE": "1"})
        self._first = self._last = self._app.recorder.max_notification_id() or 0
        self._seen = 0
        self._ended = threading.Event()

    def run(self) -> None:
        recorder = self._app.recorder
        while True:
            ended = self._ended.is_set()
            page = recorder.select_notifications(self._last, 1_000, inclusive_of_start=False)
            if page:
                self._seen += len(page)
                self._last = int(page[-1].id)
            elif ended:
                return
            else:
                time.sleep(0.01)

    def end(self) -> int:
        """Reads to the end; answers how many were there that it has not seen."""
        self._ended.set()
        self.join()
        there, at = 0, self._first
        while page := self._app.recorder.select_notifications(at, 5_000, inclusive_of_start=False):
            there += len(page)
            at = int(page[-1].id)
        self._app.close()
        return there - self._seen


def together(threads: list[threading.Thread]) -> None:
    """Starts threads, and waits for all of them."""
    for one in threads:
        one.start()
    for one in threads:
        one.join()
