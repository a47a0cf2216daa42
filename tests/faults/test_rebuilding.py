"""A rebuild under load is killed at each of its steps, and goes on where it was."""

import json
import time

import pytest

from tests.faults.probing import reel
from tests.faults.run import thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration, thorough]

POINTS = ("rebuild-begun", "before-fill-commit", "after-fill", "rebuild-filled")


async def test_a_rebuild_killed_at_every_point(world: World) -> None:
    """Readers are told the fold all the while: by the old version, and by the new one behind the
    flip; both are followed to the end."""
    async with under_load(world, "rebuild killed") as run:
        for point in POINTS:
            fault = run.fault(f"rebuild killed at {point}")
            doomed = world.launch("rebuild budget_status", REEL_KILL_AT=point)
            fault.hits = int(await world.ended(doomed, 90) == -9)
            assert "budget_status_v2" == await _read_from(world)
            await run.load.until(5)
        begun = time.monotonic()
        await reel(world, "rebuild", "budget_status")
        run.recovers(run.faults[-1], begun)
        assert await _read_from(world) != "budget_status_v2"
        await run.load.until(40)
    # Readers of this world read another schema than the next test's.
    world.broken = True


async def _read_from(world: World) -> str:
    """The version that readers of budget status read."""
    views = json.loads(await reel(world, "views", "--json"))
    (live,) = (
        one["schema"]
        for one in views
        if (one["projection"], one["state"]) == ("budget_status", "live")
    )
    return str(live)
