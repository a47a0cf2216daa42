"""How a process is known to have work under way at the moment it is killed.

It is frozen first, so that what is found is so when the kill comes; where nothing is found it is
let go, and caught again a moment later.
"""

import asyncio
import random
import signal
import time

import httpx
import psutil
import psycopg

from tests.faults.parts import Part
from tests.faults.run import Run
from tests.faults.truth import HEARS, LOGS

CAUGHT_SECONDS_MAX = 10.0

_OPEN = """
    SELECT count(*) FILTER (WHERE state LIKE 'idle in transaction%%'),
           count(*) FILTER (WHERE state = 'active')
    FROM pg_stat_activity WHERE datname = current_database() AND client_port = ANY(%s)"""


async def killed_at_work(run: Run, part: Part, chance: random.Random) -> str:
    """Kills it at a random moment of its work; answers what it was about, or "" if it was not to
    be caught at anything, and lives."""
    deadline = time.monotonic() + CAUGHT_SECONDS_MAX
    while time.monotonic() < deadline:
        await asyncio.sleep(0.01 + 0.15 * chance.random())
        if part.role == "relay" and not await _carries(part):
            continue
        moment = await asyncio.to_thread(_now_us, run)
        part.send(signal.SIGSTOP)
        while not part.is_frozen():
            if part.poll() is not None:
                return ""  # it has died at its point after all, which is no random kill
            await asyncio.sleep(0.005)
        waiting = run.client.in_flight[part.url or ""]
        work = f"{waiting} commands unanswered" if waiting else ""
        work = work or await asyncio.to_thread(_work, run, part, moment)
        if work and part.kill() == -signal.SIGKILL:
            return work
        part.send(signal.SIGCONT)
    return ""


def _now_us(run: Run) -> int:
    with psycopg.connect(run.world.dsn, autocommit=True, connect_timeout=60) as session:
        row = session.execute(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        ).fetchone()
    assert row is not None
    return int(row[0])


async def _carries(part: Part) -> bool:
    """Whether a relay has sent anything, and so owns its log."""
    async with httpx.AsyncClient(timeout=5) as http:
        try:
            metrics = (await http.get(f"{part.url}/metrics")).text
        except httpx.HTTPError:
            return False
    return any(
        line.startswith("reel_relay_sent_events_total{") and float(line.rpartition(" ")[2]) > 0
        for line in metrics.splitlines()
    )


def _work(run: Run, part: Part, moment_us: int) -> str:
    ports = [one.laddr.port for one in psutil.Process(part.pid).net_connections("tcp4")]
    with psycopg.connect(run.world.dsn, autocommit=True, connect_timeout=60) as session:
        row = session.execute(_OPEN, [ports]).fetchone()
        assert row is not None
        if row[0]:
            return f"{row[0]} transactions open"
        if row[1]:
            return f"{row[1]} statements running"
        queries = _left(part)
        left = sum(
            one[0]
            for query in queries
            for one in session.execute(query.encode(), [moment_us]).fetchall()
        )
    return f"{left} facts left to {part.role}" if left else ""


def _left(part: Part) -> list[str]:
    """Queries that count what was recorded by a moment, and has not gone through this process;
    for one that is alone with its work."""
    if part.role == "relay":
        return [
            f"SELECT count(*) FROM {log}.event WHERE recorded_at <= %s "
            f"AND position > (SELECT position FROM {log}.relay)"
            for log in part.rooms or LOGS
        ]
    if part.role == "project":
        return [
            f"SELECT count(*) FROM {log}.event e JOIN {schema}.place p "
            f"ON p.log = '{log}' AND p.partition = e.partition "
            "WHERE e.recorded_at <= %s AND e.position > p.position"
            for schema, logs in HEARS.items()
            if schema.rpartition("_v")[0] in part.rooms
            for log in logs
        ]
    return []
