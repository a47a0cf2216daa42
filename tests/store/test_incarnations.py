"""A log tells all the histories that it has had, and where each left the one before it."""

import asyncpg
import pytest

from tests.store.making import Postgres, command

pytestmark = pytest.mark.integration

RENEW = "UPDATE budget.head SET incarnation = gen_random_uuid()"
ALL = """SELECT incarnation::text, parent::text, branched_at FROM budget.incarnation
         ORDER BY since"""


async def test_a_new_log_has_one_history(postgres: Postgres):
    heads = await postgres.store.heads()
    rows = await postgres.pool.fetch(ALL)
    assert [tuple(row) for row in rows] == [(heads.incarnation, None, 0)]


async def test_each_renewal_says_whose_facts_it_goes_on_from(
    postgres: Postgres, owner: asyncpg.Connection
):
    first = await postgres.store.heads()
    await postgres.store.append([command("one", "costs-1"), command("two", "costs-2")])
    await owner.execute(RENEW)
    second = await postgres.store.heads()
    await postgres.store.append([command("three", "costs-3")])
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(RENEW)
    third = await postgres.store.heads()
    assert [tuple(row) for row in await postgres.pool.fetch(ALL)] == [
        (first.incarnation, None, 0),
        (second.incarnation, first.incarnation, first.position + 2),
        (third.incarnation, second.incarnation, second.position + 1),
    ]


async def test_a_history_that_does_not_change_is_not_told_again(
    postgres: Postgres, owner: asyncpg.Connection
):
    await owner.execute("UPDATE budget.head SET incarnation = incarnation")
    await postgres.store.append([command("one", "costs-1")])
    assert len(await postgres.pool.fetch(ALL)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE budget.incarnation SET branched_at = 7",
        "DELETE FROM budget.incarnation",
        "TRUNCATE budget.incarnation",
    ],
)
async def test_what_histories_there_were_is_append_only(
    postgres: Postgres, owner: asyncpg.Connection, statement: str
):
    with pytest.raises(asyncpg.RestrictViolationError, match=r"append-only: .* on incarnation"):
        await owner.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await postgres.pool.execute(statement)


async def test_a_service_begins_no_history(postgres: Postgres):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await postgres.pool.execute(
            "INSERT INTO budget.incarnation SELECT gen_random_uuid(), 0, NULL, 0"
        )
