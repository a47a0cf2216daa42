"""Processes are killed by the thousand, at every point and at random, and audited all the time."""

import itertools
import os

import pytest

from tests.faults.run import FULL, under_load
from tests.faults.storm import apart, storm, together
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

KILLS = int(os.environ.get("REEL_KILLS", "1000" if FULL else "24"))
KILLS_PER_AUDIT = 80
ROUND = int(os.environ.get("REEL_ROUND", "0"))
"""Which round to play again alone; a failure names its own. 0 plays all."""


async def test_killed_again_and_again(world: World) -> None:
    """A round kills some dozens, of six kinds of process at once, and ends with an audit."""
    await apart(world)
    left = KILLS
    for number in itertools.count(1):
        kills = min(left, KILLS_PER_AUDIT)
        left -= kills
        if ROUND in (0, number):
            async with under_load(world, f"storm, REEL_ROUND={number}", topic=True) as run:
                await storm(run, kills)
        if not left:
            break
    world.broken = True
    await together(world)
    world.broken = False
