"""Logs of drawn histories in PostgreSQL, and every read model of them as its worker keeps it."""

import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from events.envelope import Recorded
from events.event import Event, decode
from events.names import id_of
from runtime import rooms
from runtime.log.contract import Append, NewEvent, Outcome, Store
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.reading.consumer import Carried, Consumer
from runtime.reading.tables import Tables
from runtime.reading.views import ProjectionSink
from runtime.rebuilding.registry import VIEWS
from runtime.settings import Settings
from tests.http.instance import settings_of
from tests.projections.day_out_of_days import lighthouse as boards
from tests.projections.histories import FACTS
from tests.projections.telling import log_of
from tests.projections.timeline import lighthouse as film

SAMPLES = Path(__file__).parents[1] / "samples"
PAGES = (1, 1, 2, 5, 20)
"""How many facts a worker may be given at once."""


def vocabulary() -> dict[str, list[Event]]:
    """Facts of the sample film that speak of each other, and one of every version there ever was:
    together they leave no table of any read model empty."""
    facts = {log: list(events) for log, events in FACTS.items()}
    for event in (*film.STORY, *film.OTHERS, *boards.STORY, *boards.OTHERS):
        facts[log_of(event)].append(event)
    for path in sorted(SAMPLES.glob("*.json")):
        name, _, version = path.stem.rpartition(".v")
        event = decode(name, int(version), path.read_text())
        if (log := log_of(event)) in facts:
            facts[log].append(event)
    return facts


VOCABULARY = vocabulary()


def film_of(number: int) -> str:
    """The id of a production."""
    return id_of("replayed film", str(number))


@dataclass
class Studio:
    """All logs and all read models in one database; workers are fed by hand."""

    settings: Settings
    pool: asyncpg.Pool
    stores: Mapping[str, Store]
    consumers: dict[str, Consumer] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)

    async def start(self) -> None:
        """Workers as a new process has them: they remember no row."""
        for name, one in rooms.projections().items():
            tables = Tables(one.schema, one.view)
            await tables.learn_types(self.pool)
            stores = {log: self.stores[log] for log in one.view.logs}
            sink = ProjectionSink(tables)
            self.consumers[name] = Consumer(one.schema, one.schema, self.pool, stores, sink)
            await self.consumers[name].start()

    async def record(self, log: str, production: str, events: Iterable[Event]) -> None:
        """Each fact by a command of its own."""
        stream = f"{log}-{production}"
        for event in events:
            version = self._versions.get(stream, 0)
            command = id_of("command", stream, str(version))
            new = NewEvent(
                id_of("event", command), *event.wire(), event.encode(), 1_790_000_000_000_000
            )
            append = Append(
                command, b"by hand", production, stream, version, "maya", command, events=(new,)
            )
            (answer,) = await self.stores[log].append([append])
            assert answer.outcome is Outcome.RECORDED
            self._versions[stream] = answer.version

    async def pages(self, chance: random.Random) -> list[tuple[str, list[Recorded]]]:
        """Everything that every read model is to hear, with its name: in pages of drawn sizes and
        in a drawn order, in which each partition of a log keeps its own."""
        waiting: list[list[tuple[str, list[Recorded]]]] = []
        for log, store in self.stores.items():
            by_partition: dict[int, list[Recorded]] = {}
            for one in await store.page(limit=100_000):
                by_partition.setdefault(one.partition, []).append(one)
            for name, projection in rooms.projections().items():
                if log in projection.view.logs:
                    waiting += [
                        [(name, page) for page in cut(facts, chance)]
                        for facts in by_partition.values()
                    ]
        order = []
        while waiting:
            own = chance.choice(waiting)
            order.append(own.pop(0))
            if not own:
                waiting.remove(own)
        return order

    async def take(self, name: str, page: Sequence[Recorded]) -> None:
        """One worker takes one page."""
        log = page[0].log
        incarnation = (await self.stores[log].heads()).incarnation
        carried = [Carried(incarnation, one, -1) for one in page]
        await self.consumers[name].take(log, page[0].partition, carried)
        place = self.consumers[name].place(log, page[0].partition)
        assert place.position == page[-1].position, place


def cut(facts: Sequence[Recorded], chance: random.Random) -> list[list[Recorded]]:
    """Those facts in pages of drawn sizes."""
    pages = []
    rest = list(facts)
    while rest:
        size = chance.choice(PAGES)
        pages.append(rest[:size])
        rest = rest[size:]
    return pages


def made(dsn: str) -> None:
    """Every log and every read model in that database."""
    schemas = [Schema(dsn, VIEWS, "views")]
    schemas += [Schema(dsn, log, "log") for log in rooms.services()]
    schemas += [Schema(dsn, f"{log}_service", "reader") for log in rooms.services()]
    for one in rooms.projections().values():
        schemas.append(Schema(dsn, one.schema, "reader", one.tables_sql))
    migrate(schemas)


async def studio(dsn: str, home: Path, kafka: str = "none") -> Studio:
    """All of it, with workers at the beginning."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=8, command_timeout=60)
    stores = {log: PostgresStore(log, pool) for log in rooms.services()}
    settings = settings_of(home, dsn, kafka, f"replay-{secrets.token_hex(4)}")
    found = Studio(settings, pool, stores)
    await found.start()
    return found
