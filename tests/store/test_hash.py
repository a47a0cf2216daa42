"""The hash that seals each fact, computed by SQL, by Python, and here spelled out once more."""

import random
import struct
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from events.envelope import BrokenChain, Recorded, verified
from runtime.log.contract import Append, NewEvent, Outcome, Store
from runtime.log.memory import MemoryStore
from tests.store.making import YEAR_2100, A, B, C, Postgres, by_production, command, whole

DRAFTED = NewEvent(
    id="10000000-0000-4000-8000-000000000001",
    type="budget.BudgetDrafted",
    schema_version=1,
    payload='{"title":"Der Leuchtturm – Größe 3\\u00b2 🎬", "currency": "EUR"}',
    effective_at_us=1_767_225_600_000_000,
)
LINE_ADDED = NewEvent(
    id="10000000-0000-4000-8000-000000000002",
    type="budget.LineAdded",
    schema_version=2,
    payload="{}",
    effective_at_us=-86_400_000_001,
)
LOCKED = NewEvent(
    id="10000000-0000-4000-8000-000000000003",
    type="budget.BudgetLocked",
    schema_version=65_537,
    payload='{ "version" : 1 }\n',
    effective_at_us=0,
)
FIRST = Append(
    command_id="20000000-0000-4000-8000-000000000001",
    fingerprint=b"one",
    production=A,
    stream="budget-30000000-0000-4000-8000-000000000001",
    expected=0,
    actor="person-1",
    correlation="correlation-1",
    caused_at_us=YEAR_2100,
    events=(DRAFTED, LINE_ADDED),
)
SECOND = Append(
    command_id="20000000-0000-4000-8000-000000000002",
    fingerprint=b"two",
    production=A,
    stream="budget-30000000-0000-4000-8000-000000000001",
    expected=2,
    actor="policy:approval@budget",
    correlation="Größe",
    causation="10000000-0000-4000-8000-000000000002",
    hops=3,
    caused_at_us=YEAR_2100 + 1_000_000,
    events=(LOCKED,),
)
OTHER_PRODUCTION = replace(
    SECOND,
    command_id="20000000-0000-4000-8000-000000000003",
    production=B,
    stream="budget-30000000-0000-4000-8000-000000000002",
    expected=0,
    caused_at_us=0,
    events=(replace(LOCKED, id="10000000-0000-4000-8000-000000000004"),),
)
GOLDEN = [
    "f873421984fff3507053ce96b2129cf4182511cb7a7a664d95bfd25e37637c7e",
    "5f97e5297fa74b4d787d4f60549978ded4988c887991f5431a58df351dd63126",
    "a83de8be8fd4f2ddae849d4136c63112cb26d52ac171e9cf2085728901118a1d",
    "4a9e709a0e79404f5294ca85d365f19ec66bc2c2508ec118e9048df433871038",
]
"""Never edited: these bytes stand in logs."""


def spelled_out(one: Recorded, previous: bytes) -> bytes:
    """The layout as it is documented, in other words than the code's."""

    def text(value: str) -> bytes:
        return struct.pack(">i", len(value.encode("utf-8"))) + value.encode("utf-8")

    def int4(value: int) -> bytes:
        return struct.pack(">ii", 4, value)

    def int8(value: int) -> bytes:
        return struct.pack(">iq", 8, value)

    digest = sha256()
    digest.update(b"\x01")
    digest.update(text(one.log))
    digest.update(text(one.production))
    digest.update(text(one.stream))
    digest.update(text(one.id))
    digest.update(int4(one.ordinal))
    digest.update(text(one.type))
    digest.update(int4(one.schema_version))
    digest.update(text(one.payload))
    digest.update(int8(one.effective_at_us))
    digest.update(text(one.actor))
    digest.update(text(one.command_id))
    digest.update(text(one.correlation))
    digest.update(b"\xff\xff\xff\xff" if one.causation is None else text(one.causation))
    digest.update(int4(one.hops))
    digest.update(int4(one.version))
    digest.update(int8(one.position))
    digest.update(int8(one.recorded_at_us))
    digest.update(struct.pack(">i", 32) + previous)
    return digest.digest()


async def test_known_facts_have_the_hashes_that_are_written_down_here(store: Store):
    answers = [(await store.append([one]))[0] for one in (FIRST, SECOND, OTHER_PRODUCTION)]

    log = await whole(store)
    assert [one.recorded_at_us for one in log] == [
        YEAR_2100 + 1,
        YEAR_2100 + 2,
        YEAR_2100 + 1_000_001,
        YEAR_2100 + 1_000_002,
    ]
    assert [one.hash.hex() for one in log] == GOLDEN
    assert [one.hex() for answer in answers for one in answer.hashes] == GOLDEN


async def test_python_and_the_spelled_out_layout_agree_with_the_golden_hashes(store: Store):
    for append in (FIRST, SECOND, OTHER_PRODUCTION):
        await store.append([append])
    one, two, three, other = await whole(store)

    for recorded, previous in ((one, bytes(32)), (two, one.hash), (three, two.hash)):
        assert recorded.hash_after(previous) == recorded.hash
        assert spelled_out(recorded, previous) == recorded.hash
    assert other.hash_after(bytes(32)) == spelled_out(other, bytes(32)) == other.hash


async def test_three_computations_agree_on_a_random_history(store: Store):
    await _random_history(store)
    chains = by_production(await whole(store))
    assert set(chains) == {A, B, C}
    for chain in chains.values():
        previous = bytes(32)
        for one in chain:
            assert one.hash == one.hash_after(previous) == spelled_out(one, previous)
            previous = one.hash
        assert verified(chain) == previous


async def _random_history(store: Store) -> None:
    """Two hundred commands in batches of several sizes, with conflicts among them."""
    rng = random.Random(1)
    versions: dict[str, int] = {}
    for n in range(40):
        streams = rng.sample([f"costs-{k}" for k in range(15)], 5)
        batch = [
            replace(
                command(
                    f"{n} {stream}",
                    stream,
                    versions.get(stream, 0) + (rng.random() < 0.1),
                    production=(A, B, C)[int(stream[6:]) % 3],
                    events=rng.randint(1, 5),
                    payload='{"note":"' + "ß🎬x"[rng.randint(0, 2)] * rng.randint(0, 900) + '"}',
                ),
                causation=rng.choice([None, "10000000-0000-4000-8000-000000000002"]),
                hops=rng.randint(0, 12),
            )
            for stream in streams
        ]
        for append, answer in zip(batch, await store.append(batch), strict=True):
            if answer.outcome is Outcome.RECORDED:
                versions[append.stream] = answer.version


CHANGES: dict[str, Any] = {
    "log": "schedule",
    "production": B,
    "stream": "costs-9",
    "version": 9,
    "position": 9,
    "id": "10000000-0000-4000-8000-00000000000f",
    "ordinal": 9,
    "type": "budget.LineRemoved",
    "schema_version": 9,
    "payload": '{"amount":"12.51"}',
    "recorded_at_us": YEAR_2100,
    "effective_at_us": -1,
    "actor": "person-9",
    "command_id": "20000000-0000-4000-8000-00000000000f",
    "correlation": "correlation-9",
    "causation": "10000000-0000-4000-8000-000000000002",
    "hops": 9,
    "hash": bytes(32),
}
TRANSPORT = {"partition", "previous"}


@pytest.mark.unit
def test_every_field_of_a_fact_is_either_sealed_or_known_as_transport():
    assert {field.name for field in fields(Recorded)} == set(CHANGES) | TRANSPORT


@pytest.mark.unit
@pytest.mark.parametrize("field", CHANGES)
async def test_a_changed_field_breaks_the_chain(field: str):
    chain = await _three(MemoryStore("budget"))
    forged = _changed(chain[1], field, CHANGES[field])
    with pytest.raises(BrokenChain, match=f"position {forged.position} "):
        verified([chain[0], forged, chain[2]])


@pytest.mark.unit
@pytest.mark.parametrize("field", sorted(TRANSPORT))
async def test_transport_is_outside_the_chain(field: str):
    one, two, three = await _three(MemoryStore("budget"))
    assert verified([one, _changed(two, field, 11), three]) == three.hash


async def test_a_missing_doubled_or_moved_fact_breaks_the_chain(store: Store):
    one, two, three = await _three(store)
    for forged in ([two, three], [one, three], [one, two, two, three], [two, one, three]):
        with pytest.raises(BrokenChain):
            verified(forged)


async def test_a_chain_may_be_checked_from_any_known_hash(store: Store):
    one, two, three = await _three(store)
    assert verified([two, three], one.hash) == three.hash
    assert verified([], three.hash) == three.hash


async def test_fields_cannot_be_shifted_into_each_other(store: Store):
    """Lengths stand before the fields, so that "ab" + "c" is not "a" + "bc"."""
    await store.append([replace(command("x", "costs-1"), actor="ab", correlation="c")])
    (one,) = await whole(store)
    with pytest.raises(BrokenChain):
        verified([replace(one, actor="a", correlation="bc")])


def _changed(recorded: Recorded, field: str, value: Any) -> Recorded:
    return replace(recorded, **{field: value})


async def _three(store: Store) -> list[Recorded]:
    await store.append([command("one", "costs-1")])
    await store.append([command("two", "costs-1", 1)])
    await store.append([command("three", "costs-1", 2)])
    return await whole(store)


@pytest.mark.integration
async def test_a_change_behind_the_logs_back_is_noticed(
    postgres: Postgres, owner: asyncpg.Connection
):
    await _three(postgres.store)
    await owner.execute("ALTER TABLE budget.event DISABLE TRIGGER USER")
    changed = await owner.execute(
        """UPDATE budget.event SET payload = '{"amount":"12.51"}' WHERE position = 2"""
    )
    assert changed == "UPDATE 1"
    with pytest.raises(BrokenChain, match="budget position 2 "):
        verified(await whole(postgres.store))


@pytest.mark.integration
async def test_the_hash_does_not_depend_on_the_writers_client_encoding(postgres: Postgres):
    async with asyncpg.create_pool(
        postgres.url, min_size=1, max_size=1, server_settings={"client_encoding": "latin1"}
    ) as pool:
        store = postgres.on(pool)
        await store.append([replace(FIRST, events=(LINE_ADDED,), actor="Größe")])
    (one,) = await whole(postgres.store)
    assert one.hash == spelled_out(one, bytes(32))
