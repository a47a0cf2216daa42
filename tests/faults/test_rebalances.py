"""Three workers of every role come and go while work is under way."""

import random
import time

import pytest

from tests.faults.probing import figure
from tests.faults.run import FULL, Fault, Run, thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

ROUNDS = 6 if FULL else 1
WORKERS = 3


CONSUMERS = {"project": ("budget_status_v2", 24), "serve": ("budget", 48)}
"""By role, a consumer of it and how many partitions there are for its workers together."""


@pytest.mark.parametrize("role", ["project", pytest.param("serve", marks=thorough)])
async def test_three_workers_come_and_go(world: World, role: str) -> None:
    """Partitions move at every step: one more comes, one leaves in good order, one is killed."""
    async with under_load(world, f"rebalances of {role}", films=6) as run:
        chance = random.Random(run.seed)
        for _ in range(ROUNDS):
            while len(world.running(role)) < WORKERS:
                fault = run.fault(f"rebalance of {role}: one comes")
                since = time.monotonic()
                await world.start(role)
                await _shared(run, role, fault, since)
            await run.load.until(30)
            leaving, dying = chance.sample(world.running(role), k=2)
            fault = run.fault(f"rebalance of {role}: one leaves")
            since = time.monotonic()
            await world.stop(leaving)
            await _shared(run, role, fault, since)
            fault = run.fault(f"rebalance of {role}: one is killed")
            dying.kill()
            await _shared(run, role, fault, dying.died_at or 0)


async def _shared(run: Run, role: str, fault: Fault, since: float) -> None:
    """Until the workers that are left have all partitions among them, and nobody has none."""
    name, partitions = CONSUMERS[role]

    def look() -> list[str]:
        parts = run.world.running(role)
        theirs = [figure([part], "reel_assigned_partitions", consumer=name) for part in parts]
        fault.evidence = " + ".join(f"{one:.0f}" for one in theirs)
        return [] if sum(theirs) == partitions and min(theirs) > 0 else [fault.evidence]

    await run.world.until(look, 60)
    fault.hits = 1
    run.recovers(fault, since)
    await run.recovered()
