"""A rebuild of a read model by several processes, in one that a test kills."""

import asyncio
import sys

from runtime import rooms
from runtime.rebuilding import jobs
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.rebuild import Rebuild
from runtime.settings import Settings


async def rebuild(settings: Settings, name: str, many: int) -> None:
    """Fills a version, the begun one if there is one, and turns readers to it."""
    jobs.EVENTS_WORTH_A_JOB = 1
    room = rooms.projections()[name]
    async with (
        connected(settings, room.name, room.view) as (pool, stores),
        Rebuild.begun(settings, room, pool, stores) as work,
    ):
        version = await work.filled(many, lambda _: None)
        await work.flipped(version)
        print(version.schema)


if __name__ == "__main__":
    given = Settings.model_validate_json(sys.argv[1])
    asyncio.run(rebuild(given, sys.argv[2], int(sys.argv[3])))
