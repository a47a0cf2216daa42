"""One installation of Reel under fault: its servers, its processes, its client, and its audit."""

import asyncio
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.people.identity import Issuer
from runtime.process import migrate_all
from runtime.settings import Settings
from tests.faults.book import Audit, hold_book, money_apart, samples_apart
from tests.faults.client import Client, Load
from tests.faults.parts import START_SECONDS_MAX, Part
from tests.faults.topic import topic_problems
from tests.faults.truth import HEARS, LOGS, Truth
from tests.faults.watch import Watch
from tests.servers import drop_database

SETTLE_SECONDS_MAX = 60.0
ALARMS = (
    "partition_stopped",
    "production_parked",
    "unforeseen",
    "fold_failed",
    "Traceback",
    "never retrieved",
)
"""What no process of Reel may say, whatever fault it went through."""


_PLACES = " UNION ALL ".join(
    f"SELECT '{consumer}', log, array_agg(position ORDER BY partition) FROM {consumer}.place "
    "GROUP BY log"
    for consumer in HEARS
)
# Places are read first: facts that come in between must not make anybody look ahead.
_HEADS = " UNION ALL ".join(
    f"SELECT '{log}', h.partitions, r.position FROM {log}.head h, {log}.relay r" for log in LOGS
)


@dataclass(frozen=True)
class Reach:
    """How far the logs are, and how far their readers: places by consumer, relays by log."""

    heads: dict[str, list[int]]
    places: dict[tuple[str, str], list[int]]
    relays: dict[str, int]

    def behind(self, heads: dict[str, list[int]] | None = None) -> list[str]:
        """Who has not come as far as `heads`, or as the present ones."""
        heads = heads or self.heads
        late = [
            f"{consumer} in {log}"
            for (consumer, log), places in self.places.items()
            if any(at < head for at, head in zip(places, heads[log], strict=True))
        ]
        return late + [f"relay of {log}" for log, at in self.relays.items() if at < max(heads[log])]


class World:
    """`parts` are the processes that are to run; a fault that ends one starts another."""

    def __init__(
        self,
        dsn: str,
        kafka: str,
        *,
        postgres_server: EmbeddedPostgres | None,
        kafka_server: EmbeddedKafka | None,
    ) -> None:
        self.dsn = dsn
        self.kafka = kafka
        self.postgres_server = postgres_server
        self.kafka_server = kafka_server
        self.folder = Path(tempfile.mkdtemp(prefix="reel-faults-"))
        self.parts: list[Part] = []
        self.broken = False
        self.through: dict[str, str] = {}
        """Where processes that are started from now on find their servers, if not directly."""
        self._settings = Settings(
            home=self.folder,
            database_url=dsn,
            kafka=kafka,
            topic_prefix=f"faults-{self.folder.name[-8:].lower()}",
        )
        self._issuer = Issuer(self._settings)
        self._tokens: dict[str, str] = {}
        self._started = 0
        self._heard: dict[Path, Counter[str]] = {}

    async def begin(self, **environment: str) -> None:
        """Migrates and starts one process of each role."""
        await self.migrate()
        roles = ("serve", "relay", "project")
        await asyncio.gather(*(self.start(role, **environment) for role in roles))

    async def migrate(self) -> None:
        """As `reel migrate` does."""
        await migrate_all(self._settings)

    def end(self) -> None:
        """Nothing is left of it, but the logs of a world that broke."""
        for part in self.parts:
            part.kill()
        if not self.broken:
            shutil.rmtree(self.folder, ignore_errors=True)
        drop_database(self.dsn)

    # Processes

    @property
    def environment(self) -> dict[str, str]:
        """What every process of this installation has in its environment."""
        return {
            "REEL_HOME": str(self.folder),
            "REEL_DATABASE_URL": self.dsn,
            "REEL_KAFKA": self.kafka,
            "REEL_TOPIC_PREFIX": self._settings.topic_prefix,
            "REEL_PORT": "0",
        }

    def launch(self, role: str, **environment: str) -> Part:
        """Starts a process without waiting for it; `role` may go on: "relay budget"."""
        self._started += 1
        part = Part(
            role,
            self._started,
            self.folder,
            self.environment | self.through | environment,
        )
        self.parts.append(part)
        return part

    async def start(self, role: str, **environment: str) -> Part:
        """Starts a process and waits until it answers, or has met its end already."""
        part = self.launch(role, **environment)
        deadline = time.monotonic() + START_SECONDS_MAX
        while part.url is None and part.poll() is None:
            assert time.monotonic() < deadline, f"{role} does not start\n{part.tail()}"
            await asyncio.sleep(0.02)
        code = part.poll()
        assert code in (None, -signal.SIGKILL), f"{role} ended with {code}\n{part.tail()}"
        return part

    def running(self, role: str) -> list[Part]:
        return [part for part in self.parts if part.role == role and part.poll() is None]

    def urls(self, role: str, room: str | None = None) -> list[str]:
        """Where the processes of that role answer that are neither dead nor frozen; and, if they
        run some rooms only, have that room."""
        return [
            part.url
            for part in self.running(role)
            if part.url and part.has(room) and not part.is_frozen()
        ]

    async def replace(self, role: str, **environment: str) -> Part:
        """Another process in the place of those of that role, which stop in good order."""
        before = self.running(role)
        part = await self.start(role, **environment)
        for old in before:
            await self.stop(old)
        return part

    async def stop(self, part: Part) -> None:
        """SIGTERM, and it has to be gone in time."""
        part.send(signal.SIGTERM)
        code = await self.ended(part, 25)
        assert code == 0, f"{part.role} ended with {code}\n{part.tail()}"

    async def ended(self, part: Part, seconds: float = 40.0) -> int:
        """Its exit code, once it has ended."""
        deadline = time.monotonic() + seconds
        while (code := part.poll()) is None:
            assert time.monotonic() < deadline, f"{part.role} did not end\n{part.tail()}"
            await asyncio.sleep(0.01)
        return code

    async def frozen(self, part: Part, seconds: float = 40.0) -> None:
        """Waits until SIGSTOP holds it."""
        deadline = time.monotonic() + seconds
        while not part.is_frozen():
            assert part.poll() is None, f"{part.role} ended\n{part.tail()}"
            assert time.monotonic() < deadline, f"{part.role} was not frozen\n{part.tail()}"
            await asyncio.sleep(0.01)

    async def reel(self, *words: str) -> str:
        """Runs a command of `reel` to its end, and answers what it said."""
        part = self.launch(" ".join(words))
        code = await self.ended(part, 120)
        assert code == 0, f"reel {words[0]} ended with {code}\n{part.tail()}"
        return "\n".join(part.lines())

    def topic(self, log: str) -> str:
        """The topic that carries a log here."""
        return self._settings.topic(log)

    # The client

    def client(self) -> Client:
        return Client(
            lambda room: self.urls("serve", room),
            lambda: self.urls("project", "budget_status"),
            self.token_of,
        )

    def load(self, client: Client, seed: str, films: int = 3) -> Load:
        return Load(client, self._issuer.person, seed, films)

    def person(self, name: str) -> str:
        """The id that stands for a name here."""
        return self._issuer.person(name)

    def token_of(self, person: str) -> str:
        if person not in self._tokens:
            self._tokens[person] = self._issuer.token(person)
        return self._tokens[person]

    # What everybody has reached

    def reach(self) -> Reach:
        """Read directly, past every proxy; raises `psycopg.OperationalError`."""
        with psycopg.connect(self.dsn, autocommit=True, connect_timeout=30) as session:
            found = {
                (consumer, log): positions
                for consumer, log, positions in session.execute(_PLACES.encode())
            }
            rows = session.execute(_HEADS.encode()).fetchall()
        return Reach(
            {log: partitions for log, partitions, _ in rows},
            {
                (consumer, log): found.get((consumer, log)) or [0] * 12
                for consumer, logs in HEARS.items()
                for log in logs
            },
            {log: position for log, _, position in rows},
        )

    async def reached(self, heads: dict[str, list[int]], seconds: float = 60.0) -> None:
        """Until everybody is as far as `heads`."""
        await self.until(lambda: self.reach().behind(heads), seconds)

    async def settle(self) -> None:
        """At rest: nobody is behind, twice the same, and everybody says so.

        What a policy answers moves a head again, so one look is not enough.
        """
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        before: Reach | None = None
        while True:
            now = await asyncio.to_thread(self.reach)
            if not now.behind() and now == before:
                break
            before = now
            assert time.monotonic() < deadline, (
                f"I6: not at rest after {SETTLE_SECONDS_MAX:.0f} s: {now.behind()}\n{self.tails()}"
            )
            await asyncio.sleep(0.1)
        await self.until(self._not_at_rest, 30)

    def _not_at_rest(self) -> list[str]:
        """Who is not ready, or does not say a lag of 0."""
        found = []
        for part in list(self.parts):
            if part.poll() is not None:
                continue
            try:
                ready = httpx.get(f"{part.url}/readyz", timeout=5)
                metrics = httpx.get(f"{part.url}/metrics", timeout=5).text
            except httpx.TransportError as error:
                found.append(f"{part.role}: {error!r}")
                continue
            if ready.status_code != 200:
                found.append(f"{part.role}: {ready.text}")
            found += [
                f"{part.role}: {line}"
                for line in metrics.splitlines()
                if line.startswith(("reel_lag_events{", "reel_relay_backlog_events{"))
                and float(line.rpartition(" ")[2]) != 0
            ]
        return found

    async def until(self, look: Callable[[], list[str]], seconds: float) -> None:
        """Until `look` finds nothing any more that is not right."""
        deadline = time.monotonic() + seconds
        while found := await asyncio.to_thread(look):
            assert time.monotonic() < deadline, (
                f"after {seconds:.0f} s still {found}\n{self.tails()}"
            )
            await asyncio.sleep(0.1)

    # The audit

    async def audit(
        self, client: Client, *, topic: bool = False, watch: Watch | None = None
    ) -> Audit:
        """Holds the client's book against the logs, and everything else against each other."""
        await self._repeat_some(client)
        await self.settle()
        await client.sample_all()
        truth = await asyncio.to_thread(Truth, self.dsn)
        audit = Audit(client.trouble + truth.problems())
        hold_book(audit, client, truth)
        audit.problems += money_apart(client, truth)
        audit.problems += samples_apart(client.samples, truth) + self.alarms()
        if watch is not None:
            audit.problems += watch.problems(truth)
        if topic:
            audit.problems += await topic_problems(
                self.kafka, self._settings.topic, truth.logs, truth.heads
            )
        return audit

    async def _repeat_some(self, client: Client) -> None:
        """Every command that took more than one call, and some others, once more."""
        again = [sent for sent in client.book if sent.attempts > 1][:40] + client.book[::25]
        for first in range(0, len(again), 10):
            await asyncio.gather(*(client.repeat(sent) for sent in again[first : first + 10]))

    def alarms(self) -> list[str]:
        """What processes said of `ALARMS` since they were last asked; the audit asks at its end.

        Those that had ended by then will say nothing more, and are not asked again.
        """
        ended = [part for part in self.parts if part.poll() is not None]
        found = []
        for part in self.parts:
            before = self._heard.get(part.log, Counter())
            heard = Counter({word: part.said(word) for word in ALARMS})
            self._heard[part.log] = heard
            if heard - before:
                found.append(f"{part.log} says {dict(heard - before)}")
        self.parts = [part for part in self.parts if part not in ended]
        return found

    def tails(self) -> str:
        """The ends of the logs of the processes that run."""
        return "\n".join(part.tail(8) for part in self.parts if part.poll() is None)

    # Faults

    @contextmanager
    def held(self, statement: str) -> Iterator[None]:
        """Holds a lock of the database that `statement` takes, until the block ends."""
        with psycopg.connect(self.dsn) as session:
            session.execute(statement.encode())
            yield

    async def waits(self, query: str, seconds: float) -> bool:
        """Whether, before long, a session waits for a lock inside a statement like `query`."""

        def look() -> bool:
            with psycopg.connect(self.dsn, autocommit=True) as session:
                row: Any = session.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND wait_event_type = 'Lock' AND query LIKE %s",
                    [query],
                ).fetchone()
            return bool(row[0])

        deadline = time.monotonic() + seconds
        while not await asyncio.to_thread(look):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.01)
        return True
