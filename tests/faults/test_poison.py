"""Ten kinds of poison: on the topic it is a hole, in the log it holds its own production back."""

import json
import time
import uuid
from functools import partial

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from tests.faults.foreign import Sheet, poison, producing, sheets
from tests.faults.probing import Crew, cost, figure, opened, reel, rows
from tests.faults.run import Run, thorough, under_load
from tests.faults.stumbling import CURED, OUT_OF_BOUNDS, RAISES
from tests.faults.truth import HEARS, partition_of
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

HEARERS = [name for name, logs in HEARS.items() if "budget" in logs]
READ_MODELS = [name for name in HEARERS if not name.endswith("_service")]


async def test_poison_on_the_topic_is_a_hole(world: World) -> None:
    """Each kind stands where the next fact of a quiet partition would, and is passed over by every
    consumer; then a fact comes there."""
    async with under_load(world, "poison on the topic") as run, producing(world) as producer:
        busy = {partition_of(film.production) for film in run.load.films}
        quiet = next(partition for partition in range(12) if partition not in busy)
        film = Crew("poisoned", _production_in(quiet))
        await opened(run.client, world, film)
        await film.give(run.client, "accountant", "budget/post-cost", cost("INV-1"))
        await run.world.reached(world.reach().heads)
        last = (await sheets(world, "budget", quiet))[-1]
        for name, sheet in poison(last):
            fault = run.fault(f"poison on the topic: {name}")
            fault.hits = int(await _passed_over(world, producer, sheet))
        behind = time.monotonic()
        await film.give(run.client, "accountant", "budget/post-cost", cost("INV-2"))
        run.recovers(run.faults[-1], behind)
    # The topic is right for readers, and for no audit of what it holds any more.
    world.broken = True


async def _passed_over(world: World, producer: AIOKafkaProducer, sheet: Sheet) -> bool:
    """Whether every consumer that hears the topic passes the record over."""

    def count() -> float:
        parts = world.running("project") + world.running("serve")
        return figure(parts, "reel_foreign_records_total", log="budget")

    before = count()
    assert await sheet.sent(producer)

    def missing() -> list[str]:
        passed = count() - before
        return [] if passed == len(HEARERS) else [f"passed over by {passed:.0f} of {HEARERS}"]

    await world.until(missing, 20)
    return True


@thorough
async def test_poison_in_the_log_parks_its_production_alone(world: World) -> None:
    """A projector whose build refuses one fact and raises at another; the load goes on beside
    them. Once it is cured, `reel parked retry` brings both back whole."""
    cure = world.folder / "cured"
    async with under_load(world, "poison in the log") as run:
        await world.replace(
            "project", REEL_TEST_PRELUDE="tests.faults.stumbling", **{CURED: str(cure)}
        )
        refused, raising = (Crew(name, str(uuid.uuid4())) for name in ("refused", "raising"))
        run.watch.aside |= {refused.production, raising.production}
        for film, what in ((refused, OUT_OF_BOUNDS), (raising, RAISES)):
            await opened(run.client, world, film)
            await film.give(run.client, "accountant", "budget/post-cost", cost("INV-1"))
            fault = run.fault(f"poison in the log: {what}")
            await film.give(run.client, "accountant", "budget/post-cost", cost("INV-2", what))
            await film.give(run.client, "accountant", "budget/post-cost", cost("INV-3"))
            expected = {(name, film.production) for name in _stumble_over(what)}
            await world.until(partial(_not_parked, world, expected), 30)
            fault.hits = 1
        await run.load.until(40)
        assert _parked(world) == {
            (name, film.production)
            for film, what in ((refused, OUT_OF_BOUNDS), (raising, RAISES))
            for name in _stumble_over(what)
        }
        _queries_say_so(world, run, refused)
        listed = json.loads(await reel(world, "parked", "list", "--json"))["parked"]
        assert {one["production"] for one in listed} == {refused.production, raising.production}
        world.alarms()
        cure.touch()
        cured = time.monotonic()
        await reel(world, "parked", "retry")
        await world.until(lambda: [f"{one} is parked" for one in _parked(world)], 30)
        run.recovers(run.faults[-1], cured)
        world.alarms()
        await world.replace("project")


@thorough
async def test_killed_as_it_parks_and_as_it_tries_again(world: World) -> None:
    """What a projector was about to park is parked by the next one; what it was about to bring
    back, or had just brought back, comes once."""
    cure = world.folder / "cured as well"
    build = {"REEL_TEST_PRELUDE": "tests.faults.stumbling", CURED: str(cure)}
    async with under_load(world, "parking killed") as run:
        doomed = await world.replace("project", REEL_KILL_AT="inside-parking", **build)
        film = Crew("parked over a kill", str(uuid.uuid4()))
        run.watch.aside.add(film.production)
        await opened(run.client, world, film)
        await film.give(run.client, "accountant", "budget/post-cost", cost("INV-1"))
        fault = run.fault("project killed at inside-parking")
        await film.give(run.client, "accountant", "budget/post-cost", cost("INV-2", RAISES))
        fault.hits = int(await world.ended(doomed) == -9)
        run.recovers(fault, doomed.died_at or 0)
        following = await world.start("project", **build)
        await film.give(run.client, "accountant", "budget/post-cost", cost("INV-3"))
        expected = {("budget_status_v2", film.production)}
        await world.until(partial(_not_parked, world, expected), 30)
        await world.stop(following)
        world.alarms()
        cure.touch()
        for point in ("inside-retry", "after-retry"):
            fault = run.fault(f"project killed at {point}")
            doomed = await world.start("project", REEL_KILL_AT=point, **build)
            fault.hits = int(await world.ended(doomed) == -9)
        await world.start("project")
        await world.until(lambda: [f"{one} is parked" for one in _parked(world)], 30)
        run.recovers(fault, doomed.died_at or 0)


def _stumble_over(what: str) -> list[str]:
    return READ_MODELS if what == OUT_OF_BOUNDS else ["budget_status_v2"]


def _parked(world: World) -> set[tuple[str, str]]:
    return {
        (schema, production)
        for schema in HEARS
        for (production,) in rows(world, f"SELECT production::text FROM {schema}.parked")
    }


def _not_parked(world: World, expected: set[tuple[str, str]]) -> list[str]:
    return [f"{one} is not parked" for one in expected - _parked(world)]


def _queries_say_so(world: World, run: Run, film: Crew) -> None:
    (url,) = world.urls("project")
    answer = httpx.get(
        f"{url}/v1/productions/{film.production}/budget-status",
        headers={"Authorization": f"Bearer {world.token_of(film.person('accountant'))}"},
        timeout=30,
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "parked"), answer.text
    assert "reel parked retry" in answer.json()["detail"]


def _production_in(partition: int) -> str:
    while partition_of(found := str(uuid.uuid4())) != partition:
        pass
    return found
