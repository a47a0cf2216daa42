"""What every fault has around it: a load before, during and after it, the audit, the table."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.faults.client import Client, Load, until
from tests.faults.world import World

SEED = os.environ.get("REEL_SEED", "") or str(int(time.time()))
FAULT_SECONDS = float(os.environ.get("REEL_FAULT_SECONDS", "15"))
"""How long a server is away; the acceptance has 60."""


@dataclass
class Fault:
    """One line of the table. What was answered between it and the next one counts for it."""

    name: str
    began_at: float
    injected: int = 0
    hits: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    recovery_seconds: float | None = None


FAULTS: list[Fault] = []


@dataclass
class Run:
    """One load and the faults that it goes through."""

    world: World
    client: Client
    load: Load
    seed: str
    faults: list[Fault] = field(default_factory=list)
    _recovering: list[asyncio.Task[None]] = field(default_factory=list)

    def fault(self, name: str, injected: int = 1) -> Fault:
        """Begins a fault."""
        fault = Fault(name, time.monotonic(), injected)
        self.faults.append(fault)
        FAULTS.append(fault)
        return fault

    def recovers(self, fault: Fault, since: float) -> None:
        """Measures until a new command is answered, and all readers have what the logs have now."""
        self._recovering.append(asyncio.create_task(self._recovery(fault, since)))

    async def _recovery(self, fault: Fault, since: float) -> None:
        heads = (await asyncio.to_thread(self.world.reach)).heads
        begun = time.monotonic()
        await self.world.reached(heads)
        await until(lambda: any(sent.answered_at > begun for sent in self.client.book[::-1]), 60)
        fault.recovery_seconds = time.monotonic() - since

    async def recovered(self) -> None:
        """Waits until everything that was to recover has."""
        await asyncio.gather(*self._recovering)
        self._recovering = []

    def note(self, lost: list[float], doubled: int) -> None:
        """Puts what the audit found into the table; `lost` by when the command was sent."""
        ends = [fault.began_at for fault in self.faults[1:]] + [float("inf")]
        for fault, end in zip(self.faults, ends, strict=True):
            answered = [sent.answered_at for sent in self.client.book]
            fault.acknowledged = sum(fault.began_at <= moment < end for moment in answered)
            fault.lost = sum(fault.began_at <= moment < end for moment in lost)
        if self.faults:
            self.faults[-1].doubled = doubled


@asynccontextmanager
async def under_load(
    world: World, name: str, *, films: int = 3, topic: bool = False
) -> AsyncIterator[Run]:
    """The block brings faults about while the load runs; afterwards everything must be right."""
    seed = f"{SEED}/{name}"
    client = world.client()
    try:
        async with world.load(client, seed, films) as load:
            run = Run(world, client, load, seed)
            await load.until_under_way()
            yield run
            await run.recovered()
        audit = await world.audit(client, topic=topic)
    finally:
        await client.close()
    run.note(audit.lost, audit.doubled)
    assert not audit.problems, f"REEL_SEED={SEED}, {name}:\n" + "\n".join(audit.problems[:40])
    missed = [fault.name for fault in run.faults if fault.hits < fault.injected]
    assert not missed, f"not hit: {missed}"
    world.broken = False
