"""Processes are killed with -9 before, inside and after each of their transactions."""

import random
import time

import pytest

from tests.faults.run import faulted
from tests.faults.world import Fault, World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

POINTS = {
    "serve": {
        "before-append": (5, 60),
        "after-append": (5, 60),
        "after-reaction": (1, 4),
        "before-fold": (2, 12),
        "inside-fold": (2, 12),
        "before-fold-commit": (2, 12),
        "after-fold": (2, 12),
    },
    "relay": {"before-send": (2, 20), "inside-send": (2, 20), "after-send": (2, 20), "after-cursor": (2, 20)},
    "project": {
        "before-fold": (3, 40),
        "inside-fold": (3, 40),
        "before-fold-commit": (3, 40),
        "after-fold": (3, 40),
    },
}


@pytest.mark.parametrize(
    ("role", "point"), [(role, point) for role, points in POINTS.items() for point in points]
)
async def test_killed_at(world: World, fault: Fault, role: str, point: str) -> None:
    nth = random.Random(fault.seed).randint(*POINTS[role][point])
    async with faulted(world, fault) as load:
        await load.until_under_way()
        doomed = await world.replace(role, REEL_KILL_AT=f"{point}:{nth}")
        fault.injected = 1
        fault.hits = int(await world.ended(doomed) == -9)
        heads = world.reach().heads
        await world.start(role)
        await world.reached(heads)
        await load.until(10)
        fault.recovery_seconds = time.monotonic() - (doomed.died_at or 0)
    assert fault.hits
