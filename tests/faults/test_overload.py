"""Ten times more callers than a process admits: the rest is turned away at once, and comes back."""

import asyncio
import contextlib
import time
from collections import Counter

import httpx
import psutil
import pytest

from tests.faults import client as calling
from tests.faults.client import Sent
from tests.faults.parts import Part
from tests.faults.probing import Crew, cost, figure
from tests.faults.run import FULL, Run, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

ADMITTED = 64 if FULL else 12
CALLERS = 10 * ADMITTED
COMMANDS_EACH = 2
GROWTH_BYTES_MAX = 96 * 2**20
"""By how much a process may grow while it is overloaded: its caches fill as at any other time."""


async def test_ten_times_more_callers_than_are_admitted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # They come back when they were told to.
    monkeypatch.setattr(calling, "AGAIN_SECONDS", 1.0)
    async with under_load(world, "overload") as run:
        part = await world.replace("serve", REEL_REQUESTS_MAX=str(ADMITTED))
        fault = run.fault(f"overload: {CALLERS} callers where {ADMITTED} are admitted")
        await asyncio.gather(*(_caller(run, number, 1) for number in range(ADMITTED)))
        before = psutil.Process(part.pid).memory_info().rss
        crowd = asyncio.gather(*(_caller(run, n, COMMANDS_EACH) for n in range(CALLERS)))
        under_way = 0.0
        while not crowd.done():
            await asyncio.sleep(0.5)
            under_way = max(under_way, await asyncio.to_thread(_under_way, part))
        since = time.monotonic()
        sent = [one for answers in await crowd for one in answers]
        assert {one.status for one in sent} == {201}
        grown = psutil.Process(part.pid).memory_info().rss - before
        assert grown < GROWTH_BYTES_MAX, f"it grew by {grown:,} bytes"
        assert 0 < under_way <= ADMITTED + 3  # health and metrics are always answered
        fault.hits = int(figure([part], "reel_requests_turned_away_total", code="overloaded") > 0)
        fault.evidence = f"{figure([part], 'reel_requests_turned_away_total'):.0f} turned away"
        await _burst(run, part)
        run.recovers(fault, since)
        await run.recovered()
        await world.replace("serve")


async def _caller(run: Run, number: int, commands: int) -> list[Sent]:
    """Somebody of one of the films, who posts some costs, one after the other."""
    film = run.load.films[number % len(run.load.films)]
    crew = Crew(film.name, film.production)
    return [
        await crew.give(
            run.client,
            "accountant",
            "budget/post-cost",
            cost(f"CROWD-{commands}-{number}-{n}"),
            key=f"crowd {film.name} {commands} {number} {n}",
        )
        for n in range(commands)
    ]


def _under_way(part: Part) -> float:
    return figure([part], "reel_requests_under_way")


async def _burst(run: Run, part: Part) -> None:
    """All at once: whoever is turned away is told so at once, and when to come back."""
    film = run.load.films[0]
    url = f"{part.url}/v1/productions/{film.production}/budget/trail"
    token = run.world.token_of(film.people("accountant"))
    async with contextlib.AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=ADMITTED)
        pools = [
            await stack.enter_async_context(httpx.AsyncClient(timeout=60, limits=limits))
            for _ in range(CALLERS // ADMITTED)
        ]
        answers = await asyncio.gather(
            *(
                pools[number % len(pools)].get(url, headers={"Authorization": f"Bearer {token}"})
                for number in range(CALLERS)
            )
        )
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 503}, statuses
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["code"] == "overloaded", answer.text
            assert answer.headers["Retry-After"] == "1"
            assert "come back" in answer.json()["detail"]
