"""A read model is the same whichever way it is made: live in any order and any pages, by Kafka's
records, from the log behind it, or as of a moment; and that at every position."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from events.envelope import Recorded, cloud_event_headers, from_cloud_event, moment_of
from runtime import rooms
from runtime.log.contract import Store
from runtime.log.memory import MemoryStore
from runtime.reading.consumer import Carried, Consumer
from runtime.reading.kept import Kept
from runtime.reading.moment import Moment
from runtime.reading.past import Cut, Past
from runtime.reading.views import ProjectionSink
from runtime.view import Rows, View
from tests.audit.replaying import VOCABULARY, film_of
from tests.carrying.world import Log
from tests.simulation.database import Connections, Database
from tests.simulation.loop import Loop
from tests.simulation.tables import MemoryParked, MemoryPlaces, MemoryTables
from tests.simulation.weather import Weather

pytestmark = pytest.mark.unit

FILMS = [film_of(number) for number in range(2)]
FACTS_MAX = 40
BEGUN_US = 1_790_000_000_000_000

Told = dict[str, Rows]
"""Rows by production."""

DRAWN = st.lists(
    st.sampled_from(
        [(film, log, fact) for film in FILMS for log, facts in VOCABULARY.items() for fact in facts]
    ),
    max_size=FACTS_MAX,
)
a_few = settings(
    max_examples=10,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


@dataclass
class House:
    """Logs with a history in them, and a database that never fails."""

    view: View
    stores: dict[str, MemoryStore]
    database: Database

    def consumer(self, schema: str) -> Consumer:
        """One that has heard nothing yet."""
        sink = ProjectionSink(MemoryTables(schema, self.view))
        kept = Kept(MemoryPlaces(schema), MemoryParked(schema))
        stores: dict[str, Store] = dict(self.stores)
        return Consumer(schema, schema, Connections(self.database, None), stores, sink, kept)

    def rows(self, schema: str) -> Told:
        """What it holds now."""
        told = {film: Rows() for film in FILMS}
        for table in self.view.tables:
            for (film, _), row in self.database.tables.get((schema, table.TABLE), {}).items():
                told[film].put(row)
        return told

    async def take(self, consumer: Consumer, facts: Sequence[Recorded]) -> None:
        """Facts of one log, as Kafka carries them."""
        log = facts[0].log
        incarnation = self.stores[log].incarnation
        carried = [
            Carried(*from_cloud_event(dict(headers), fact.payload.encode(), 0), fact.position)
            for fact in facts
            for headers in [cloud_event_headers(fact, incarnation)]
        ]
        await consumer.take(log, 0, carried)

    async def as_of(self, cut: Cut) -> Told:
        """What the log says that it was then."""
        past = Past(self.view, self.stores)
        return {film: (await past.rows(film, cut))[0] for film in FILMS}

    def moment(self, consumer: Consumer) -> Cut:
        """Where a consumer is."""
        at = {
            log: (one.incarnation, consumer.place(log, 0).position)
            for log, one in self.stores.items()
        }
        return Cut(Moment(at), moment_of(BEGUN_US))


async def house(view: View, facts: Sequence[tuple[str, str, object]], loop: Loop) -> House:
    clock = itertools.count(BEGUN_US, 1_000)
    stores = {
        log: MemoryStore(log, clock_us=lambda: next(clock), partitions=1) for log in view.logs
    }
    logs = {name: Log(store) for name, store in stores.items()}
    for film, log, fact in facts:
        if log in logs:
            await logs[log].record(film, fact)  # type: ignore[arg-type]
    weather = Weather(random.Random(0))
    weather.clears()
    return House(view, stores, Database(loop, weather))


def pages(stores: dict[str, MemoryStore], chance: random.Random) -> Iterator[list[Recorded]]:
    """All facts, log by log in pages of chance, in any order of the logs; some come twice."""
    left = {log: list(one.events) for log, one in stores.items() if one.events}
    while left:
        log = chance.choice(sorted(left))
        size = chance.choice((1, 1, 2, 7))
        page, left[log] = left[log][:size], left[log][size:]
        yield page
        if chance.random() < 0.2:
            yield page
        if not left[log]:
            del left[log]


def in_time(stores: dict[str, MemoryStore]) -> list[Recorded]:
    """All facts in the order in which they were recorded."""
    return sorted(
        (fact for one in stores.values() for fact in one.events),
        key=lambda fact: fact.recorded_at_us,
    )


@pytest.mark.parametrize("name", rooms.projections())
@given(facts=DRAWN, chance=st.randoms(use_true_random=False))
@a_few
def test_live_rows_are_those_of_the_log_at_every_position_and_of_a_rebuild_at_the_end(
    name: str, facts: list[tuple[str, str, object]], chance: random.Random
) -> None:
    loop, seen = Loop(0), Counter[str]()

    async def play() -> None:
        one = await house(rooms.projections()[name].view, facts, loop)
        live, rebuilt = one.consumer("live"), one.consumer("rebuilt")
        await live.start()
        for number, page in enumerate(pages(one.stores, chance)):
            if number % 9 == 8:
                live = one.consumer("live")
                await live.start()
            await one.take(live, page)
            assert one.rows("live") == await one.as_of(one.moment(live))
        await rebuilt.start()
        for log in one.stores:
            await rebuilt.check_tail(log, behind_seconds_max=0)
            assert rebuilt.place(log, 0).position == len(one.stores[log].events)
        assert one.rows("rebuilt") == one.rows("live")
        seen["facts"] = sum(len(store.events) for store in one.stores.values())

    loop.run(play())
    assert seen["facts"] == sum(log in rooms.projections()[name].view.logs for _, log, _ in facts)


@pytest.mark.parametrize("name", rooms.projections())
@given(facts=DRAWN)
@a_few
def test_as_of_a_time_is_what_a_live_system_held_that_was_stopped_then(
    name: str, facts: list[tuple[str, str, object]]
) -> None:
    loop = Loop(0)

    async def play() -> None:
        one = await house(rooms.projections()[name].view, facts, loop)
        live = one.consumer("live")
        await live.start()
        stopped: dict[datetime, Told] = {}
        for fact in in_time(one.stores):
            await one.take(live, [fact])
            stopped[fact.recorded_at] = one.rows("live")
        for then, rows in stopped.items():
            cut = await Past(one.view, one.stores).cut(then, None, max(stopped))
            assert await one.as_of(cut) == rows

    loop.run(play())
