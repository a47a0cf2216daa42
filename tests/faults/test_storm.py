"""Processes are killed by the thousand, at every point and at random, and audited all the time."""

import os

import pytest

from tests.faults.run import FULL, under_load
from tests.faults.storm import apart, is_apart, storm
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

KILLS = int(os.environ.get("REEL_KILLS", "1000" if FULL else "24"))
KILLS_PER_AUDIT = 40
ROUND = int(os.environ.get("REEL_ROUND", "0"))
"""Which round to play again alone; a failure names its own. 0 plays all."""

ROUNDS = range(1, -(-KILLS // KILLS_PER_AUDIT) + 1)


@pytest.mark.parametrize("number", [one for one in ROUNDS if ROUND in (0, one)])
async def test_killed_again_and_again(world: World, number: int) -> None:
    """A round kills some dozens, of six kinds of process at once, and ends with an audit."""
    if not is_apart(world):
        await apart(world)
    kills = min(KILLS - (number - 1) * KILLS_PER_AUDIT, KILLS_PER_AUDIT)
    async with under_load(world, f"storm, REEL_ROUND={number}", topic=True) as run:
        await storm(run, kills)
