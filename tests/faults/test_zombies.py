"""Workers that freeze, are replaced, and wake up again; and workers that share their work."""

import random
import signal
import time

import pytest

from tests.faults.run import Fault, Run, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]


@pytest.mark.parametrize("point", ["before-fold", "before-fold-commit"])
async def test_a_frozen_projector_writes_nothing_when_it_wakes(world: World, point: str) -> None:
    """Frozen before its transaction, its place is not there any more; frozen inside, PostgreSQL
    ends what holds the others up."""
    async with under_load(world, f"projector frozen at {point}") as run:
        nth = random.Random(run.seed).randint(10, 30)
        frozen = await world.replace("project", REEL_FREEZE_AT=f"{point}:{nth}")
        fault = run.fault(f"projector frozen at {point}:{nth}")
        await world.frozen(frozen)
        frozen_at = time.monotonic()
        await world.start("project")
        run.recovers(fault, frozen_at)
        await run.recovered()
        frozen.send(signal.SIGCONT)
        await run.load.until(60)
        fault.hits = int(frozen.said("place_moved") + frozen.said("idle-in-transaction") > 0)
        await world.stop(frozen)


@pytest.mark.parametrize("point", ["before-send", "inside-send", "after-send"])
async def test_a_frozen_relay_confirms_nothing_when_it_wakes(world: World, point: str) -> None:
    async with under_load(world, f"relay frozen at {point}", topic=True) as run:
        nth = random.Random(run.seed).randint(5, 20)
        frozen = await world.replace("relay", REEL_FREEZE_AT=f"{point}:{nth}")
        fault = run.fault(f"relay frozen at {point}:{nth}")
        await world.frozen(frozen)
        frozen_at = time.monotonic()
        await world.start("relay")
        run.recovers(fault, frozen_at)
        await run.recovered()
        frozen.send(signal.SIGCONT)
        await run.load.until(60)
        fault.hits = int(frozen.said("LeaseLost") > 0)
        await world.stop(frozen)


async def test_two_projectors_share_the_work_and_lose_each_other(world: World) -> None:
    """Partitions go from one to the other and come back: nobody folds onto what he remembers."""
    async with under_load(world, "projectors come and go", films=6) as run:
        (first,) = world.running("project")
        second = await _joined(run, "a second projector joins")
        await world.stop(second)
        await _served(run, run.fault("it leaves in good order", injected=0), time.monotonic())
        third = await _joined(run, "a third projector joins")
        fault = run.fault("the first projector is killed")
        fault.hits = int(first.kill() == -signal.SIGKILL)
        await _served(run, fault, first.died_at or 0)
        await world.start("project")
        await run.load.until(40)
        fault = run.fault("the third projector is killed")
        fault.hits = int(third.kill() == -signal.SIGKILL)
        await _served(run, fault, third.died_at or 0)


async def _joined(run: Run, name: str):
    fault = run.fault(name, injected=0)
    before = time.monotonic()
    part = await run.world.start("project")
    await _served(run, fault, before)
    await run.load.until(80)
    return part


async def _served(run: Run, fault: Fault, since: float) -> None:
    run.recovers(fault, since)
    await run.recovered()
