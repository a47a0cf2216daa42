"""Connections of a rebuild: its own, since its transactions are long and nobody waits for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from runtime.log.contract import Store
from runtime.log.postgres import PostgresStore
from runtime.pools import Pools
from runtime.settings import Settings
from runtime.view import View


@asynccontextmanager
async def connected(
    settings: Settings, room: str, view: View, size: int = 4
) -> AsyncIterator[tuple[asyncpg.Pool, dict[str, Store]]]:
    """A pool for the read model's database, whose transactions may take their time, and its logs
    as a service may read them."""
    pools = Pools(settings.model_copy(update={"pool_size": size}))
    try:
        pool = await pools.patient(room, f"rebuild {room}")
        stores: dict[str, Store] = {
            log: PostgresStore(log, await pools.of(log, role=f"reel_{log}_service"))
            for log in view.logs
        }
        yield pool, stores
    finally:
        await pools.close()
