"""One more room is one more folder: found, migrated, served, relayed, folded, shown and documented
without an edit.

A copy of the house gets a room that nobody has heard of, with fields of types drawn by lot, a
policy on a fact of the approval room, and a read model of its own. Another process then runs the
whole house, and its papers are made.
"""

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.journey.fifth_room import FILES, Fields, example, some_fields, told, written
from tests.servers import drop_database, fresh_database

pytestmark = [pytest.mark.integration, pytest.mark.long]

ROOT = Path(__file__).parents[2]
HOUSE = ("events", "services", "projections", "runtime")
SEED = int(os.environ.get("REEL_SEED") or random.SystemRandom().randrange(10**6))

PROGRAM = """
import asyncio, json, os, sys, uuid
from datetime import timedelta
from pathlib import Path

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from typer.testing import CliRunner

from runtime.cli import app
from runtime.people.identity import Issuer
from runtime.process import Parts, Process, migrate_all
from runtime.settings import Settings

room, view, home, database_url, kafka, prefix, fields = sys.argv[1:]
fields = json.loads(fields)
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
            lambda: client.post(f"{film}/{room}/order-meal", json={"meal": "x", "guest": me, **fields})
        )
        told["without the role"] = [refused.status_code, refused.json()["code"]]
        appointment = {"person": me, "role": "line-producer"}
        appointed = await patiently(
            lambda: client.post(f"{film}/approval/appoint-person", json=appointment)
        )
        assert appointed.status_code == 201, appointed.text
        async with asyncio.timeout(60):
            while (meals := (await client.get(f"{film}/{view}")).json().get("meals")) != 2:
                await asyncio.sleep(0.05)
        told["meals by policy"] = meals
        order = {"meal": "breakfast", "guest": me, **fields}
        path = f"{film}/{room}/order-meal"
        answer = await patiently(lambda: client.post(path, json=order))
        while answer.status_code == 403:
            answer = await client.post(path, json=order)
        told["ordered"] = [answer.status_code, [one["type"] for one in answer.json()["events"]]]
        token = answer.json()["token"]
        told["seen"] = (await client.get(f"{film}/{view}", params={"after": token})).json()
        late = await client.post(path, json={"meal": "supper", "guest": me, **fields})
        told["late"] = [late.status_code, late.json()["code"]]
        process.advance(timedelta(days=31))
        async with asyncio.timeout(60):
            while len(trail := (await client.get(f"{film}/{room}/trail")).json()["events"]) < 5:
                await asyncio.sleep(0.05)
        told["payloads"] = [[one["type"], one["payload"]] for one in trail]
        os.environ["REEL_TOKEN"] = issuer.token("Rosalind Achterberg")
        words = [room, "show", film.rpartition("/")[2], "--url", answered.result()]
        shown = await asyncio.to_thread(CliRunner().invoke, app, words)
        told["screen"] = [shown.exit_code, shown.output]
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


@dataclass(frozen=True)
class House:
    """A copy of the house with one room more."""

    root: Path
    room: str
    view: str
    fields: Fields

    def run(self, *words: str) -> str:
        """What a program of it prints, in a process of its own."""
        kept = {one: text for one, text in os.environ.items() if not one.startswith("REEL_")}
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.root,
            env=kept | {"PYTHONPATH": str(self.root), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def read(self, path: str) -> str:
        return (self.root / path).read_text()


@pytest.fixture
def house(tmp_path: Path) -> House:
    """The room has a name that stands nowhere."""
    print(f"REEL_SEED={SEED}")
    dice = random.Random(SEED)
    room = "catering_" + "".join(dice.choices(ascii_lowercase, k=5))
    view, fields = f"meals_of_{room}", some_fields(dice)
    print({name: kind.annotation for name, kind in fields.items()})
    for part in HOUSE:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file, text in FILES.items():
        path = tmp_path / written(file, room, view, fields)
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists()
        path.write_text(written(text, room, view, fields))
    return House(tmp_path, room, view, fields)


@pytest.fixture
def dsn(database_url: str) -> Iterator[str]:
    fresh = fresh_database(database_url)
    yield fresh
    drop_database(fresh)


def test_a_fifth_room_is_one_new_folder_and_its_event_file(
    house: House, dsn: str, kafka: str
) -> None:
    name, view, prefix = house.room, house.view, f"fifth-{secrets.token_hex(4)}"
    settings = [str(house.root / "home"), dsn, kafka, prefix, json.dumps(example(house.fields))]
    lived = json.loads(house.run("-c", PROGRAM, name, view, *settings).splitlines()[-1])
    assert f"topic {prefix}.{name}" in lived["migrated"]
    assert any(one.startswith(f"{name}: ") for one in lived["migrated"])
    assert f"{view}_v1: its tables" in lived["migrated"]
    assert lived["without the role"] == [403, "role-missing"]
    assert lived["meals by policy"] == 2
    assert lived["ordered"] == [201, [f"{name}.MealOrdered", f"{name}.KitchenClosed"]]
    assert lived["seen"] == {"meals": 3, "closed": True, **told(house.fields)}
    assert lived["late"] == [409, "kitchen-is-closed"]
    assert lived["trail"] == [
        [f"{name}.MealOrdered", f"policy:{name}"],
        [f"{name}.MealOrdered", f"policy:{name}"],
        [f"{name}.MealOrdered", "person"],
        [f"{name}.KitchenClosed", "person"],
        ["reaction.ReactionRefused", f"timer:{name}"],
    ]
    assert lived["relayed"] == [
        f"{name}.KitchenClosed",
        *[f"{name}.MealOrdered"] * 3,
        "reaction.ReactionRefused",
    ]
    assert lived["paths"] == [f"{name}/order-meal", f"{name}/trail", view]
    assert lived["ready"] == {"status": "ready", "reasons": [], "parked": {}}
    assert name in lived["command line"]
    exit_code, shown = lived["screen"]
    assert exit_code == 0, shown
    for field, text in told(house.fields).items():
        assert field in shown and text in shown

    house.run("-m", "runtime.papers")
    check_papers(house)
    for type_, payload in lived["payloads"]:
        if type_.startswith("reaction."):
            continue
        schema = json.loads(house.read(f"docs/events/{type_}.v1.json"))
        jsonschema_rs.validator_for(schema).validate(json.loads(payload))
    assert "say what the rooms say" in house.run("-m", "runtime.papers", "--check")


def check_papers(house: House) -> None:
    """The papers know the room, its facts, its reaction and its read model."""
    name, view = house.room, house.view
    containers: dict[str, Any] = yaml.safe_load(house.read("docker-compose.yml"))["services"]
    assert containers[name]["command"] == ["serve", name]
    assert containers[view]["command"] == ["project", view]
    ports = [port for one in containers.values() for port in one.get("ports", ())]
    assert len(ports) == len(set(ports))

    topics = yaml.safe_load(house.read("docs/asyncapi.yaml"))
    assert topics["channels"][name]["address"] == f"reel.{name}"
    shapes = topics["components"]["schemas"]
    for event in ("MealOrdered", "KitchenClosed"):
        assert set(house.fields) < set(shapes[event]["properties"])
        assert f"{name}.{event}" in house.read("docs/events/README.md")

    sentence = "whoever is appointed gets a meal"
    row = f"| approval.PersonAppointed | {sentence} | OrderMeal | MealOrdered, KitchenClosed |"
    assert f"## {name}" in house.read("docs/reactions.md")
    assert row in house.read("docs/reactions.md")
    picture = house.read("docs/reactions.svg")
    assert all(f">{words}</text>" in picture for words in (name, sentence, "OrderMeal"))
