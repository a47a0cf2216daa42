"""Processes that are killed again and again, each followed at once by the next one to die."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.faults.parts import Part
from tests.faults.run import Run
from tests.faults.under_way import killed_at_work
from tests.faults.world import World

NOT_REACHED_SECONDS = 30.0
AT_RANDOM = 0.5
"""How many deaths at random come to one at a point."""

_FOLDS = dict.fromkeys(("before-fold", "inside-fold", "before-fold-commit", "after-fold"), 3)
_APPENDS = {"before-append": 6, "after-append": 6}
_SENDS = dict.fromkeys(("before-send", "inside-send", "after-send", "after-cursor"), 3)

POINTS: dict[str, Mapping[str, int]] = {
    "serve budget": _APPENDS,
    "serve approval": _APPENDS | {"after-reaction": 1} | _FOLDS,
    "relay budget": _SENDS,
    "relay approval": _SENDS,
    "project budget_status": _FOLDS,
    "project inbox": _FOLDS,
}
"""By process, the points at which it may die, at the first to the so many-th pass."""
LINES = ("serve budget", *POINTS)
"""Who dies, and is followed by the next one. Two of the budget's servers do, beside one that stays;
everybody else is alone with his work, and nobody does it for him meanwhile."""
STAYS = (
    "serve budget contract schedule",
    "relay contract schedule",
    "project contracts day_out_of_days obligations timeline",
)


async def apart(world: World) -> None:
    """Runs Reel as containers do, in parts of one or some rooms, in place of one of each role."""
    before = [part for part in world.parts if part.poll() is None]
    await asyncio.gather(*(world.start(role) for role in (*LINES, *STAYS)))
    for part in before:
        await world.stop(part)


def is_apart(world: World) -> bool:
    """Whether it runs in parts."""
    return all(part.rooms for part in world.parts if part.poll() is None)


async def together(world: World) -> None:
    """One process of each role again."""
    before = [part for part in world.parts if part.poll() is None]
    await asyncio.gather(*(world.start(role) for role in ("serve", "relay", "project")))
    for part in before:
        await world.stop(part)


@dataclass
class Kills:
    """How many are still to come; a few more may."""

    left: int


async def storm(run: Run, kills: int) -> None:
    """Kills so many processes, of all lines at the same time; each line ends with one that lives."""
    left = Kills(kills)
    parts = [part for part in run.world.parts if part.poll() is None]
    lines = []
    for number, role in enumerate(LINES):
        part = next(one for one in parts if f"{one.role} {' '.join(one.rooms)}" == role)
        parts.remove(part)
        lines.append(_Line(run, role, part, left, random.Random(f"{run.seed} {number}")))
    await asyncio.gather(*(line.runs() for line in lines))


class _Line:
    """Processes of one kind, one after the other."""

    def __init__(self, run: Run, role: str, part: Part, left: Kills, chance: random.Random) -> None:
        self._run = run
        self._role = role
        self._part = part
        self._left = left
        self._chance = chance
        self._point = ""
        self._deck: list[str] = []

    async def runs(self) -> None:
        """Each process dies at the point that it was started with, or else at random."""
        while self._left.left > 0:
            if await self._dead_at_its_point() or await self._dead_at_random():
                self._left.left -= 1
                await self._next(self._draws() if self._left.left > 0 else "")
        if self._point:
            doomed = self._part
            await self._next("")
            doomed.kill()

    def _draws(self) -> str:
        """The next order: every point once, and half as many at random, shuffled."""
        if not self._deck:
            points = POINTS[self._role]
            at_random = round(len(points) * AT_RANDOM)
            self._deck = [
                *(f"{name}:{self._chance.randint(1, most)}" for name, most in points.items()),
                *[""] * max(1, at_random),
            ]
            self._chance.shuffle(self._deck)
        return self._deck.pop()

    async def _next(self, point: str) -> None:
        self._point = point
        # A relay that has just begun is to carry, not to sign what it has not carried yet.
        orders = {"REEL_ANCHOR_MINUTES": "0"} | ({"REEL_KILL_AT": point} if point else {})
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
        else:
            code = self._part.poll()
            assert code is None or self._point, f"it ended with {code}\n{self._part.tail()}"
        return bool(work)

    def _note(self, point: str, evidence: str) -> None:
        role, name = self._role.split()[0], point.partition(":")[0]
        where = "at random" if point == "random" else f"at {name}"
        fault = self._run.fault(f"{self._role} killed at {point}", kind=f"{role} killed {where}")
        fault.hits, fault.evidence = 1, evidence
        self._run.recovers(fault, self._part.died_at or time.monotonic())
