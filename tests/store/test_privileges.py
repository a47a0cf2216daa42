"""What PostgreSQL itself refuses: a service can append and read, and nobody can change."""

from typing import Literal

import asyncpg
import pytest

from runtime.log.contract import Outcome
from tests.store.making import Postgres, command, whole

pytestmark = pytest.mark.integration

EVENT = """INSERT INTO budget.event SELECT position + 1, production, stream, version + 1, partition,
    previous, gen_random_uuid(), 1, type, schema_version, payload, recorded_at, effective_at, actor,
    command_id, correlation, causation, hops, hash, NULL FROM budget.event"""


@pytest.mark.parametrize(
    "statement",
    [
        EVENT,
        "INSERT INTO budget.command VALUES (gen_random_uuid(), '', '{}', 0)",
        "INSERT INTO budget.head SELECT false, incarnation, 9, 9, partitions FROM budget.head",
        "UPDATE budget.event SET payload = '{}'",
        "UPDATE budget.command SET outcome = '{}'",
        "UPDATE budget.head SET position = 0",
        "DELETE FROM budget.event",
        "DELETE FROM budget.command",
        "DELETE FROM budget.head",
        "TRUNCATE budget.event",
        "TRUNCATE budget.command",
        "TRUNCATE budget.head",
        "ALTER TABLE budget.event DISABLE TRIGGER USER",
        "DROP TABLE budget.event",
        "CREATE TABLE budget.mine ()",
    ],
)
async def test_a_service_cannot_write_but_by_append(postgres: Postgres, statement: str):
    await postgres.store.append([command("one", "costs-1"), command("no", "costs-2", events=0)])
    before = await whole(postgres.store)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await postgres.pool.execute(statement)
    assert await whole(postgres.store) == before


@pytest.mark.parametrize("table", ["event", "command"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE budget.{table} SET recorded_at = 0",
        "UPDATE budget.{table} SET recorded_at = 0 WHERE false",
        "DELETE FROM budget.{table}",
        "DELETE FROM budget.{table} WHERE false",
        "TRUNCATE budget.{table}",
        "TRUNCATE budget.{table} CASCADE",
        "MERGE INTO budget.{table} USING (VALUES (1)) AS v (x) ON true WHEN MATCHED THEN DELETE",
    ],
)
async def test_not_even_the_owner_changes_what_was_recorded(
    postgres: Postgres, owner: asyncpg.Connection, table: str, statement: str
):
    await postgres.store.append([command("one", "costs-1"), command("no", "costs-2", events=0)])
    before = await whole(postgres.store)
    with pytest.raises(asyncpg.RestrictViolationError, match=f"append-only: .* on {table}"):
        await owner.execute(statement.format(table=table))
    assert await whole(postgres.store) == before
    assert len(await postgres.store.find([command("no", "costs-2").command_id])) == 1


async def test_a_service_reads_its_log(postgres: Postgres):
    role = await postgres.pool.fetchval("SELECT current_user")
    assert role == "reel_budget_service"
    for table in ("event", "command", "head"):
        await postgres.pool.fetch(f"SELECT * FROM budget.{table}")


async def test_a_service_does_not_see_the_relays_lease(postgres: Postgres):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await postgres.pool.fetch("SELECT * FROM budget.relay")


async def test_nobody_else_may_append(owner: asyncpg.Connection):
    may = "SELECT has_function_privilege($1, oid, 'EXECUTE') FROM pg_proc WHERE proname = 'append'"
    assert await owner.fetchval(may, "reel_budget_service") is True
    assert await owner.fetchval(may, "pg_write_all_data") is False


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_append_refuses_to_run_on_an_old_snapshot(
    postgres: Postgres, isolation: Literal["repeatable_read", "serializable"]
):
    async with postgres.pool.acquire() as connection:
        store = postgres.on(connection)
        with pytest.raises(asyncpg.RaiseError, match="READ COMMITTED"):
            async with connection.transaction(isolation=isolation):
                await store.append([command("one", "costs-1")])
        async with connection.transaction(isolation="read_committed"):
            (answer,) = await store.append([command("one", "costs-1")])
    assert answer.outcome is Outcome.RECORDED


async def test_a_temporary_table_of_the_same_name_deceives_nobody(postgres: Postgres):
    async with postgres.pool.acquire() as connection:
        for table in ("event", "head", "command"):
            await connection.execute(f"CREATE TEMP TABLE {table} (LIKE budget.{table})")
        store = postgres.on(connection)
        (answer,) = await store.append([command("one", "costs-1")])
        assert await connection.fetchval("SELECT count(*) FROM pg_temp.event") == 0
    assert (answer.outcome, answer.first_position) == (Outcome.RECORDED, 1)
    assert len(await whole(postgres.store)) == 1


async def test_an_append_inside_a_transaction_that_is_rolled_back_leaves_nothing(
    postgres: Postgres,
):
    async with postgres.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        store = postgres.on(connection)
        await store.append([command("one", "costs-1"), command("no", "costs-2", events=0)])
        await transaction.rollback()
    assert await whole(postgres.store) == []
    (answer,) = await postgres.store.append([command("one", "costs-1")])
    assert (answer.outcome, answer.first_position, answer.before) == (Outcome.RECORDED, 1, 0)


async def test_no_fact_larger_than_kafka_accepts_gets_in_by_another_door(postgres: Postgres):
    largest = '"' + "x" * (512 * 1024 - 2) + '"'
    with pytest.raises(asyncpg.CheckViolationError):
        await postgres.store.append([command("big", "costs-1", payload=largest + " ")])
    (answer,) = await postgres.store.append([command("big", "costs-1", payload=largest)])
    assert answer.outcome is Outcome.RECORDED
