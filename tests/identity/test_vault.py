"""Personal texts: sealed alike each time, opened by their own key alone, gone when it is gone."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter

from events.personal import ERASED, KeyName, Sealed
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.migrate import Schema, migrate
from runtime.people import sealed as texts
from runtime.people.held import HeldKeys
from runtime.people.kept import master_key
from runtime.people.sealed import SealBroken
from runtime.people.vault import MemoryVault, Sealer, Vault, WrongMasterKey
from runtime.settings import Settings
from tests.servers import drop_database, fresh_database

BOTH = [
    pytest.param("memory", marks=pytest.mark.unit),
    pytest.param("postgres", marks=pytest.mark.integration),
]
MASTER = os.urandom(32)
PEOPLE = st.text(ascii_letters + digits + "._:@/|+=-", min_size=1, max_size=200)
SOME = settings(deadline=None, max_examples=40)


@pytest.fixture(scope="module")
def url(database_url: str) -> Iterator[str]:
    url = fresh_database(database_url)
    migrate([Schema(url, "vault", "vault")])
    yield url
    drop_database(url)


@pytest.fixture(scope="module")
async def pool(url: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(url, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture(scope="module", params=BOTH)
def vault(request: pytest.FixtureRequest) -> Sealer:
    if request.param == "memory":
        return MemoryVault()
    return Vault(request.getfixturevalue("pool"), MASTER)


@given(person=PEOPLE, text=st.text())
@SOME
async def test_what_was_sealed_opens_and_seals_to_the_same_again(
    vault: Sealer, person: str, text: str
) -> None:
    sealed = await vault.seal(person, text)
    assert TypeAdapter(Sealed).validate_python(sealed) == sealed
    assert await vault.open(sealed) == text
    assert await vault.seal(person, text) == sealed


@given(one=PEOPLE, other=PEOPLE, text=st.text())
@SOME
async def test_no_two_people_s_texts_are_alike(
    vault: Sealer, one: str, other: str, text: str
) -> None:
    first, second = await vault.seal_many([(one, text), (other, text)])
    assert (first == second) == (one == other)
    assert (first.rpartition(":")[2] == second.rpartition(":")[2]) == (one == other)


@given(person=PEOPLE, text=st.text(), other=st.text())
@SOME
async def test_what_was_destroyed_stays_erased(
    vault: Sealer, person: str, text: str, other: str
) -> None:
    before = await vault.seal(person, text)
    await vault.destroy(person)
    assert await vault.open(before) == ERASED
    after = await vault.seal(person, other)
    assert await vault.open_all([before, after]) == [ERASED, other]


@given(text=st.text(max_size=20), place=st.integers(8, 23), bit=st.integers(0, 7))
@SOME
async def test_a_changed_text_is_never_shown(
    vault: Sealer, text: str, place: int, bit: int
) -> None:
    head, _, encoded = (await vault.seal("ann", text)).rpartition(":")
    box = bytearray(base64.urlsafe_b64decode(encoded + "=="))
    box[place] ^= 1 << bit
    changed = f"{head}:{base64.urlsafe_b64encode(box).decode().rstrip('=')}"
    with pytest.raises(SealBroken, match="ann"):
        await vault.open(changed)


async def test_a_text_is_nobody_else_s(vault: Sealer) -> None:
    ann, bob = await vault.seal_many([("ann", "12 Elm Street"), ("bob", "9 Oak Lane")])
    moved = ann.replace(":ann:", ":bob:")
    assert await vault.open(moved) == ERASED
    assert await vault.open(bob) == "9 Oak Lane"


@pytest.mark.parametrize("text", ["", "Ann", "sealed:1:ann", "sealed:1::AAAA", "sealed:2:ann:AA"])
async def test_what_is_not_sealed_cannot_be_opened(vault: Sealer, text: str) -> None:
    with pytest.raises(SealBroken, match="no sealed text"):
        await vault.open(text)
    assert await vault.open_all(text) == text


async def test_a_text_that_reads_like_a_sealed_one_is_opened_once(vault: Sealer) -> None:
    inner = await vault.seal("ann", "Ann")
    assert await vault.open(await vault.seal("bob", inner)) == inner


@pytest.mark.parametrize("person", ["", "Ann Lee", "ann\n", "p" * 201])
async def test_a_name_is_no_person(vault: Sealer, person: str) -> None:
    with pytest.raises(ValueError, match=r"[Ss]tring"):
        await vault.seal(person, "text")


async def test_a_whole_answer_opens(vault: Sealer) -> None:
    ann, bob = await vault.seal_many([("ann", "Ann"), ("b:o:b", "Bob")])
    answer = {"crew": [{"name": ann}, {"name": bob, "day": 3}], "note": None, "rate": "12.50"}
    assert await vault.open_all(answer) == {
        "crew": [{"name": "Ann"}, {"name": "Bob", "day": 3}],
        "note": None,
        "rate": "12.50",
    }


@pytest.mark.integration
async def test_one_key_however_many_ask_for_it_first(pool: asyncpg.Pool) -> None:
    vaults = [Vault(pool, MASTER) for _ in range(8)]
    people = [f"first-{n}" for n in range(20)]
    orders = [people if n % 2 else people[::-1] for n in range(8)]
    sealed = await asyncio.gather(
        *(
            one.seal_many([(person, "x") for person in order])
            for one, order in zip(vaults, orders, strict=True)
        )
    )
    assert len({text for texts in sealed for text in texts}) == len(people)


@pytest.mark.integration
async def test_a_destroyed_key_is_forgotten_by_other_processes_as_soon_as_they_hear_of_it(
    pool: asyncpg.Pool, url: str
) -> None:
    here, there = Vault(pool, MASTER), Vault(pool, MASTER, held=HeldKeys(lambda: 0.0))
    sealed = await here.seal("leaver", "Lee")
    hearing = asyncio.create_task(there.held.hear(url))
    try:
        assert await there.open(sealed) == "Lee"
        await until_heard_once(pool)
        assert await there.open(sealed) == "Lee"
        await here.destroy("leaver")
        assert await here.open(sealed) == ERASED
        await until("the erasure", lambda: is_erased(there, sealed))
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


@pytest.mark.integration
async def test_whose_hearing_was_cut_off_holds_nothing_from_before(
    pool: asyncpg.Pool, url: str
) -> None:
    here, there = Vault(pool, MASTER), Vault(pool, MASTER, held=HeldKeys(lambda: 0.0))
    sealed = await here.seal("deaf", "Deborah")
    hearing = asyncio.create_task(there.held.hear(url))
    try:
        await until_heard_once(pool)
        assert await there.open(sealed) == "Deborah"
        await pool.execute(f"SELECT pg_terminate_backend(pid) {HEARING}")
        await here.destroy("deaf")
        await until("the erasure", lambda: is_erased(there, sealed))
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


HEARING = (
    "FROM pg_stat_activity WHERE application_name = 'reel vault, hearing' "
    "AND datname = current_database() AND query LIKE 'LISTEN%'"
)


async def until_heard_once(pool: asyncpg.Pool) -> None:
    await until("the ear", lambda: pool.fetchval(f"SELECT count(*) {HEARING}"))


async def is_erased(vault: Sealer, sealed: str) -> bool:
    return await vault.open(sealed) == ERASED


async def until(what: str, look: Callable[[], Awaitable[Any]]) -> None:
    """A generous bound, for liveness only."""
    for _ in range(3_000):
        if await look():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{what} did not come")


@pytest.mark.integration
async def test_a_process_that_hears_nothing_holds_a_destroyed_key_for_half_a_minute_at_most(
    pool: asyncpg.Pool,
) -> None:
    now = 0.0
    here, there = Vault(pool, MASTER), Vault(pool, MASTER, held=HeldKeys(lambda: now))
    sealed = await here.seal("unheard", "Una")
    assert await there.open(sealed) == "Una"
    await here.destroy("unheard")
    now = 29.9
    assert await there.open(sealed) == "Una"
    now = 30.0
    assert await there.open(sealed) == ERASED


@pytest.mark.unit
def test_a_key_that_was_destroyed_while_it_was_read_is_not_held() -> None:
    held = HeldKeys()
    begun = held.begin()
    held.drop("leaver")
    held.hold({"leaver": b"key"}, begun)
    assert held.of(["leaver"]) == {}
    held.hold({"leaver": b"key"}, held.begin())
    assert held.of(["leaver"]) == {"leaver": b"key"}


async def test_a_key_is_destroyed_by_its_name_alone(vault: Sealer) -> None:
    await vault.seal("twice", "Tove")
    first = await vault.key_name("twice")
    assert first is not None and TypeAdapter(KeyName).validate_python(first)
    await vault.destroy("twice", first)
    assert await vault.key_name("twice") is None
    again = await vault.seal("twice", "Tove")
    assert await vault.key_name("twice") != first
    await vault.destroy("twice", first)
    assert await vault.open(again) == "Tove"
    await vault.destroy("nobody", first)


@pytest.mark.integration
async def test_a_destroyed_key_lies_in_no_page_of_its_table(
    pool: asyncpg.Pool, postgres_server: EmbeddedPostgres
) -> None:
    vault = Vault(pool, MASTER)
    await vault.seal_many([("paged-one", "One"), ("paged-two", "Two")])
    stored = dict(await pool.fetch("SELECT person, key FROM vault.person_key"))
    assert stored["paged-one"] in await pages(pool, postgres_server)
    await vault.destroy("paged-one")
    left = await pages(pool, postgres_server)
    assert stored["paged-two"] in left and stored["paged-one"] not in left


async def pages(pool: asyncpg.Pool, server: EmbeddedPostgres) -> bytes:
    """The file that holds the table, as it lies on the disk."""
    await pool.execute("CHECKPOINT")
    path = await pool.fetchval("SELECT pg_relation_filepath('vault.person_key')")
    return (server.data / path).read_bytes()


@pytest.mark.integration
async def test_who_holds_the_table_delays_the_scrubbing_and_not_the_erasure(
    pool: asyncpg.Pool,
) -> None:
    vault = Vault(pool, MASTER)
    sealed = await vault.seal("backed-up", "Bo")
    async with pool.acquire() as backup, backup.transaction():
        await backup.execute("LOCK TABLE vault.person_key IN ACCESS SHARE MODE")
        await vault.destroy("backed-up")
        assert await vault.open(sealed) == ERASED


@pytest.mark.integration
async def test_keys_lie_wrapped_and_cannot_change_places(pool: asyncpg.Pool) -> None:
    vault = Vault(pool, MASTER)
    ann, _ = await vault.seal_many([("wrapped-ann", "Ann"), ("wrapped-bob", "Bob")])
    (secret,) = (await vault.keys(["wrapped-ann"], create=False)).values()
    stored = await pool.fetchval("SELECT key FROM vault.person_key WHERE person = 'wrapped-ann'")
    assert secret not in stored and secret[8:] not in stored
    with pytest.raises(WrongMasterKey, match="REEL_MASTER_KEY"):
        await Vault(pool, os.urandom(32)).open(ann)
    await pool.execute("UPDATE vault.person_key SET key = $1 WHERE person = 'wrapped-bob'", stored)
    with pytest.raises(WrongMasterKey):
        await Vault(pool, MASTER).keys(["wrapped-bob"], create=False)


@pytest.mark.unit
def test_the_master_key_is_named_or_kept(tmp_path: Path) -> None:
    named = Settings(home=tmp_path, master_key=SecretStr(base64.b64encode(MASTER).decode()))
    assert master_key(named) == MASTER
    assert not list(tmp_path.iterdir())
    kept = master_key(Settings(home=tmp_path, master_key=None))
    assert len(kept) == 32
    assert master_key(Settings(home=tmp_path, master_key=None)) == kept
    for wrong in ("", "swordfish", "é", base64.b64encode(b"short").decode()):
        with pytest.raises(ValueError, match="openssl rand"):
            master_key(Settings(home=tmp_path, master_key=SecretStr(wrong)))


@pytest.mark.unit
def test_a_key_opens_nothing_under_another_s_name() -> None:
    key = texts.new_key()
    moved = texts.seal(key, "ann", "12 Elm Street").replace(":ann:", ":bob:")
    with pytest.raises(SealBroken, match="bob"):
        texts.opened(moved, {"bob": key})
