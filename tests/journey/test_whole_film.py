"""The whole film as the demo tells it, over HTTP, PostgreSQL and Kafka: what it leaves in four logs
holds together, and at every position of it six read models are what naive folds make of the facts.

Every fact is folded by the real machinery in a transaction of its own; behind it the tables that it
wrote are read back from PostgreSQL, and at the end all of them.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from events.envelope import verified
from runtime import rooms
from runtime.cli.demo import _story
from runtime.cli.work import recorded
from runtime.log.contract import PARTITIONS
from runtime.log.partition import partition_of
from runtime.migrate import Schema, migrate
from runtime.reading.views import ProjectionSink
from tests.declared import undeclared
from tests.http.film import ABOUT, Film
from tests.http.instance import Instance, wait_for
from tests.journey.holding import Watched, apart, live
from tests.journey.naive import FOLDS, tables_of
from tests.journey.naive.telling import Entry, Fact, Tables
from tests.servers import drop_database, fresh_database

pytestmark = pytest.mark.integration

SEED = int(os.environ.get("REEL_SEED") or random.SystemRandom().randrange(10**6))
ORDERS = ("as it was recorded", "shuffled")


@pytest.fixture(scope="module")
def film(instance: Instance) -> Film:
    """The film, played to its end, once everybody has heard of all of it."""
    told: list[str] = []
    _story(instance.settings, instance.url, told.append)
    film = Film(instance.as_, instance.issuer.person, ABOUT["production"])
    wait_for("that all is heard", lambda: is_quiet(instance, film.production))
    return film


def is_quiet(instance: Instance, production: str) -> bool:
    """Whether every reader of a log, policies and projections alike, is at its end."""
    partition = partition_of(production, PARTITIONS)

    def heads() -> dict[str, int]:
        return {
            log: instance.sql(f"SELECT partitions[{partition + 1}] FROM {log}.head")[0][0]
            for log in rooms.services()
        }

    before = heads()
    readers = instance.sql(
        "SELECT table_schema FROM information_schema.tables WHERE table_name = 'place'"
    )
    places = [
        (log, position)
        for (schema,) in readers
        for log, position in instance.sql(
            f"SELECT log, position FROM {schema}.place WHERE partition = %s", partition
        )
    ]
    return all(position == before[log] for log, position in places) and heads() == before


@pytest.fixture(scope="module")
def entries(film: Film) -> list[Entry]:
    """Everything that four logs hold of it, in the order of its recording."""
    told = [entry for log in rooms.services() for entry in film.trail(log)]
    return sorted(told, key=lambda entry: entry["recorded_at_us"])


def test_every_fact_stands_in_its_chain_behind_its_cause(entries: list[Entry]) -> None:
    for log in rooms.services():
        chain = [recorded(entry) for entry in entries if entry["log"] == log]
        assert chain and verified(chain) == chain[-1].hash
        assert [one.position for one in chain] == sorted(one.position for one in chain)
    by_id = {entry["id"]: entry for entry in entries}
    caused = [entry for entry in entries if entry["causation"] is not None]
    assert len(caused) > 50
    for entry in caused:
        assert entry["recorded_at_us"] > by_id[entry["causation"]]["recorded_at_us"]


def test_what_nobody_did_by_hand_was_done_by_the_rooms_own_policies_as_they_declare(
    entries: list[Entry],
) -> None:
    assert undeclared(entries) == []
    for entry in entries:
        own = (f"policy:{entry['log']}", f"timer:{entry['log']}")
        assert (entry["actor"] in own) == (entry["causation"] is not None), entry
    refused = [entry for entry in entries if entry["type"].endswith("ReactionRefused")]
    assert refused == []


@pytest.mark.parametrize("name", FOLDS)
def test_the_live_rows_of_the_whole_film_are_what_a_naive_fold_makes_of_its_trails(
    name: str, film: Film, instance: Instance, entries: list[Entry]
) -> None:
    projection = rooms.projections()[name]
    assert apart(live(instance, projection, film.production), tables_of(name, entries)) == []


def test_there_is_a_naive_fold_for_every_projection() -> None:
    assert set(FOLDS) == set(rooms.projections())


@pytest.fixture(scope="module")
def scratch(database_url: str) -> Iterator[str]:
    """A database with the tables of every projection, and nobody else at work on it."""
    dsn = fresh_database(database_url)
    rooms_of_it = rooms.projections().values()
    migrate([Schema(dsn, one.schema, "reader", one.tables_sql) for one in rooms_of_it])
    yield dsn
    drop_database(dsn)


@pytest.fixture
async def connection(scratch: str) -> AsyncIterator[asyncpg.Connection]:
    session = await asyncpg.connect(scratch, command_timeout=30)
    yield session
    await asyncio.wait_for(session.close(), 10)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", FOLDS)
async def test_at_every_position_the_rows_are_what_a_naive_fold_makes_of_the_facts_so_far(
    name: str, order: str, connection: asyncpg.Connection, entries: list[Entry]
) -> None:
    projection = rooms.projections()[name]
    tables = Watched(projection)
    every = projection.view.tables
    await connection.execute(
        f"TRUNCATE {', '.join(f'{tables.schema}.{one.TABLE}' for one in every)}"
    )
    await tables.learn_types(connection)
    sink = ProjectionSink(tables)
    heard = [entry for entry in entries if entry["log"] in projection.view.logs]
    naive: Tables = {}
    held: Tables = {}
    for entry in heard if order == ORDERS[0] else shuffled(heard):
        tables.written.clear()
        async with connection.transaction():
            await sink.apply(connection, [recorded(entry)], None)
        held |= await tables.read(connection, tables.written, entry["production"])
        FOLDS[name](naive, Fact(entry))
        where = f"behind {entry['log']} {entry['position']}, {entry['type']}"
        assert apart(held, naive) == [], where
    held = await tables.read(connection, every, entries[0]["production"])
    assert apart(held, naive) == []
    assert naive


def shuffled(entries: list[Entry]) -> list[Entry]:
    """Another order, in which each log keeps its own."""
    print(f"REEL_SEED={SEED}")
    turns = [entry["log"] for entry in entries]
    random.Random(SEED).shuffle(turns)
    left = {log: iter([one for one in entries if one["log"] == log]) for log in set(turns)}
    return [next(left[log]) for log in turns]
