"""Somebody holds a transaction open on the log's tables while commands run."""

import asyncio
import re
import time

import psycopg
import pytest

from tests.faults.run import FULL, Run, thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

HELD_SECONDS = 35.0 if FULL else 3.0
"""Longer, in the long form, than any of Reel's own patience."""
LOCKS = {
    "the head of the log": ("SELECT FROM budget.head FOR UPDATE", "%budget.append(%"),
    "the places of a read model": (
        "SELECT FROM budget_status_v2.place FOR UPDATE",
        "%UPDATE budget_status_v2.place%SET position%",
    ),
    "the relay's row": ("SELECT FROM budget.relay FOR UPDATE", "%UPDATE budget.relay%"),
    "all of the log, for whoever writes": ("LOCK budget.event IN SHARE MODE", "%budget.append(%"),
}
"""By what is held, the statement that holds it and the one that then waits."""
_NOT_YET_REMOVABLE = re.compile(r"(\d+) are dead but not yet removable")


async def test_rows_of_the_log_are_held(world: World) -> None:
    async with under_load(world, "rows held") as run:
        for what, (statement, waiting) in LOCKS.items():
            fault = run.fault(f"lock held: {what}")
            with world.held(statement):
                fault.hits = int(await world.waits(waiting, 20))
                await asyncio.sleep(HELD_SECONDS)
            run.recovers(fault, time.monotonic())
            await run.recovered()


@thorough
async def test_a_snapshot_is_held(world: World) -> None:
    """An idle reader, and one that has a transaction id besides: nothing dead can be removed, and
    commands go on all the same."""
    async with under_load(world, "snapshot held") as run:
        for what, first in (
            ("a reader", "SELECT count(*) FROM budget.event"),
            ("a writer", "SELECT pg_current_xact_id()"),
        ):
            await _snapshot_held(run, what, first)


async def _snapshot_held(run: Run, what: str, first: str) -> None:
    fault = run.fault(f"snapshot held: by {what}")
    with psycopg.connect(run.world.dsn) as holder:
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        holder.execute(first.encode())
        began = time.monotonic()
        await run.load.until(20)
        await asyncio.sleep(max(0.0, HELD_SECONDS - (time.monotonic() - began)))
        held_back = await asyncio.to_thread(_dead, run.world)
    fault.hits = int(held_back > 0)
    fault.evidence = f"{held_back} dead rows of the head could not be removed"
    run.recovers(fault, time.monotonic())
    await run.recovered()


def _dead(world: World) -> int:
    """How many dead rows of the head VACUUM has to leave, for somebody may still see them."""
    said: list[str] = []
    with psycopg.connect(world.dsn, autocommit=True) as session:
        session.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        session.add_notice_handler(lambda notice: said.append(notice.message_detail or ""))
        session.execute("VACUUM (VERBOSE) budget.head")
    found = _NOT_YET_REMOVABLE.search("\n".join(said))
    return int(found[1]) if found else 0
