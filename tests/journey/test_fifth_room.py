"""One more room is one more folder: found, migrated, served, relayed and folded without an edit.

A copy of the house gets a room that nobody has heard of, with a policy on a fact of the approval
room, a timer, and a read model of its own. Another process then runs the whole house.
"""

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from string import ascii_lowercase

import pytest

from tests.servers import drop_database, fresh_database

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
HOUSE = ("events", "services", "projections", "runtime")

FILES = {
    "events/ROOM.py": '''
"""Facts of the ROOM room."""

from events.event import Event
from events.names import PersonId, Reference


class MealOrdered(Event):
    """A meal was ordered for a person."""

    meal: Reference
    guest: PersonId


class KitchenClosed(Event):
    """The kitchen was closed behind its third meal."""

    meals: int
''',
    "services/ROOM/__init__.py": '''
"""What the crew eats.

Streams: `kitchen`, one per production; it is closed behind its third meal.
"""
''',
    "services/ROOM/commands.py": '''
"""What the ROOM room can be told to do."""

from typing import ClassVar

from events.approval import Role
from events.names import PersonId, Reference
from runtime.decider import Command


class OrderMeal(Command):
    """Order a meal for somebody."""

    MAY: ClassVar[frozenset[Role]] = frozenset({Role.LINE_PRODUCER})

    meal: Reference
    guest: PersonId
''',
    "services/ROOM/model.py": '''
"""The kitchen, and its rules."""

from collections.abc import Sequence

from events.ROOM import KitchenClosed, MealOrdered
from events.event import Event
from runtime.decider import Context, Decider, Rejection
from services.ROOM.commands import OrderMeal

Meals = tuple[str, ...]


class KitchenIsClosed(Rejection):
    """There were three meals."""


def decide(meals: Meals, command: OrderMeal, context: Context) -> Sequence[Event]:
    if command.meal in meals:
        return []
    if len(meals) == 3:
        raise KitchenIsClosed("eat elsewhere")
    ordered = MealOrdered(meal=command.meal, guest=command.guest)
    return [ordered, KitchenClosed(meals=3)] if len(meals) == 2 else [ordered]


def evolve(meals: Meals, event: Event) -> Meals:
    return (*meals, event.meal) if isinstance(event, MealOrdered) else meals


DECIDERS = (Decider(kind="kitchen", initial=(), commands=(OrderMeal,), decide=decide, evolve=evolve),)
''',
    "services/ROOM/policies.py": '''
"""How the ROOM room answers the approval room: whoever is appointed gets a meal."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from events.approval import PersonAppointed
from events.envelope import Recorded
from events.ROOM import KitchenClosed, MealOrdered
from runtime.decider import Command, Policies, Reaction, Timer
from services.ROOM.commands import OrderMeal


def welcome(recorded: Recorded, _: Any) -> Sequence[Command]:
    appointed = recorded.event
    assert isinstance(appointed, PersonAppointed)
    return [OrderMeal(meal=f"welcome {appointed.role}", guest=appointed.person)]


REACTIONS = (
    Reaction(
        on=PersonAppointed,
        because="whoever is appointed gets a meal",
        gives={OrderMeal: (MealOrdered, KitchenClosed)},
        react=welcome,
    ),
)

policies = Policies(logs=("approval",), reactions=REACTIONS)


def timers(recorded: Recorded) -> Sequence[Timer]:
    match recorded.event:
        case KitchenClosed():
            party = OrderMeal(meal="wrap party", guest=recorded.actor)
            return [Timer("party", recorded.recorded_at + timedelta(days=30), party)]
        case _:
            return []
''',
    "services/ROOM/api.py": '''
"""The nameplate of the ROOM room."""

from runtime.rooms import Service
from services.ROOM.commands import OrderMeal
from services.ROOM.model import DECIDERS
from services.ROOM.policies import policies, timers

EXAMPLES = {OrderMeal: {"meal": "breakfast", "guest": "ingrid"}}

service = Service(
    name="ROOM", deciders=DECIDERS, policies=policies, timers=timers, examples=EXAMPLES
)
''',
    "projections/ANSWER/__init__.py": '''
"""How many meals were ordered?"""
''',
    "projections/ANSWER/table.sql": """
CREATE TABLE kitchen (
    production uuid PRIMARY KEY,
    meals      int     NOT NULL,
    closed     boolean NOT NULL
);
""",
    "projections/ANSWER/view.py": '''
"""One row for each kitchen."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from events.ROOM import KitchenClosed, MealOrdered
from events.envelope import Recorded
from runtime.view import Row, Rows, View


@dataclass(frozen=True)
class Kitchen:
    TABLE: ClassVar[str] = "kitchen"
    KEY: ClassVar[tuple[str, ...]] = ()

    meals: int = 0
    closed: bool = False


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    kitchen = rows.get(Kitchen) or Kitchen()
    match recorded.event:
        case MealOrdered():
            yield replace(kitchen, meals=kitchen.meals + 1)
        case KitchenClosed():
            yield replace(kitchen, closed=True)
        case _:
            return


VIEW = View(logs=("approval", "ROOM"), tables=(Kitchen,), evolve=evolve)
''',
    "projections/ANSWER/api.py": '''
"""The nameplate of ANSWER, and the query it answers."""

from typing import Any

from fastapi import APIRouter

from projections.ANSWER.view import VIEW, Kitchen
from runtime.reading.query import Reader
from runtime.rooms import Projection
from runtime.web.callers import CallerNow, Production


def routes(reader: Reader) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["ANSWER"])

    @router.get("/productions/{production}/ANSWER")
    async def kitchen(
        production: Production, caller: CallerNow, after: str | None = None
    ) -> dict[str, Any]:
        await reader.until(after)
        await reader.member(production, caller)
        row = (await reader.read([production])).rows[production].get(Kitchen) or Kitchen()
        return {"meals": row.meals, "closed": row.closed}

    return router


projection = Projection(name="ANSWER", version=1, view=VIEW, routes=routes)
''',
}

PROGRAM = """
import asyncio, json, sys, uuid
from datetime import timedelta
from pathlib import Path

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from typer.testing import CliRunner

from runtime.cli import app
from runtime.people.identity import Issuer
from runtime.process import Parts, Process, migrate_all
from runtime.settings import Settings

room, view, home, database_url, kafka, prefix = sys.argv[1:]
settings = Settings(
    home=Path(home), database_url=database_url, kafka=kafka, topic_prefix=prefix, log_level="error"
)
told = {}


async def patiently(call):
    async with asyncio.timeout(60):
        while (answer := await call()).status_code in (404, 503):
            await asyncio.sleep(0.05)
    return answer


async def records(topic):
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as reader:
        partitions = [TopicPartition(topic, number) for number in range(12)]
        reader.assign(partitions)
        await reader.seek_to_beginning(*partitions)
        ends = await reader.end_offsets(partitions)
        found = []
        while len(found) < sum(ends.values()):
            for batch in (await reader.getmany(timeout_ms=100)).values():
                found += [dict(record.headers)["ce_type"].decode() for record in batch]
        return found


async def live():
    told["migrated"] = await migrate_all(settings)
    process = Process(settings, Parts.all())
    answered = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(process.run(answered.set_result))
    await asyncio.wait({running, answered}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    issuer = Issuer(settings)
    headers = {"Authorization": "Bearer " + issuer.token("Rosalind Achterberg")}
    film = f"/v1/productions/{uuid.uuid4()}"
    async with httpx.AsyncClient(base_url=answered.result(), headers=headers, timeout=30) as client:
        opening = {"title": "The Last Lighthouse", "kind": "feature", "currency": "USD"}
        opening["time_zone"] = "America/New_York"
        await client.post(f"{film}/approval/open-production", json=opening)
        me = issuer.person("Rosalind Achterberg")
        refused = await patiently(
            lambda: client.post(f"{film}/{room}/order-meal", json={"meal": "x", "guest": me})
        )
        told["without the role"] = [refused.status_code, refused.json()["code"]]
        appointment = {"person": me, "role": "line-producer"}
        await client.post(f"{film}/approval/appoint-person", json=appointment)
        async with asyncio.timeout(60):
            while (meals := (await client.get(f"{film}/{view}")).json().get("meals")) != 2:
                await asyncio.sleep(0.05)
        told["meals by policy"] = meals
        order = {"meal": "breakfast", "guest": me}
        path = f"{film}/{room}/order-meal"
        answer = await patiently(lambda: client.post(path, json=order))
        while answer.status_code == 403:
            answer = await client.post(path, json=order)
        told["ordered"] = [answer.status_code, [one["type"] for one in answer.json()["events"]]]
        token = answer.json()["token"]
        told["seen"] = (await client.get(f"{film}/{view}", params={"after": token})).json()
        late = await client.post(path, json={"meal": "supper", "guest": me})
        told["late"] = [late.status_code, late.json()["code"]]
        process.advance(timedelta(days=31))
        async with asyncio.timeout(60):
            while len(trail := (await client.get(f"{film}/{room}/trail")).json()["events"]) < 5:
                await asyncio.sleep(0.05)
        told["trail"] = [[one["type"], one["actor"].partition("-")[0]] for one in trail]
        paths = (await client.get("/openapi.json")).json()["paths"]
        told["paths"] = sorted(path.rpartition("}/")[2] for path in paths if room in path or view in path)
        async with asyncio.timeout(60):
            while len(found := await records(f"{prefix}.{room}")) < len(trail):
                await asyncio.sleep(0.05)
        told["relayed"] = sorted(found)
        told["ready"] = (await client.get("/readyz")).json()
    process.stop()
    await running


asyncio.run(live())
told["command line"] = CliRunner().invoke(app, ["serve", "nobody"]).stderr
print(json.dumps(told))
"""


def named(text: str, room: str, view: str) -> str:
    return text.lstrip("\n").replace("ROOM", room).replace("ANSWER", view)


@pytest.fixture
def name() -> str:
    """A room's name that stands nowhere."""
    return "catering_" + "".join(random.SystemRandom().choices(ascii_lowercase, k=5))


def test_a_fifth_room_is_one_new_folder_and_its_event_file(
    name: str, database_url: str, kafka: str, tmp_path: Path
) -> None:
    view = f"meals_of_{name}"
    for part in HOUSE:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file, text in FILES.items():
        path = tmp_path / named(file, name, view)
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists()
        path.write_text(named(text, name, view))
    dsn = fresh_database(database_url)
    prefix = f"fifth-{secrets.token_hex(4)}"
    kept = {one: text for one, text in os.environ.items() if not one.startswith("REEL_")}
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, name, view, str(tmp_path / "home"), dsn, kafka, prefix],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        drop_database(dsn)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert f"topic {prefix}.{name}" in told["migrated"]
    assert any(one.startswith(f"{name}: ") for one in told["migrated"])
    assert f"{view}_v1: its tables" in told["migrated"]
    assert told["without the role"] == [403, "role-missing"]
    assert told["meals by policy"] == 2
    assert told["ordered"] == [201, [f"{name}.MealOrdered", f"{name}.KitchenClosed"]]
    assert told["seen"] == {"meals": 3, "closed": True}
    assert told["late"] == [409, "kitchen-is-closed"]
    assert told["trail"] == [
        [f"{name}.MealOrdered", f"policy:{name}"],
        [f"{name}.MealOrdered", f"policy:{name}"],
        [f"{name}.MealOrdered", "person"],
        [f"{name}.KitchenClosed", "person"],
        ["reaction.ReactionRefused", f"timer:{name}"],
    ]
    assert told["relayed"] == [
        f"{name}.KitchenClosed",
        *[f"{name}.MealOrdered"] * 3,
        "reaction.ReactionRefused",
    ]
    assert told["paths"] == [f"{name}/order-meal", f"{name}/trail", view]
    assert told["ready"] == {"status": "ready", "reasons": []}
    assert name in told["command line"]
