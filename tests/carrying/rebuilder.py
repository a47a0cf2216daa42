"""A rebuild of the ledger in a process of its own, for tests that kill it."""

import asyncio
import sys

from runtime.rebuilding import filling, lane
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.rebuild import Rebuild
from runtime.settings import Settings
from tests.carrying.world import LEDGER_ROOM


async def rebuild(settings: Settings) -> None:
    """Fills a version, the begun one if there is one, in small pieces, and prints its schema."""
    filling.PAGE_EVENTS = lane.WRITTEN_EVENTS = 100
    async with (
        connected(settings, LEDGER_ROOM.name, LEDGER_ROOM.view) as (pool, stores),
        Rebuild.begun(settings, LEDGER_ROOM, pool, stores) as work,
    ):
        version = await work.filled(1, lambda _: None)
        print(version.schema)


if __name__ == "__main__":
    asyncio.run(rebuild(Settings.model_validate_json(sys.argv[1])))
