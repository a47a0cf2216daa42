"""Connections that are killed, and tables that are fresh."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from events.envelope import verified
from runtime.log.committer import Committer
from runtime.log.contract import Outcome
from tests.store.making import A, B, C, Postgres, by_production, command, whole

pytestmark = pytest.mark.integration

KILL = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'"""


async def test_killed_connections_lose_nothing_acknowledged_and_double_nothing(
    postgres: Postgres, owner: asyncpg.Connection
):
    acknowledged: dict[str, int] = {}
    told: Counter[Outcome] = Counter()
    stop = asyncio.Event()

    async def writer(committer: Committer, number: int) -> None:
        version, n = 0, 0
        while not stop.is_set():
            append = command(
                f"{number} {n}",
                f"costs-{number}",
                version,
                production=(A, B, C)[number % 3],
                events=number % 3 + 1,
            )
            answer = await committer.append(append)
            told[answer.outcome] += 1
            assert answer.version == version + len(append.events)
            acknowledged[append.command_id] = len(append.events)
            version, n = answer.version, n + 1

    async def killer() -> int:
        rng, until = random.Random(5), time.monotonic() + 30
        killed = 0
        while killed < 15 and time.monotonic() < until:
            await asyncio.sleep(rng.random() * 0.03)
            killed += int(await owner.fetchval(KILL))
        stop.set()
        return killed

    async with Committer(postgres.store) as committer, asyncio.TaskGroup() as group:
        killing = group.create_task(killer())
        for number in range(16):
            group.create_task(writer(committer, number))

    log = await whole(postgres.store)
    assert killing.result() >= 15
    assert set(told) <= {Outcome.RECORDED, Outcome.REPEAT}
    assert Counter(one.command_id for one in log) == acknowledged
    assert [one.position for one in log] == list(range(1, len(log) + 1))
    for chain in by_production(log).values():
        verified(chain)


async def test_an_append_waits_for_the_one_before_it_and_then_sees_what_that_wrote(
    postgres: Postgres,
):
    """Without the lock first, the second would number its facts like those it cannot see yet."""
    first = command("first", "costs-1", events=2)
    async with postgres.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await postgres.on(connection).append([first])
        second = asyncio.create_task(
            postgres.store.append([command("late", "costs-1"), command("new", "plan-1"), first])
        )
        finished, _ = await asyncio.wait([second], timeout=0.3)
        await transaction.commit()

    assert not finished
    late, new, repeat = await asyncio.wait_for(second, 10)
    assert (late.outcome, late.version) == (Outcome.CONFLICT, 2)
    assert (new.outcome, new.first_position, new.before) == (Outcome.RECORDED, 3, 2)
    assert repeat.outcome is Outcome.REPEAT
    verified(await whole(postgres.store))


async def test_two_committers_of_one_log_take_turns(postgres: Postgres):
    """As two replicas do: both may expect the same version, and one of them is right."""
    won: Counter[str] = Counter()

    async def replica(name: str) -> None:
        async with Committer(postgres.store) as committer:
            await asyncio.gather(*(race(committer, name, n) for n in range(60)))

    async def race(committer: Committer, name: str, n: int) -> None:
        answer = await committer.append(command(f"{name} {n}", f"costs-{n}"))
        assert answer.outcome in (Outcome.RECORDED, Outcome.CONFLICT)
        won[name] += answer.outcome is Outcome.RECORDED

    await asyncio.gather(*(replica(name) for name in ("a", "b", "c")))
    log = await whole(postgres.store)
    assert won.total() == len(log) == 60
    assert {one.version for one in log} == {1}
    assert [one.position for one in log] == list(range(1, 61))
    verified(log)


async def test_the_same_command_at_two_replicas_is_recorded_once(postgres: Postgres):
    batch = [command(f"c{n}", f"costs-{n}") for n in range(50)]
    answers = await asyncio.gather(*(postgres.store.append(batch) for _ in range(3)))
    for told in zip(*answers, strict=True):
        assert sorted(answer.outcome for answer in told) == ["recorded", "repeat", "repeat"]
    assert len(await whole(postgres.store)) == 50


async def test_a_command_of_ten_thousand_events_is_recorded_in_one_go(postgres: Postgres):
    async with Committer(postgres.store) as committer:
        began = time.monotonic()
        answer = await committer.append(command("bulk", "costs-1", events=10_000))
        print(f"10,000 events in one command: {time.monotonic() - began:.2f} s")

    assert (answer.outcome, answer.version, len(answer.hashes)) == (
        *(Outcome.RECORDED, 10_000),
        10_000,
    )
    log = await whole(postgres.store)
    assert [one.version for one in log] == list(range(1, 10_001))
    assert verified(log) == log[-1].hash == answer.hashes[-1]


async def test_a_log_without_statistics_is_never_read_from_end_to_end(postgres: Postgres):
    """A fresh table's statistics are missing, and a scan for each command would be quadratic."""
    for n in range(40):
        await postgres.store.append(
            [command(f"{n} {k}", f"costs-{n}-{k}", production=B, events=50) for k in range(10)]
        )
    assert (await postgres.store.heads()).position == 20_000

    async with postgres.pool.acquire() as connection, connection.transaction():
        store = postgres.on(connection)
        before = await _scans(connection)
        for n in range(20):
            repeat = command(f"{n} 0", f"costs-{n}-0", production=B, events=50)
            batch = [
                *(command(f"new {n} {k}", f"new-{n}-{k}", production=C) for k in range(5)),
                *(command(f"on {n} {k}", f"costs-{n}-{k}", 50, production=B) for k in range(1, 6)),
                command(f"nothing {n}", f"costs-{n}-7", 50, production=B, events=0),
                command(f"late {n}", f"costs-{n}-8", 1, production=B),
                repeat,
            ]
            answers = await store.append(batch)
            assert Counter(answer.outcome for answer in answers) == {
                Outcome.RECORDED: 10,
                Outcome.NOTHING: 1,
                Outcome.CONFLICT: 1,
                Outcome.REPEAT: 1,
            }
        await store.find([repeat.command_id, replace(repeat, command_id=A).command_id])
        after = await _scans(connection)
    assert (after["event", "seq_scan"], after["command", "seq_scan"]) == (0, 0)
    looked_up = after["event", "idx_scan"] - before["event", "idx_scan"]
    assert 20 * 13 * 2 <= looked_up <= 20 * 13 * 4


async def _scans(connection: Any) -> dict[tuple[str, str], int]:
    """How often this connection scanned each table of late, by index and from end to end."""
    rows = await connection.fetch(
        "SELECT * FROM pg_stat_xact_user_tables WHERE schemaname = 'budget'"
    )
    return {(row["relname"], kind): row[kind] for row in rows for kind in ("seq_scan", "idx_scan")}
