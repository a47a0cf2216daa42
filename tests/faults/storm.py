"""Processes that are killed again and again, each followed at once by the next one to die."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.faults.run import Run
from tests.faults.under_way import killed_at_work
from tests.faults.world import World

NOT_REACHED_SECONDS = 30.0
AT_RANDOM = 0.3

_FOLDS = dict.fromkeys(("before-fold", "inside-fold", "before-fold-commit", "after-fold"), 6)
_APPENDS = {"before-append": 12, "after-append": 12}
_SENDS = dict.fromkeys(("before-send", "inside-send", "after-send", "after-cursor"), 6)

LINES: dict[str, Mapping[str, int]] = {
    "serve budget": _APPENDS | _FOLDS,
    "serve approval": _APPENDS | {"after-reaction": 1} | _FOLDS,
    "relay budget": _SENDS,
    "relay approval": _SENDS,
    "project budget_status": _FOLDS,
    "project inbox": _FOLDS,
}
"""Who dies: a process, and the points at which it may, at the first to the so many-th pass."""
STAYS = (
    "serve contract schedule",
    "relay contract schedule",
    "project contracts day_out_of_days obligations timeline",
)


async def apart(world: World) -> None:
    """Runs Reel as containers do, in parts of one or some rooms, in place of one of each role."""
    before = [part for part in world.parts if part.poll() is None]
    await asyncio.gather(*(world.start(role) for role in (*LINES, *STAYS)))
    for part in before:
        await world.stop(part)


async def together(world: World) -> None:
    """One process of each role again."""
    before = [part for part in world.parts if part.poll() is None]
    await asyncio.gather(*(world.start(role) for role in ("serve", "relay", "project")))
    for part in before:
        await world.stop(part)


@dataclass
class Kills:
    """How many are still to come."""

    left: int

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


async def storm(run: Run, kills: int) -> None:
    """Kills so many processes, of all lines at the same time; each line ends with one that lives."""
    left = Kills(kills)
    await asyncio.gather(*(_Line(run, role, left).runs() for role in LINES))


class _Line:
    """Processes of one kind, one after the other."""

    def __init__(self, run: Run, role: str, left: Kills) -> None:
        self._run = run
        self._role = role
        self._left = left
        self._chance = random.Random(f"{run.seed} {role}")
        self._point = ""
        (self._part,) = [
            part
            for part in run.world.running(role.split(maxsplit=1)[0])
            if part.rooms == rooms_of(role)
        ]

    async def runs(self) -> None:
        """Each process dies at the point that it was started with, or else at random."""
        while self._left.take():
            if not (await self._dead_at_its_point() or await self._dead_at_random()):
                self._left.left += 1
                continue
            await self._next(self._draws() if self._left.left > 0 else "")
        if self._point:
            doomed = self._part
            await self._next("")
            doomed.kill()

    def _draws(self) -> str:
        points = LINES[self._role]
        at_random = self._chance.random() < AT_RANDOM
        point = self._chance.choice(sorted(points))
        passes = self._chance.randint(1, points[point])
        return "" if at_random else f"{point}:{passes}"

    async def _next(self, point: str) -> None:
        self._point = point
        orders = {"REEL_KILL_AT": point} if point else {}
        self._part = await self._run.world.start(self._role, **orders)

    async def _dead_at_its_point(self) -> bool:
        if not self._point:
            return False
        deadline = time.monotonic() + NOT_REACHED_SECONDS
        while (code := self._part.poll()) is None:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.02)
        point = self._point.partition(":")[0]
        said = self._part.said(f"SIGKILL at {point}\n")
        assert (code, said) == (-9, 1), f"it ended with {code}\n{self._part.tail()}"
        self._note(self._point, "its last words")
        return True

    async def _dead_at_random(self) -> bool:
        work = await killed_at_work(self._run, self._part, self._chance)
        if work:
            self._note("random", work)
        return bool(work)

    def _note(self, point: str, evidence: str) -> None:
        role, name = self._role.split()[0], point.partition(":")[0]
        where = "at random" if point == "random" else f"at {name}"
        fault = self._run.fault(f"{self._role} killed at {point}", kind=f"{role} killed {where}")
        fault.hits, fault.evidence = 1, evidence
        self._run.recovers(fault, self._part.died_at or time.monotonic())


def rooms_of(role: str) -> tuple[str, ...]:
    """The rooms that a process is started with."""
    return tuple(role.split()[1:])
