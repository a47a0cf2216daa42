"""What every fault has around it: a load before, during and after it, and the audit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.client import Load
from tests.faults.world import Fault, World


@asynccontextmanager
async def faulted(
    world: World, fault: Fault, *, films: int = 4, topic: bool = False
) -> AsyncIterator[Load]:
    """The block brings the fault about while the load runs; afterwards everything must be right."""
    client = world.client()
    try:
        async with world.load(client, fault.seed, films) as load:
            yield load
        await world.audit(fault, client, topic=topic)
    finally:
        await client.close()
    assert not fault.problems, f"REEL_SEED, {fault.seed}:\n" + "\n".join(fault.problems[:40])
    world.broken = False
