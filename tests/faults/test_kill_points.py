"""Processes are killed with -9 before, inside and after each of their transactions."""

import random

import pytest

from tests.faults.run import Run, under_load
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


@pytest.mark.parametrize("role", POINTS)
async def test_killed_at_every_point(world: World, role: str) -> None:
    async with under_load(world, f"{role} killed") as run:
        chance = random.Random(run.seed)
        orders = [
            {"REEL_KILL_AT": f"{point}:{chance.randint(*passes)}"}
            for point, passes in POINTS[role].items()
        ]
        doomed = await world.replace(role, **orders[0])
        for order, following in zip(orders, [*orders[1:], {}], strict=True):
            fault = run.fault(f"{role} killed at {order['REEL_KILL_AT']}")
            fault.hits = int(await world.ended(doomed) == -9)
            run.recovers(fault, doomed.died_at or 0)
            doomed = await world.start(role, **following)
        await run.recovered()
        await _killed_while(run, role, *INSIDE_SQL[role])


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
        "SELECT FROM budget_status_v1.place FOR UPDATE",
        "%UPDATE budget_status_v1.place%SET position%",
    ),
}
"""A statement that takes the lock on which the process's own statement then waits."""


async def _killed_while(run: Run, role: str, name: str, lock: str, statement: str) -> None:
    """Kills the process while its statement is under way: what it sent may commit unheard."""
    world = run.world
    (doomed,) = world.running(role)
    fault = run.fault(f"{role} killed {name}")
    with world.held(lock):
        await world.waiting(statement)
        fault.hits = int(doomed.kill() == -9)
    run.recovers(fault, doomed.died_at or 0)
    await world.start(role)
