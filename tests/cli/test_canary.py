"""A name goes the real way through a home that is really started: it never lies open anywhere, those
who may see it do, and once its person is erased it is nowhere, in any form.

One story: each test goes on from where the one before it ended.
"""

import asyncio
import dataclasses
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest

from events.names import HOUSE
from events.personal import ERASED
from runtime import rooms
from runtime.cli.chains import audit_line
from runtime.decider import Command, kebab
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.people.identity import Issuer
from runtime.people.kept import master_key
from runtime.people.personal import personal_fields
from runtime.people.vault import Vault
from tests.cli.conftest import LIVE_SECONDS_MAX, Shell, eventually
from tests.cli.needles import canary, coded, files_with, forms_of, found_in, records_of, rows_of
from tests.cli.test_up import Running, started
from tests.http.film import LEADER, NAMES, Film, good
from tests.http.instance import settings_of

pytestmark = [pytest.mark.integration, pytest.mark.long]

OFFICER = "Data Protection Officer"
CONTRACT = str(uuid.uuid4())

EXPORTERS: tuple[tuple[str, ...], ...] = (
    ("trail", "{film}"),
    ("contract", "list", "{film}"),
    ("contract", "show", "{film}", CONTRACT),
    ("obligations", "{film}"),
    ("inbox", "{film}", "--all"),
    ("explain", "inbox", "{film}"),
    ("timeline", "{film}"),
)
"""Commands that hand data out; each further one, such as that of an audit package, belongs here."""


def personal() -> dict[type[Command], Mapping[str, str]]:
    """Every command that takes personal texts, with its fields and the field of their person."""
    return {
        command: fields
        for service in rooms.services().values()
        for command in service.commands
        if (fields := personal_fields(command))
    }


@dataclass
class House:
    """The running home, its film, and the canary of each personal field with its person."""

    running: Running
    film: Film
    database_url: str
    kafka: str
    canaries: dict[str, str]
    people: dict[str, str]
    loud: dict[str, str]
    wrapped: dict[str, bytes] = dataclasses.field(default_factory=dict)
    """The keys as the vault held them before they were destroyed, as a backup of it does."""

    @property
    def folder(self) -> Path:
        return self.running.shell.home

    @property
    def data(self) -> Path:
        return EmbeddedPostgres(self.folder / "postgres").data

    def forms(self) -> set[bytes]:
        return set().union(*map(forms_of, self.canaries.values()))

    def told(self) -> bytes:
        """Whatever the process has printed."""
        return b"".join(job.out().encode() + job.err().encode() for job in self.running.shell.jobs)

    def answers(self) -> dict[str, bytes]:
        """Every query of the API, as those hear it who are told most, and least; and the figures."""
        with httpx.Client(base_url=self.running.url, timeout=LIVE_SECONDS_MAX) as nobody:
            document = nobody.get("/openapi.json").json()
            found = {"metrics": nobody.get("/metrics").content}
        for path, methods in document["paths"].items():
            if "get" not in methods or path in ("/livez", "/readyz", "/metrics"):
                continue
            asked = path.format(production=self.film.production, contract=CONTRACT)
            for role in (LEADER, "director", "auditor"):
                found[f"{role} {path}"] = self.film.client(role).get(asked).content
        return found

    def exported(self) -> dict[str, bytes]:
        """What the command line hands out, for programs and for the eye."""
        found = {}
        for words in EXPORTERS:
            line = [word.format(film=self.film.production) for word in words]
            for more in ((), ("--json",)):
                told = self.running.shell.reel(*line, *more, "--as", NAMES[LEADER])
                assert told.exit_code == 0, told.output
                found[" ".join((*line, *more))] = told.output.encode()
        return found

    def checkpoint(self) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as session:
            session.execute("CHECKPOINT")


@pytest.fixture(scope="module")
def house(shell: Shell) -> Iterator[House]:
    """A film on which every personal field of every command was given, each with its canary."""
    officer = Issuer(settings_of(shell.home, "", "", "reel")).person(OFFICER)
    loud = {"REEL_LOG_LEVEL": "debug", "REEL_HOUSE_LEADERS": json.dumps([officer])}
    with started(shell, **loud) as running:
        eventually("readiness", lambda: httpx.get(f"{running.url}/readyz").is_success)
        film = running.film()
        server = EmbeddedPostgres(shell.home / "postgres")
        kafka = json.loads(running.up.out())["kafka"]
        house = House(running, film, server.start(), kafka, {}, {}, loud)
        for command in sorted(personal(), key=lambda one: not one.OPENS):
            plant(house, command)
            if command.OPENS:
                film.appoint_everybody()
        yield house


def plant(house: House, command: type[Command]) -> None:
    """Gives the command's example with a canary in each personal field, of a person of its own."""
    [service] = [one for one in rooms.services().values() if command in one.commands]
    body = dict(service.examples[command])
    if "contract" in body:
        body["contract"] = CONTRACT
    for field, of in personal()[command].items():
        where = f"{command.__name__}.{field}"
        house.canaries[where] = body[field] = canary(command.__name__)
        if of:
            body[of] = house.film.person(house.canaries[where])
        house.people[where] = body[of] if of else house.film.person(NAMES[LEADER])
    path = f"{service.name}/{kebab(command.__name__)}"
    good(house.film.give(LEADER, path, body, key=path))
    careless(house, path, body)


def careless(house: House, path: str, body: dict[str, Any]) -> None:
    """The same names again in requests that fail, each in another way."""
    post = house.film.client(LEADER).post
    url = f"{house.film.home}/{path}"
    fields = {field: text for field, text in body.items() if text in house.canaries.values()}
    assert fields
    bad: list[Any] = [{**body, field: wrong} for field, text in fields.items() for wrong in (
        [text], {"text": text}, text * 100, f"{text}\x00", f"sealed:1:{text}"
    )]  # fmt: skip
    for wrong in (*bad, {**body, "remark": next(iter(fields.values()))}, list(fields.values())):
        answer = post(url, json=wrong)
        assert 400 <= answer.status_code < 500, answer.text
        assert not found_in(answer.content, house.forms()), answer.text
    assert post(url, content=json.dumps(body)[:-1]).status_code == 400
    again = post(url, json=body | {"name": "Somebody else"}, headers={"Idempotency-Key": path})
    assert again.status_code == 422


def test_every_personal_field_of_every_command_has_its_canary(house: House) -> None:
    assert set(house.canaries) == {
        f"{command.__name__}.{field}" for command, fields in personal().items() for field in fields
    }
    assert len(house.canaries) >= 3


def test_whoever_may_see_a_name_sees_it_before_it_is_erased(house: House) -> None:
    eventually("the deal", lambda: "Draft" in json.dumps(house.film.ask(LEADER, "contracts")))
    told = b"".join(house.answers().values())
    for where, name in house.canaries.items():
        assert found_in(told, forms_of(name)), where
    exported = b"".join(house.exported().values())
    assert found_in(exported, forms_of(house.canaries["DraftContract.name"]))


def test_no_name_lies_open_anywhere_even_before_it_is_erased(house: House) -> None:
    look_everywhere(house)


def look_everywhere(house: House) -> None:
    """Tables, topics, every byte below the home, and all that was printed. That a search finds what
    is there, the production's id shows."""
    house.checkpoint()
    forms, control = house.forms(), {house.film.production.encode()}
    rows = list(rows_of(house.database_url))
    assert [where for where, row in rows if found_in(row.encode(), forms)] == []
    assert {"approval.event", "contracts_v2.deal", "access.read"} <= {
        where for where, row in rows if found_in(row.encode(), control)
    }
    records = asyncio.run(records_of(house.kafka))
    assert [one for one in records if found_in(one, forms)] == []
    assert sum(found_in(one, control) for one in records) > len(NAMES)
    for folder in {house.folder, house.data}:
        assert files_with(folder, forms) == []
    assert any("pg_wal" in name for name in files_with(house.data, control))
    assert not found_in(house.told(), forms)


async def keys_of(house: House) -> dict[str, bytes]:
    """The canaries' keys, unwrapped."""
    settings = settings_of(house.folder, "", "", "reel")
    async with asyncpg.create_pool(house.database_url, min_size=1, max_size=1) as pool:
        vault = Vault(pool, master_key(settings))
        return await vault.keys(set(house.people.values()), create=False)


def test_no_key_lies_unwrapped_anywhere(house: House) -> None:
    house.checkpoint()
    keys = asyncio.run(keys_of(house))
    assert set(keys) == set(house.people.values())
    halves = [secret for key in keys.values() for secret in (key[8:40], key[40:])]
    forms = set().union(*map(coded, halves))
    for folder in {house.folder, house.data}:
        assert files_with(folder, forms) == []
    assert not found_in(house.told(), forms)
    # The names of keys do lie there: the search is one that finds.
    assert found_in(b"".join(row.encode() for _, row in rows_of(house.database_url)), {
        form for key in keys.values() for form in coded(key[:8])
    })  # fmt: skip


def erase(house: House, person: str, *more: str) -> Any:
    return house.running.shell.reel(
        "erase", person, "--reason", "consent-withdrawn", "--as", OFFICER, *more
    )


def test_nobody_is_erased_unless_it_is_said_twice_and_by_the_house(house: House) -> None:
    person = house.people["AppointPerson.name"]
    hesitating = erase(house, person)
    assert hesitating.exit_code == 1 and "nobody can take it back" in hesitating.stderr
    producer = house.running.shell.reel(
        "erase", person, "--reason", "objection", "--as", NAMES["producer"], "--yes"
    )
    assert producer.exit_code == 1 and "REEL_HOUSE_LEADERS" in producer.stderr
    assert found_in(json.dumps(house.film.trail("approval")).encode(), house.forms())


def test_a_person_is_erased_by_one_command(house: House) -> None:
    wrapped = house.wrapped = {
        person: key
        for person, key in psycopg.connect(house.database_url).execute(
            "SELECT person, key FROM vault.person_key"
        )
    }
    for person in set(house.people.values()):
        told = erase(house, person, "--yes")
        assert told.exit_code == 0, told.output
        assert f"of {person} is destroyed" in " ".join(told.stdout.split())
        again = erase(house, person, "--yes", "--json")
        assert json.loads(again.stdout)["events"] == []
    officer = house.running.film(HOUSE)
    facts = officer.pages(OFFICER, "approval/trail", "events", "after")
    assert {fact["data"]["person"] for fact in facts} == set(house.people.values())
    assert {fact["type"] for fact in facts} == {"approval.PersonErased"}
    house.checkpoint()
    table = (
        house.data
        / psycopg.connect(house.database_url)
        .execute("SELECT pg_relation_filepath('vault.person_key')")
        .fetchone()[0]
    )  # type: ignore[index]
    left = table.read_bytes()
    assert not any(wrapped[person] in left for person in house.people.values())


def everybody_reads_erased(house: House) -> None:
    forms = house.forms()
    for asked, told in (house.answers() | house.exported()).items():
        assert not found_in(told, forms), asked
    names = [fact["data"].get("name") for fact in house.film.trail("approval")]
    assert names.count(ERASED) == 2
    [deal] = house.film.ask(LEADER, "contracts")["rows"]
    assert deal["party"]["name"] == ERASED


def test_everything_shown_afterwards_says_erased_and_the_chains_hold(house: House) -> None:
    everybody_reads_erased(house)
    entries = [one for log in rooms.services() for one in house.film.trail(log)]
    assert audit_line(entries).count("chain holds") == len({one["log"] for one in entries})


def test_a_command_that_comes_again_says_erased_and_records_nothing(house: House) -> None:
    before = house.film.trail("contract")
    body = dict(rooms.services()["contract"].examples[before_command()])
    body |= {"contract": CONTRACT, "name": house.canaries["DraftContract.name"]}
    body["party"] = house.people["DraftContract.name"]
    again = house.film.give(LEADER, "contract/draft-contract", body, key="contract/draft-contract")
    # Under the new key that the text is sealed with, it counts as another command.
    assert again.status_code == 422 and not found_in(again.content, house.forms())
    assert house.film.trail("contract") == before


def before_command() -> type[Command]:
    [command] = [one for one in personal() if one.__name__ == "DraftContract"]
    return command


def test_no_name_is_anywhere_after_it_was_erased(house: House) -> None:
    look_everywhere(house)


def test_a_vault_from_before_brings_nobody_back(house: House) -> None:
    """PostgreSQL was restored with keys that are destroyed: told so, Reel destroys them again."""
    shell = house.running.shell
    house.running.close()
    house.running.up.process.terminate()
    assert house.running.up.process.wait(LIVE_SECONDS_MAX) == 0
    server = EmbeddedPostgres(shell.home / "postgres")
    house.database_url = server.start()
    with psycopg.connect(house.database_url) as session:
        session.cursor().executemany(
            "INSERT INTO vault.person_key (person, key) VALUES (%s, %s) "
            "ON CONFLICT (person) DO UPDATE SET key = EXCLUDED.key",
            list(house.wrapped.items()),
        )
    assert asyncio.run(keys_of(house)).keys() == set(house.people.values())
    server.stop()
    told = shell.reel("restored", "approval")
    assert told.exit_code == 0, told.output
    assert told.stdout.count("is destroyed again, as the log says") == len(house.people)
    with started(shell, **house.loud) as running:
        eventually("readiness", lambda: httpx.get(f"{running.url}/readyz").is_success)
        house.running, house.film = running, running.film(house.film.production)
        house.database_url = server.start()
        assert asyncio.run(keys_of(house)) == {}
        everybody_reads_erased(house)
        look_everywhere(house)
