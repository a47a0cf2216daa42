"""Half an hour of load over real processes: is anything growing?

`python -m tests.faults.soak` starts PostgreSQL, Kafka and one process of each role, keeps some films
busy for SOAK_MINUTES, and looks every few seconds at memory, descriptors, connections and lag. A film
is worked on for SOAK_FILM_MINUTES; then another takes its place, as in the life of an installation.
The first half is for caches to fill, so `serve` gets a memory for states that is full by then. The
verdict is over the second half: a line is fitted through what was seen, and must not rise by more
than a bound. What is left then is audited as after any fault.
"""

import asyncio
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import psycopg

from runtime.embedded.home import Home
from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.postgres import EmbeddedPostgres
from tests.faults.client import Client
from tests.faults.probing import figure
from tests.faults.world import World
from tests.servers import _PREFIX, fresh_database, sweep

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
OUT = Path(os.environ.get("SOAK_OUT", "soak.json"))
FILMS = int(os.environ.get("SOAK_FILMS", "4"))
FILM_MINUTES = float(os.environ.get("SOAK_FILM_MINUTES", "2"))
STATES_MIB = 24
LOOK_SECONDS = 5.0
ROLES = ("serve", "relay", "project")


@dataclass(frozen=True)
class Bound:
    """By how much a series may rise over the second half: a share of its mean, or so much."""

    share: float
    least: float


BOUNDS = {
    "rss": Bound(0.03, 8 * 2**20),
    "descriptors": Bound(0.05, 4),
    "connections": Bound(0.05, 4),
    "lag": Bound(0.0, 50),
}
"""By what is looked at. A log that grows lets nothing else grow with it."""


@dataclass(frozen=True)
class Verdict:
    """One series over the second half: its mean, by how much a fitted line rises, and the bound."""

    series: str
    mean: float
    rise: float
    bound: float

    @property
    def flat(self) -> bool:
        return self.rise <= self.bound


Series = dict[str, list[tuple[float, float]]]


def verdict_on(series: str, seen: Sequence[tuple[float, float]]) -> Verdict:
    """The verdict on what was seen at which second, by a least-squares line over its second half."""
    last = seen[-1][0]
    half = [one for one in seen if one[0] >= last / 2]
    mean_at = sum(at for at, _ in half) / len(half)
    mean = sum(value for _, value in half) / len(half)
    spread = sum((at - mean_at) ** 2 for at, _ in half)
    slope = sum((at - mean_at) * (value - mean) for at, value in half) / spread if spread else 0.0
    bound = BOUNDS[series.rpartition(" ")[2]]
    rise = slope * (half[-1][0] - half[0][0])
    return Verdict(series, mean, rise, max(bound.share * mean, bound.least))


def look(world: World) -> dict[str, float]:
    """What there is now, by series."""
    found: dict[str, float] = {}
    for role in ROLES:
        for part in world.running(role):
            process = psutil.Process(part.pid)
            found[f"{role} rss"] = process.memory_info().rss
            found[f"{role} descriptors"] = process.num_fds()
            if role != "relay":
                found[f"{role} lag"] = figure([part], "reel_lag_events")
    found["relay lag"] = figure(world.running("relay"), "reel_relay_backlog_events")
    with psycopg.connect(world.dsn, autocommit=True) as session:
        row = session.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchone()
    found["postgresql connections"] = float(row[0]) if row else 0.0
    return found


async def soak(
    world: World, minutes: float, say: Callable[[str], None]
) -> tuple[Series, list[str]]:
    """What was seen, by series, and what the audit found; the verdict on the former is told before
    the latter, which takes its time."""
    series: Series = {}
    client = world.client()
    over = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as slots:
            for slot in range(FILMS):
                slots.create_task(_one_film_after_another(world, client, slot, over))
            began = time.monotonic()
            while (at := time.monotonic() - began) < 60 * minutes:
                for name, value in (await asyncio.to_thread(look, world)).items():
                    series.setdefault(name, []).append((at, value))
                if len(series["serve rss"]) % 12 == 0:
                    say(f"{at / 60:.0f} of {minutes:g} min, {client.answered:,} commands answered")
                await asyncio.sleep(LOOK_SECONDS)
            over.set()
        for line in _table(series):
            say(line)
        audit = await world.audit(client)
    finally:
        await client.close()
    return series, audit.problems


async def _one_film_after_another(
    world: World, client: Client, slot: int, over: asyncio.Event
) -> None:
    """The first is shorter, by slot, so that not all end at once."""
    for number in itertools.count():
        share = (slot + 1) / FILMS if number == 0 else 1.0
        async with world.load(client, f"soak {time.time_ns()} {slot}/{number}", 1) as load:
            await load.until_under_way(240)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 60 * FILM_MINUTES * share)
        if over.is_set():
            return


async def _main() -> int:
    sweep()
    folder = _folder()
    home = Home(folder, "servers")
    home.acquire()
    postgres, kafka = EmbeddedPostgres(folder / "postgres"), EmbeddedKafka(folder / "kafka")
    world = None
    try:
        dsn, address = await asyncio.gather(
            asyncio.to_thread(postgres.start), asyncio.to_thread(kafka.start)
        )
        world = World(fresh_database(dsn), address, postgres_server=postgres, kafka_server=kafka)
        await world.begin(REEL_STATES_MIB=str(STATES_MIB))
        series, problems = await soak(world, MINUTES, lambda line: print(line, flush=True))
    finally:
        if world is not None:
            world.end()
        kafka.stop()
        postgres.stop()
        home.release()
        shutil.rmtree(folder, ignore_errors=True)
    return _tell(series, problems)


def _folder() -> Path:
    """A new one, which root's PostgreSQL, that runs as "nobody", can get into."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o755)
    return folder


def _verdicts(series: Series) -> list[Verdict]:
    return [verdict_on(name, seen) for name, seen in sorted(series.items())]


def _table(series: Series) -> Iterator[str]:
    yield f"{'series':<26}{'mean':>16}{'rise':>16}{'bound':>16}  verdict"
    for one in _verdicts(series):
        said = "flat" if one.flat else "RISES"
        yield f"{one.series:<26}{one.mean:>16,.0f}{one.rise:>16,.0f}{one.bound:>16,.0f}  {said}"


def _tell(series: Series, problems: Sequence[str]) -> int:
    """Prints what the audit found, writes the file, and answers the exit code."""
    verdicts = _verdicts(series)
    for problem in problems[:40]:
        print(problem)
    flat = all(one.flat for one in verdicts)
    document = {
        "minutes": MINUTES,
        "films": FILMS,
        "film_minutes": FILM_MINUTES,
        "states_mib": STATES_MIB,
        "flat": flat,
        "problems": list(problems),
        "verdicts": [asdict(one) | {"flat": one.flat} for one in verdicts],
        "series": series,
    }
    OUT.write_text(json.dumps(document, indent=1))
    print(f"{'flat' if flat else 'not flat'}, {len(problems)} problems; all of it is in {OUT}")
    return 0 if flat and not problems else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
