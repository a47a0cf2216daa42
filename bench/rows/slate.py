"""A slate of 1,794 productions, each with its budget, schedule and costs, loaded through the API;
then how long the slate's query takes, and what the process weighs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any

import psutil

from bench.client import Caller
from bench.figures import Row, percentile, spread_of, told
from bench.ground import Ground, err
from bench.serving import served
from bench.slates import Film, slate
from runtime.people.identity import Issuer
from runtime.process import migrate_all
from runtime.settings import Settings

AT_ONCE = 16
PAGE = 200
QUERIES = 30
HEARD_SECONDS_MAX = 120.0
MEBIBYTE = 1 << 20


async def measured(ground: Ground) -> list[Row]:
    """Three rows: commands a second while it loads, the query, and the memory."""
    films = slate(ground.movies, quick=ground.quick)
    url = await asyncio.to_thread(ground.fresh, "slate")
    settings = Settings(
        database_url=url,
        kafka=ground.kafka,
        home=ground.folder / "reel",
        topic_prefix="bench-slate",
    )
    await migrate_all(settings)
    async with served(settings, "up") as reel:
        process = psutil.Process(reel.pid)
        before = process.memory_info().rss
        caller = Caller(reel.url, Issuer(settings).token("Bench"))
        loading = _Loading(caller, Issuer(settings).person("Bench"))
        began = time.perf_counter()
        await loading.load(films)
        took = time.perf_counter() - began
        err.print("Asking for the slate …")
        await loading.visible(films[-1])
        faults = await _faults(caller, films)
        pages = [await _page_ms(caller) for _ in range(QUERIES)]
        whole = [await _whole_ms(caller) for _ in range(5)]
        after = process.memory_info().rss
        caller.close()
    await asyncio.to_thread(ground.drop, "slate")
    counted = {"productions": len(films), "commands": loading.commands, "faults": len(faults)}
    made = "made up" if ground.movies is None else "of a file"
    speed = told(loading.commands / took)
    load = Row(
        f"slate: {len(films):,} productions {made}, loaded through the API",
        speed,
        "commands/s",
        (speed, speed),
        counted=counted,
        faults=faults,
        notes=[f"{took:,.0f} s, {AT_ONCE} at once, every part of Reel in one process"],
    )
    pages.sort()
    first, last = told(percentile(pages, 0.5)), told(percentile(pages, 0.99))
    query = Row(
        f"slate: query of a page of {min(PAGE, len(films))}",
        first,
        "ms",
        spread_of(pages),
        p50_ms=first,
        p99_ms=last,
        counted=counted,
        faults=faults,
        notes=[f"all {len(films):,} productions, page by page: {min(whole):,.0f} ms"],
    )
    memory = told(after / MEBIBYTE)
    weight = Row(
        "slate: memory of the process",
        memory,
        "MiB",
        (memory, memory),
        notes=[f"{before / MEBIBYTE:,.0f} MiB before anything was loaded"],
    )
    return [load, query, weight]


class _Loading:
    """Loads films, so many at once, each command a request."""

    def __init__(self, caller: Caller, person: str) -> None:
        self._caller = caller
        self._person = person
        self._tokens: dict[str, str] = {}
        self.commands = 0

    async def load(self, films: Sequence[Film]) -> None:
        """Step by step, so that the rooms have heard of a production when its turn comes."""
        for step in (self._open, self._budget, self._schedule, self._costs):
            err.print(f"slate: {step.__name__.lstrip('_')} …")
            await _at_once(films, step)

    async def _open(self, film: Film) -> None:
        await self._give(
            film,
            "approval/open-production",
            {
                "title": film.title,
                "kind": "feature",
                "currency": "USD",
                "time_zone": "America/Los_Angeles",
                "name": "Bench",
            },
        )
        await self._give(
            film,
            "approval/appoint-person",
            {"person": self._person, "role": "line-producer", "name": "Bench"},
        )

    async def _budget(self, film: Film) -> None:
        drafted = {"currency": "USD", "categories": []}
        await self._give(film, "budget/draft-budget", drafted)
        await self._give(film, "budget/import-budget", film.plan())

    async def _schedule(self, film: Film) -> None:
        await self._give(film, "schedule/draft-schedule", {"name": film.title})
        for task in film.tasks():
            await self._give(film, "schedule/set-task", task)

    async def _costs(self, film: Film) -> None:
        await self._give(film, "budget/record-costs", {"entries": film.costs()})

    async def _give(self, film: Film, command: str, body: Any) -> None:
        path = f"/v1/productions/{film.production}/{command}"
        answer = await self._caller.insist("POST", path, body)
        self.commands += 1
        self._tokens[film.production] = answer["token"]

    async def visible(self, film: Film) -> None:
        """Waits until the read model has heard the last of it."""
        after = self._tokens[film.production]
        at = f"/v1/productions/{film.production}/budget-status?after={after}"
        await self._caller.insist("GET", at)


async def _at_once(films: Sequence[Film], step: Callable[[Film], Awaitable[None]]) -> None:
    left = iter(films)

    async def work() -> None:
        for film in left:
            await step(film)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


async def _pages(caller: Caller) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await caller.ask("GET", f"/v1/budget-status?limit={PAGE}{cursor}")
        rows += page["rows"]
        if page["next"] is None:
            return rows
        cursor = f"&cursor={page['next']}"


async def _page_ms(caller: Caller) -> float:
    began = time.perf_counter()
    await caller.ask("GET", f"/v1/budget-status?limit={PAGE}")
    return 1000 * (time.perf_counter() - began)


async def _whole_ms(caller: Caller) -> float:
    began = time.perf_counter()
    await _pages(caller)
    return 1000 * (time.perf_counter() - began)


async def _faults(caller: Caller, films: Sequence[Film]) -> list[str]:
    """Every film is there once, with what it plans and what it spent, as soon as all is folded."""
    wanted = {film.production: (film.budget, film.spent()) for film in films}
    deadline = time.monotonic() + HEARD_SECONDS_MAX
    while True:
        rows = await _pages(caller)
        found = {
            row["production"]: (Decimal(row["working"]), Decimal(row["cost_to_date"]))
            for row in rows
        }
        if len(rows) == len(films) and found == wanted:
            return []
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    wrong = [one for one in wanted if found.get(one) != wanted[one]]
    return [f"{len(rows)} of {len(films)} films are on the slate, {len(wrong)} with other money"]
