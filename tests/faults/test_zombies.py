"""Workers that freeze, are replaced, and wake up again; and workers that share their work."""

import random
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.parts import Part
from tests.faults.run import Fault, Run, thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]


async def test_a_frozen_projector_writes_nothing_when_it_wakes(world: World) -> None:
    """Frozen before its transaction, its place is not there any more; frozen inside, PostgreSQL
    ends what holds the others up."""
    async with under_load(world, "projector frozen") as run:
        await _frozen(
            run,
            "project",
            {"before-fold": "place_moved", "before-fold-commit": "idle-in-transaction"},
        )


@thorough
async def test_a_frozen_relay_confirms_nothing_when_it_wakes(world: World) -> None:
    async with under_load(world, "relay frozen", topic=True) as run:
        await _frozen(run, "relay", {"before-send": "LeaseLost", "after-send": "LeaseLost"})


async def _frozen(run: Run, role: str, points: dict[str, str]) -> None:
    """Freezes a process at each point, lets another take over, and wakes it, so that it has to
    say how it was refused. Who takes over is never ordered to freeze: he might before he has."""
    world = run.world
    chance = random.Random(run.seed)
    for point, refused in points.items():
        order = f"{point}:{chance.randint(40, 60)}"
        frozen = await world.replace(role, REEL_FREEZE_AT=order)
        fault = run.fault(f"{role} frozen at {order}")
        await world.frozen(frozen)
        frozen_at = time.monotonic()
        await world.start(role)
        run.recovers(fault, frozen_at)
        await run.recovered()
        frozen.send(signal.SIGCONT)
        await world.until(_said(frozen, refused), 20)
        fault.hits = 1
        await run.load.until(20)
        await world.stop(frozen)


def _said(part: Part, words: str) -> Callable[[], list[str]]:
    return lambda: [] if part.said(words) else [f"{part.role} does not say {words}"]


@thorough
async def test_two_projectors_share_the_work_and_lose_each_other(world: World) -> None:
    """Partitions go from one to the other and come back: nobody folds onto what he remembers."""
    async with under_load(world, "projectors come and go", films=6) as run:
        (first,) = world.running("project")
        second = await _joined(run, "a second projector joins")
        await world.stop(second)
        await _served(
            run, run.fault("a projector leaves in good order", injected=0), time.monotonic()
        )
        await _joined(run, "a third projector joins")
        fault = run.fault("the first projector is killed")
        fault.hits = int(first.kill() == -signal.SIGKILL)
        await _served(run, fault, first.died_at or 0)


async def _joined(run: Run, name: str) -> Part:
    fault = run.fault(name, injected=0)
    before = time.monotonic()
    part = await run.world.start("project")
    await _served(run, fault, before)
    await run.load.until(80)
    return part


async def _served(run: Run, fault: Fault, since: float) -> None:
    run.recovers(fault, since)
    await run.recovered()
