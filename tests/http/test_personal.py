"""Names are personal: sealed wherever they lie, opened where they are shown, gone with their key."""

import asyncio
import json
import secrets
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from runtime.cli.chains import audit_line
from runtime.log.contract import PARTITIONS
from tests.http.film import LEADER, Film, good
from tests.http.instance import Instance

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def name() -> str:
    """A name that stands nowhere else, with letters that are written in several ways."""
    return f"Zoë Tremblant-{secrets.token_hex(6)}"


@pytest.fixture(scope="module")
def named(instance: Instance, name: str) -> Film:
    """A film whose opening and whose gaffer's appointment carry that name."""
    film = instance.film(team=False, name=f"{name} Senior")
    person = film.person(name)
    appointment = {"person": person, "role": "department-head", "name": name}
    good(film.give(LEADER, "approval/appoint-person", appointment, "zoe"))
    return film


def every_row(instance: Instance) -> Iterator[tuple[str, str]]:
    """Every row of every table of the whole database, as a text."""
    tables = instance.sql(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_type = 'BASE TABLE' AND table_schema !~ '^(pg_|information_schema)'"
    )
    assert len(tables) > 15
    for schema, table in tables:
        for (row,) in instance.sql(f'SELECT t::text FROM "{schema}"."{table}" t'):
            yield f"{schema}.{table}", row


async def every_record(instance: Instance) -> list[bytes]:
    """Every byte of every record of the approval log's topic: key, value and headers."""
    topic = instance.settings.topic("approval")
    async with AIOKafkaConsumer(bootstrap_servers=instance.settings.kafka) as kafka:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        kafka.assign(partitions)
        await kafka.seek_to_beginning(*partitions)
        ends = await kafka.end_offsets(partitions)
        found: list[bytes] = []
        while len(found) < sum(ends.values()):
            for records in (await kafka.getmany(timeout_ms=200)).values():
                for record in records:
                    headers = [
                        part for key, value in record.headers for part in (key.encode(), value)
                    ]
                    found.append(b"\n".join([record.key, record.value, *headers]))
        return found


def test_a_name_lies_open_in_no_table(instance: Instance, named: Film, name: str) -> None:
    needles = {name, json.dumps(name)[1:-1], name.encode().hex(), name.rpartition("-")[2]}
    rows = list(every_row(instance))
    sealed = [where for where, row in rows if "sealed:1:" in row and named.production in row]
    assert set(sealed) == {"approval.event", "inbox_v1.appointment"}
    assert [where for where, row in rows if any(needle in row for needle in needles)] == []


async def test_a_name_lies_open_in_no_kafka_record(
    instance: Instance, named: Film, name: str
) -> None:
    own = 0
    for _ in range(100):
        records = await every_record(instance)
        own = sum(named.production.encode() in record for record in records)
        if own == 3:
            break
        await asyncio.sleep(0.1)
    assert own == 3
    tail = name.rpartition("-")[2].encode()
    assert not [record for record in records if name.encode() in record or tail in record]


def test_a_name_is_opened_in_answers_and_in_the_trail(named: Film, name: str) -> None:
    appointment = {"person": named.person(name), "role": "department-head", "name": name}
    again = named.give(LEADER, "approval/appoint-person", appointment, "zoe")
    assert again.headers["idempotent-replay"] == "true"
    assert again.json()["events"][0]["data"]["name"] == name
    opened, leader, gaffer = named.trail("approval")
    assert "name" not in opened["data"]
    assert leader["data"]["name"] == f"{name} Senior"
    assert gaffer["data"]["name"] == name
    stored = json.loads(gaffer["payload"])["name"]
    assert stored.startswith(f"sealed:1:{named.person(name)}:")


def test_a_name_whose_key_was_destroyed_is_erased_everywhere_and_the_chain_still_holds(
    instance: Instance, name: str
) -> None:
    name = f"{name} Junior"
    film = instance.film(team=False)
    person = film.person(name)
    appointment = {"person": person, "role": "department-head", "name": name}
    first = good(film.give(LEADER, "approval/appoint-person", appointment))
    before = film.trail("approval")
    instance.do(instance.process._faces[0].vault.destroy(person))
    after = film.trail("approval")
    assert after[-1]["data"]["name"] == "[erased]"
    assert [entry["hash"] for entry in after] == [entry["hash"] for entry in before]
    assert after[-1]["payload"] == before[-1]["payload"]
    assert audit_line(after) == audit_line(before)
    assert first.json()["events"][0]["data"]["name"] == name
    assert instance.sql("SELECT 1 FROM vault.person_key WHERE person = %s", person) == []
    # Given a new key, he may be named again, and what was erased stays so.
    good(film.give(LEADER, "approval/appoint-person", appointment))
    names = [entry["data"].get("name") for entry in film.trail("approval")]
    assert names[-2:] == ["[erased]", name]


def test_a_change_that_is_not_of_the_name_keeps_it(instance: Instance, name: str) -> None:
    film = instance.film(team=False)
    body = {"person": film.person(name), "role": "director", "name": name}
    good(film.give(LEADER, "approval/appoint-person", body))
    del body["name"]
    good(film.give(LEADER, "approval/appoint-person", body | {"starts": "2026-03-16"}))
    last = film.trail("approval")[-1]
    assert (last["data"]["starts"], last["data"]["name"]) == ("2026-03-16", name)
