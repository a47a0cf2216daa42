"""A rolling upgrade: processes of an older build beside those of this one, all under load."""

import time

import pytest

from tests.faults.older_build import RETIRED_TYPES
from tests.faults.parts import Part
from tests.faults.probing import rows
from tests.faults.run import thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration, thorough]

OLDER = {"REEL_TEST_PRELUDE": "tests.faults.older_build"}


async def test_older_and_newer_builds_run_side_by_side(world: World) -> None:
    """The older service writes older versions and stands still at what it does not know; so does
    the older projector. Those of this build read both, and nothing stays behind."""
    async with under_load(world, "rolling upgrade", films=4) as run:
        newer = [*world.running("serve"), *world.running("project")]
        fault = run.fault("upgrade: an older service beside a newer one")
        behind = max(world.reach().heads["approval"])
        service = await world.start("serve", **OLDER)
        await world.until(lambda: _not_both_written(world, behind), 90)
        fault.hits = 1
        fault.evidence = str(_written(world, behind))
        fault = run.fault("upgrade: an older projector beside a newer one")
        projector = await world.start("project", **OLDER)
        await world.until(lambda: _knows_all([service, projector]), 90)
        fault.hits = 1
        await world.migrate()
        await run.load.until(30)
        since = time.monotonic()
        await world.stop(service)
        await world.stop(projector)
        run.recovers(fault, since)
        await run.recovered()
        assert not [part.tail() for part in newer if part.said("partition_stopped")]
        world.alarms()


def _written(world: World, behind: int) -> dict[int, int]:
    """How many facts of retired versions and of present ones there are behind a position."""
    return dict(
        rows(
            world,
            """SELECT schema_version, count(*) FROM approval.event
               WHERE type = ANY(%s) AND position > %s GROUP BY schema_version""",
            RETIRED_TYPES,
            behind,
        )
    )


def _not_both_written(world: World, behind: int) -> list[str]:
    written = _written(world, behind)
    return [] if {1, 2} <= written.keys() else [f"only {written} are written"]


def _knows_all(parts: list[Part]) -> list[str]:
    return [f"{part.role} has met nothing newer" for part in parts if not part.said("UnknownEvent")]
