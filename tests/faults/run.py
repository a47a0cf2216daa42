"""What every fault has around it: a load before, during and after it, the audit, the table."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.faults.client import Client, Load
from tests.faults.watch import Watch
from tests.faults.world import World

FULL = os.environ.get("REEL_FAULTS") == "full"
"""Whether this is the long form, `make faults`."""
SEED = os.environ.get("REEL_SEED", "") or str(int(time.time()))
thorough = pytest.mark.skipif(not FULL, reason="part of the long form: make faults")
"""Marks what the quick form leaves out."""
FAULT_SECONDS = float(os.environ.get("REEL_FAULT_SECONDS", "60" if FULL else "15"))
"""How long a server is away."""
RECOVERY_SECONDS_MAX = 90.0
"""I6: how long after the last fault everybody may be behind, and no command be answered."""
AFTER_COMMANDS = 15
"""How many commands have to be answered after the last fault."""


@dataclass
class Fault:
    """One fault. What was answered between it and the next one counts for it.

    The table adds up those of one `kind`.
    """

    name: str
    began_at: float
    injected: int = 0
    hits: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    recovery_seconds: float | None = None
    kind: str = ""
    reordered: int = 0
    evidence: str = ""
    """How it is known to have hit."""


@dataclass
class Sampled:
    """How often, in all of the session, a read model was compared with the fold while it ran."""

    answers: int = 0
    snapshots: int = 0
    claims: int = 0
    audits: int = 0


FAULTS: list[Fault] = []
SAMPLED = Sampled()
PEERS: dict[str, dict[str, int]] = {}
"""What became of the same workload on peers: kills, acknowledged, lost, doubled."""
FAILURES: list[dict[str, str]] = []
"""The tests that failed in this session, and what each was told of."""


@dataclass
class Run:
    """One load and the faults that it goes through."""

    world: World
    client: Client
    load: Load
    seed: str
    watch: Watch
    faults: list[Fault] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What a fault's test found besides."""
    _recovering: list[tuple[Fault, "asyncio.Future[float]"]] = field(default_factory=list)

    def fault(self, name: str, injected: int = 1, kind: str | None = None) -> Fault:
        """Begins a fault. Its kind is its name up to the first colon, if not given."""
        fault = Fault(name, time.monotonic(), injected, kind=kind or name.partition(":")[0])
        self.faults.append(fault)
        FAULTS.append(fault)
        return fault

    def recovers(self, fault: Fault, since: float) -> None:
        """Measures until a new command is answered, and all readers have what the logs have now."""
        self._recovering.append((fault, self.watch.recovery(since)))

    async def recovered(self, seconds: float = RECOVERY_SECONDS_MAX) -> None:
        """Waits until everything that was to recover has; else I6 is broken."""
        deadline = time.monotonic() + seconds
        for fault, recovery in self._recovering:
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    fault.recovery_seconds = await asyncio.shield(recovery)
            except TimeoutError:
                late = (await asyncio.to_thread(self.world.reach)).behind()
                raise AssertionError(
                    f"REEL_SEED={SEED}, {self.seed}: I6: not recovered from {fault.name} within "
                    f"{seconds:.0f} s: {late}\n{self.world.tails()}"
                ) from None
        self._recovering = []

    def note(self, lost: list[float], doubled: int, reordered: int = 0) -> None:
        """Puts what the audit found into the table; `lost` by when the command was sent."""
        ends = [fault.began_at for fault in self.faults[1:]] + [float("inf")]
        answered = [sent.answered_at for sent in self.client.book]
        for fault, end in zip(self.faults, ends, strict=False):
            fault.acknowledged = sum(fault.began_at <= moment < end for moment in answered)
            fault.lost = sum(fault.began_at <= moment < end for moment in lost)
        if self.faults:
            self.faults[-1].doubled = doubled
            self.faults[-1].reordered = reordered


@asynccontextmanager
async def under_load(
    world: World, name: str, *, films: int = 3, topic: bool = False
) -> AsyncIterator[Run]:
    """The block brings faults about while the load runs; afterwards everything must be right."""
    seed = f"{SEED}/{name}"
    client = world.client()
    watch = Watch(world, client)
    try:
        async with world.load(client, seed, films) as load:
            run = Run(world, client, load, seed, watch)
            await load.until_under_way()
            watch.begin()
            try:
                yield run
                await run.recovered()
                await load.until(AFTER_COMMANDS)
            finally:
                await watch.end()
        audit = await world.audit(client, topic=topic, watch=watch)
    except AssertionError as error:
        error.add_note(f"REEL_SEED={SEED}, {name}")
        raise
    finally:
        await client.close()
    run.note(audit.lost, audit.doubled, audit.reordered)
    SAMPLED.answers += len(client.samples)
    SAMPLED.snapshots += len(watch.snapshots)
    SAMPLED.claims += watch.claims
    SAMPLED.audits += 1
    problems = audit.problems + run.problems
    assert not problems, f"REEL_SEED={SEED}, {name}:\n" + "\n".join(problems[:40])
    missed = [fault.name for fault in run.faults if fault.hits < fault.injected]
    assert not missed, f"REEL_SEED={SEED}, {name}: not hit: {missed}"
    world.broken = False
