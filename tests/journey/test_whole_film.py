"""The whole film as the demo tells it, over HTTP, PostgreSQL and Kafka: what it leaves in four logs
holds together, and at every position of it six read models are what naive folds make of the facts.
A replay of what the logs hold, and of what Kafka carries, finds the rows that are live.

Every fact is folded by the real machinery in a transaction of its own; behind it the tables that it
wrote are read back from PostgreSQL, and at the end all of them. Now and then the story stops, and
what is answered then is answered again, at its end, as of that moment.
"""

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from events.envelope import moment_of, verified
from runtime import rooms
from runtime.audit.replay.plan import chosen
from runtime.audit.replay.run import Source, replay
from runtime.cli.chains import recorded
from runtime.cli.demo import _story
from runtime.log.contract import PARTITIONS, Store
from runtime.log.partition import partition_of
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.reading.moment import Moment
from runtime.reading.past import Past
from runtime.reading.views import ProjectionSink
from runtime.view import Rows, View
from tests.declared import undeclared
from tests.http.film import ABOUT, LEADER, Film
from tests.http.instance import Instance, wait_for
from tests.journey.holding import Watched, apart, keyed, live
from tests.journey.naive import FOLDS, tables_of
from tests.journey.naive.telling import Entry, Fact, Tables
from tests.servers import drop_database, fresh_database

pytestmark = pytest.mark.integration

SEED = int(os.environ.get("REEL_SEED") or random.SystemRandom().randrange(10**6))
ORDERS = ("as it was recorded", "shuffled")
STOP_EVERY_LINES = 11
QUESTIONS = (
    "budget-status",
    "budget-lines",
    "hot-costs",
    "contracts",
    "inbox",
    "obligations",
    "timeline",
)


@dataclass(frozen=True)
class Stop:
    """A moment at which the story stood still, and what was answered then."""

    at: datetime
    answers: dict[str, Any]


@pytest.fixture(scope="module")
def stops() -> list[Stop]:
    """Where the story stopped, once `film` was played."""
    return []


@pytest.fixture(scope="module")
def film(instance: Instance, stops: list[Stop]) -> Film:
    """The film, played to its end, once everybody has heard of all of it."""
    film = Film(instance.as_, instance.issuer.person, ABOUT["production"])
    lines = itertools.count(SEED)

    def told(line: str) -> None:
        if next(lines) % STOP_EVERY_LINES == 0:
            wait_for("that all is heard", lambda: is_quiet(instance, film.production))
            ((at,),) = instance.sql("SELECT clock_timestamp()")
            stops.append(Stop(at, {path: answered(film, path) for path in QUESTIONS}))

    _story(instance.settings, instance.url, told)
    wait_for("that all is heard", lambda: is_quiet(instance, film.production))
    return film


def answered(film: Film, path: str, **moment: str) -> dict[str, Any]:
    """The answer to a question, or the refusal, but for what it says of its own moment."""
    answer = film.client(LEADER).get(f"{film.home}/{path}", params=moment)
    return {"status": answer.status_code} | {
        name: said
        for name, said in answer.json().items()
        if name not in ("moment", "freshness", "detail")
    }


@pytest.mark.parametrize("path", QUESTIONS)
def test_as_of_a_moment_it_is_answered_what_was_answered_then(
    path: str, film: Film, stops: list[Stop]
) -> None:
    assert len(stops) > 1
    for stop in stops:
        then = answered(film, path, as_of=stop.at.isoformat())
        assert then == stop.answers[path], f"REEL_SEED={SEED}, as of {stop.at}"


def test_what_was_answered_then_is_not_what_is_answered_now(film: Film, stops: list[Stop]) -> None:
    changed = {path for path in QUESTIONS if stops[0].answers[path] != answered(film, path)}
    assert changed >= {"budget-status", "timeline", "inbox"}


@pytest.mark.parametrize("name", FOLDS)
def test_as_of_any_moment_the_rows_are_what_a_naive_fold_makes_of_what_was_known_and_in_effect(
    name: str, film: Film, instance: Instance, entries: list[Entry]
) -> None:
    """Half of the moments are times, half are vectors; half of them have a day of effect too."""
    chance = random.Random(SEED)
    view = rooms.projections()[name].view
    heard = [entry for entry in entries if entry["log"] in view.logs]
    effects = sorted({entry["effective_at_us"] for entry in heard})

    async def rows_of(known: list[Entry], effective_us: int | None) -> Rows:
        async with asyncpg.create_pool(instance.settings.database_of("vault")) as pool:
            stores: dict[str, Store] = {log: PostgresStore(log, pool) for log in view.logs}
            past = Past(view, stores)
            at: datetime | Moment = moment_of(known[-1]["recorded_at_us"])
            if chance.random() < 0.5:
                last = {entry["log"]: entry["position"] for entry in known}
                at = Moment(
                    {
                        log: ((await store.heads()).incarnation, last.get(log, 0))
                        for log, store in stores.items()
                    }
                )
            effective = None if effective_us is None else moment_of(effective_us)
            cut = await past.cut(at, effective, datetime.now(UTC))
            assert cut.at == moment_of(known[-1]["recorded_at_us"])
            return (await past.rows(film.production, cut))[0]

    for n in range(24):
        known = heard[: chance.randint(1, len(heard))]
        effective_us = chance.choice(effects) if n % 2 else None
        rows = instance.do(rows_of(known, effective_us))
        in_effect = [
            entry
            for entry in known
            if effective_us is None or entry["effective_at_us"] <= effective_us
        ]
        # A naive fold knows nothing of a deal whose beginning takes effect after its end.
        expected = (
            tables_of(name, in_effect)
            if effective_us is None or name == "budget_status"
            else as_tables(view, view.fold(map(recorded, in_effect)))
        )
        where = f"REEL_SEED={SEED}, {n}: behind {known[-1]['log']} {known[-1]['position']}"
        assert apart(as_tables(view, rows), expected) == [], where


def as_tables(view: View, rows: Rows) -> Tables:
    return {table.TABLE: keyed(table, map(asdict, rows.all(table))) for table in view.tables}


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


@pytest.mark.parametrize("source", Source)
def test_the_whole_film_folded_again_is_what_is_live(
    source: Source, film: Film, instance: Instance, entries: list[Entry]
) -> None:
    work = replay(instance.settings, source, chosen(()), film.production, 1)
    outcome = instance.do(work).outcome
    assert outcome.findings == [] and outcome.differences == []
    assert outcome.facts == len(entries) and outcome.rows > len(entries)


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
