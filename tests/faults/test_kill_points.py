"""Processes are killed with -9 before, inside and after each of their transactions."""

import asyncio
import random
import time
from itertools import pairwise

import pytest

from tests.faults.run import Run, thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

FOLDS = ("before-fold", "inside-fold", "before-fold-commit", "after-fold")
POINTS = {
    "serve": {
        "before-append": (20, 60),
        "after-append": (20, 60),
        "after-reaction": (1, 3),
        **dict.fromkeys(FOLDS, (10, 40)),
    },
    "relay": dict.fromkeys(("before-send", "inside-send", "after-send", "after-cursor"), (5, 30)),
    "project": dict.fromkeys(FOLDS, (10, 40)),
}
"""By role, the points and between which passes of them the process dies."""


INSIDE_SQL = {
    "serve": (
        "inside-append",
        "SELECT pg_advisory_xact_lock(hashtextextended('reel.append.budget', 0))",
        "%budget.append(%",
    ),
    "relay": (
        "inside-cursor",
        "SELECT FROM budget.relay FOR UPDATE",
        "%UPDATE budget.relay%SET incarnation%",
    ),
    "project": (
        "inside-place",
        "SELECT FROM budget_status_v2.place FOR UPDATE",
        "%UPDATE budget_status_v2.place%SET position%",
    ),
}
"""By role, a statement that takes the lock on which the process's own statement then waits."""


@thorough
@pytest.mark.parametrize("role", POINTS)
async def test_killed_at_every_point(world: World, role: str) -> None:
    """Each process that is killed is followed by the one that is to die at the next point."""
    async with under_load(world, f"{role} killed") as run:
        chance = random.Random(run.seed)
        orders = [
            {"REEL_KILL_AT": f"{point}:{chance.randint(*passes)}"}
            for point, passes in POINTS[role].items()
        ]
        await _killed_while(run, role, *INSIDE_SQL[role])
        doomed = await world.start(role, **orders[0])
        for order, following in pairwise([*orders, {}]):
            fault = run.fault(f"{role} killed at {order['REEL_KILL_AT']}")
            fault.hits = int(await world.ended(doomed) == -9)
            run.recovers(fault, doomed.died_at or 0)
            doomed = await world.start(role, **following)


async def _killed_while(run: Run, role: str, name: str, lock: str, statement: str) -> None:
    """Kills the process while its statement is under way: what it sent may commit unheard."""
    (doomed,) = run.world.running(role)
    fault = run.fault(f"{role} killed {name}")
    deadline = time.monotonic() + 60
    while not fault.hits:
        with run.world.held(lock):
            # The lock may find the process inside another statement, and has to let it go on.
            if await run.world.waits(statement, seconds=3):
                fault.hits = int(doomed.kill() == -9)
        assert time.monotonic() < deadline, f"{role} never waits inside {statement}"
        await asyncio.sleep(0.2)
    run.recovers(fault, doomed.died_at or 0)
