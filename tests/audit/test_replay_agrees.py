"""Live rows, the log, Kafka and rebuilds tell the same of histories that are drawn by lot, in
whichever order and in whichever pages the workers heard them, and wherever they are."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Sequence

import pytest

from events.envelope import Recorded
from events.names import id_of
from runtime import rooms
from runtime.audit.replay import run
from runtime.audit.replay.run import Replayed, Source, replay
from runtime.kafka.bus import migrate_topics
from runtime.kafka.relay import Relay
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.rebuild import Rebuild
from runtime.rebuilding.registry import point_to, register_first
from runtime.view import Rows
from tests.audit.replaying import VOCABULARY, Studio, film_of, made, studio
from tests.carrying.world import Topic, fact_of, running, until
from tests.projections.histories import drafted
from tests.servers import drop_database, fresh_database

pytestmark = [pytest.mark.integration, pytest.mark.long]

SEED = int(os.environ.get("REEL_SEED") or random.SystemRandom().randrange(10**6))
FACTS_EACH = 20
FILMS = [film_of(number) for number in range(2)]
TOLD_LAST = id_of("contract", "the last one")
EVERY = tuple(rooms.projections())


@pytest.fixture(scope="module")
async def films(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Studio]:
    """Two films of drawn facts in all logs; no worker has heard of them."""
    dsn = fresh_database(database_url)
    await asyncio.to_thread(made, dsn)
    found = await studio(dsn, tmp_path_factory.mktemp("replay"))
    chance = random.Random(SEED)
    for _ in range(FACTS_EACH):
        for production in FILMS:
            for log, events in VOCABULARY.items():
                await found.record(log, production, [chance.choice(events)])
    yield found
    await asyncio.wait_for(found.pool.close(), 10)
    await asyncio.to_thread(drop_database, dsn)


async def clean(
    films: Studio, source: Source = Source.LOG, models: Sequence[str] = EVERY
) -> Replayed:
    """A replay that finds nothing."""
    done = await replay(films.settings, source, models, None, 1)
    assert done.outcome.findings == [], f"REEL_SEED={SEED}"
    assert done.outcome.differences == [], f"REEL_SEED={SEED}"
    return done


async def test_wherever_the_workers_are_their_rows_are_what_a_replay_makes_of_the_log(
    films: Studio,
) -> None:
    chance = random.Random(SEED)
    compared = 0
    for number, (name, page) in enumerate(await films.pages(chance)):
        await films.take(name, page)
        if number % 17 == 0:
            await films.start()
        compared += (await clean(films, models=[name])).outcome.rows
    done = await clean(films)
    assert done.outcome.productions == len(FILMS)
    assert done.outcome.facts == len(FILMS) * len(VOCABULARY) * FACTS_EACH
    assert compared > done.outcome.rows > 200


async def test_rows_are_those_of_one_fold_of_everything_too(films: Studio) -> None:
    for name, one in rooms.projections().items():
        tables = films.consumers[name]._sink._tables
        async with films.pool.acquire() as connection:
            held = await tables.load(connection, FILMS)
        for production in FILMS:
            rows = Rows()
            for log in one.view.logs:
                one.view.fold(await films.stores[log].of_production(production), rows)
            assert held[production] == rows, name


async def test_what_a_rebuild_fills_is_what_a_replay_makes_of_the_log(films: Studio) -> None:
    """Readers are turned to it, the replay follows them, and they are turned back."""
    for name, room in rooms.projections().items():
        async with films.pool.acquire() as connection:
            await register_first(connection, room)
        async with (
            connected(films.settings, room.name, room.view) as (pool, stores),
            Rebuild.begun(films.settings, room, pool, stores) as work,
        ):
            version = await work.filled(1, lambda how: None)
        assert version.schema != room.schema
        before = (await clean(films, models=[name])).outcome
        await point_to(films.pool, name, version.schema)
        after = (await clean(films, models=[name])).outcome
        await point_to(films.pool, name, room.schema)
        assert (after.rows, after.facts) == (before.rows, before.facts) and after.rows


async def test_several_processes_find_what_one_finds(
    films: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = await clean(films)
    monkeypatch.setattr(run, "EVENTS_WORTH_A_JOB", 1)
    monkeypatch.setattr("runtime.audit.replay.plan.PART_FACTS", 10)
    told: list[tuple[int, int]] = []
    done = await replay(
        films.settings, Source.LOG, EVERY, None, 2, lambda *progress: told.append(progress)
    )
    assert done.outcome == alone.outcome
    assert told[0] == (0, alone.outcome.facts)
    assert told[-1] == (alone.outcome.facts, alone.outcome.facts)


@pytest.fixture(scope="module")
async def sent(films: Studio, kafka: str) -> AsyncIterator[dict[str, Topic]]:
    """The topics of all logs, filled by their relays; with some facts that no worker heard."""
    films.settings = films.settings.model_copy(update={"kafka": kafka})
    await migrate_topics(films.settings, list(films.stores))
    topics = {log: Topic(kafka, films.settings.topic(log), films.settings) for log in films.stores}
    await more(films, random.Random(SEED))
    await films.record("contract", FILMS[0], [drafted(TOLD_LAST)])
    relays = [Relay.of(films.settings, store, films.pool) for store in films.stores.values()]
    async with running(*(one.run() for one in relays)):
        await until(lambda: all_sent(films))
    yield topics
    for topic in topics.values():
        await topic.delete()


async def test_what_the_relays_sent_tells_the_same_though_some_of_it_came_twice(
    films: Studio, sent: dict[str, Topic]
) -> None:
    chance = random.Random(SEED)
    again = [one for one in await sent["budget"].records() if chance.random() < 0.3]
    await sent["budget"].send_again(again)
    done = await clean(films, Source.KAFKA)
    assert done.outcome.facts < (await films.stores["budget"].heads()).position * len(VOCABULARY)
    assert done.outcome.facts == (await clean(films)).outcome.facts
    assert counted(done, "came again") == len(again) > 0


async def test_where_the_workers_are_ahead_of_kafka_the_log_tells_the_rest(
    films: Studio, sent: dict[str, Topic]
) -> None:
    await more(films, random.Random(SEED + 1))
    await hear_all(films)
    done = await clean(films, Source.KAFKA)
    facts = [(await store.heads()).position for store in films.stores.values()]
    assert done.outcome.facts == (await clean(films)).outcome.facts == sum(facts)


async def test_a_topic_that_was_tampered_with_is_told_and_so_is_what_it_makes_of_the_rows(
    films: Studio, sent: dict[str, Topic]
) -> None:
    """One record is missing, and another one says what the log does not."""
    await hear_all(films)
    records = await sent["contract"].records()
    lost, changed = records[3], next(one for one in records if TOLD_LAST.encode() in one.value)
    changed.value = changed.value.replace(b'"title":"', b'"title":"Not ')
    await sent["contract"].recreate()
    await sent["contract"].send_again([one for one in records if one is not lost])

    done = await replay(films.settings, Source.KAFKA, EVERY, None, 1)

    positions = {one.position for one in done.outcome.findings}
    assert {fact_of(lost).position, fact_of(changed).position} == positions
    assert {one.log for one in done.outcome.findings} == {"contract"}
    assert any("Kafka's does not follow" in one.found for one in done.outcome.findings)
    told = [one for one in done.outcome.differences if one.key == f"contract {TOLD_LAST}"]
    assert told
    for one in told:
        assert one.expected == f"Not {one.found}"
        assert one.event is not None and one.event.position == fact_of(changed).position
    await clean(films)


async def hear_all(films: Studio) -> None:
    for consumer in films.consumers.values():
        for log in consumer.stores:
            await consumer.check_tail(log, behind_seconds_max=0)


async def more(films: Studio, chance: random.Random) -> dict[str, list[Recorded]]:
    """Some more facts of one film, in every log."""
    found = {}
    for log, events in VOCABULARY.items():
        last = (await films.stores[log].heads()).position
        await films.record(log, FILMS[0], chance.choices(events, k=5))
        found[log] = await films.stores[log].page(last)
    return found


def counted(done: Replayed, what: str) -> int:
    """How many facts the remarks have of that."""
    return sum(int(one.rpartition(": ")[2]) for one in done.outcome.remarks if what in one)


async def all_sent(films: Studio) -> bool:
    for log in films.stores:
        ((sent, recorded),) = await films.pool.fetch(
            f"SELECT relay.position, head.position FROM {log}.relay, {log}.head"
        )
        if sent < recorded:
            return False
    return True
