"""What a fault's test asks of processes and databases, to prove that the fault has hit."""

import asyncio
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

import httpx
import psycopg

from tests.faults.client import Body, Client, Sent
from tests.faults.parts import COMPILED, ROOT, Part
from tests.faults.world import World

_SAMPLE = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)


def figure(parts: Iterable[Part], name: str, **labels: str) -> float:
    """The sum of a metric over processes that live, of those samples that have these labels."""
    total = 0.0
    for part in parts:
        if part.poll() is not None:
            continue
        text = httpx.get(f"{part.url}/metrics", timeout=30).text
        for found in _SAMPLE.finditer(text):
            has = all(
                f'{key}="{value}"' in (found["labels"] or "") for key, value in labels.items()
            )
            if found["name"] == name and has:
                total += float(found["value"])
    return total


def rows(world: World, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the database answers."""
    with psycopg.connect(world.dsn, autocommit=True) as session:
        return session.execute(query.encode(), values).fetchall()


async def opened(client: Client, world: World, film: "Crew") -> None:
    """Opens a production of the test's own, with a planner and an accountant, and drafts it."""
    await film.give(client, "producer", "approval/open-production", _opening(film.name))
    for role, appointed in (("planner", "line-producer"), ("accountant", "production-accountant")):
        person = world.person(film.person(role))
        body = {"person": person, "role": appointed}
        await film.give(client, "producer", "approval/appoint-person", body)
    headings = [{"category": "2300", "name": "Set construction", "level": "production"}]
    await film.give(client, "planner", "budget/draft-budget", {"categories": headings})


class Crew:
    """The people of one production, who are told what to do by a fault's test."""

    def __init__(self, name: str, production: str) -> None:
        self.name = name
        self.production = production
        self._keys = 0

    def person(self, role: str) -> str:
        return f"{role} of {self.name}"

    async def give(
        self,
        client: Client,
        role: str,
        command: str,
        body: Body,
        key: str | None = None,
        *,
        impatient: bool = False,
    ) -> Sent:
        """Gives one command until it is answered."""
        self._keys += 1
        return await client.give(
            self.person(role),
            f"/v1/productions/{self.production}/{command}",
            body,
            key or f"{self.name} by hand {self._keys}",
            impatient=impatient,
        )


def line(name: str, rate: str = "12.50") -> Body:
    """A line of the budget."""
    return {
        "line": name,
        "category": "2300",
        "account": "2301",
        "description": "A wall",
        "amount": "2",
        "unit": "day",
        "x": "1",
        "rate": rate,
    }


def cost(posting: str, description: str = "timber", amount: str = "10.00") -> Body:
    """A cost that is posted."""
    return {
        "posting": posting,
        "account": "2301",
        "amount": amount,
        "commitment": None,
        "description": description,
        "incurred_on": "2026-09-08",
    }


def _opening(name: str) -> Body:
    return {
        "title": f"Film {name}",
        "kind": "feature",
        "currency": "USD",
        "time_zone": "America/New_York",
        "name": f"The producer of {name}",
    }


async def reel(world: World, *words: str) -> str:
    """What the command line prints, as another process; raises where it ends with an error."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from runtime.cli import app; app()",
        *words,
        cwd=ROOT,
        env={**os.environ, **COMPILED, **world.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asyncio.wait_for(running.communicate(), 120)
    assert running.returncode == 0, f"{words}: {said.decode()}\n{complained.decode()}"
    return said.decode()


async def alike(count: int, at_once: int, give: Any) -> list[Any]:
    """`give(number)` for every number, so many at a time."""
    free = asyncio.Semaphore(at_once)

    async def one(number: int) -> Any:
        async with free:
            return await give(number)

    return await asyncio.gather(*(one(number) for number in range(count)))
