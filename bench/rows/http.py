"""A command through HTTP, one process: beside a bare FastAPI with one query, with the same server,
the same settings and the same generator, which says how busy it was."""

import asyncio
import statistics
import sys
import uuid
from collections.abc import Sequence
from dataclasses import replace

import asyncpg
import orjson
import psutil

from bench import generator
from bench.figures import Rounds, Row
from bench.generator import NUMBER, Answered, Asked
from bench.ground import LOG, Ground, err, log_of
from bench.load import IN_FLIGHT, STREAMS
from bench.places import begin_at_head, caught_up
from bench.recount import Acknowledged, recount
from bench.rows.latencies import Latencies
from bench.serving import child, served
from bench.team import appoint_everywhere
from bench.watch import watched
from runtime.log.postgres import PostgresStore
from runtime.people.identity import Issuer
from runtime.process import migrate_all, service_schema
from runtime.settings import Settings

BODY = {
    "commitment": f"PO-{NUMBER}",
    "account": "3601",
    "amount": "1250.00",
    "description": "Lantern room, scaffolding and weather cover",
    "raised_on": "2026-09-07",
}
SCHEMA = service_schema(LOG)
MUCH_BUSY = 0.8
"""A generator that takes so much of a processor may have been the bottleneck."""


async def measured(ground: Ground) -> list[Row]:
    """The row of the command through HTTP."""
    url = await asyncio.to_thread(ground.prefilled, "http", ground.events_before)
    settings = Settings(
        database_url=url, kafka=ground.kafka, home=ground.folder, topic_prefix="bench-http"
    )
    await migrate_all(settings)
    productions = [str(uuid.uuid4()) for _ in range(STREAMS)]
    issuer = Issuer(settings)
    bare_url = await asyncio.to_thread(ground.fresh, "http_bare")
    owner = await asyncpg.connect(url)
    async with log_of(url) as (store, _), log_of(url, "approval") as (approval, _):
        await appoint_everywhere(approval, productions, issuer.person("Bench"))
        await begin_at_head(owner, SCHEMA, store)
        bare = [sys.executable, "-m", "bench.peers.bare_http", bare_url]
        async with child(bare) as other, served(settings, "serve", LOG) as reel:
            await caught_up(owner, SCHEMA, approval)
            own = _asked(
                reel.url,
                [f"/v1/productions/{one}/budget/raise-commitment" for one in productions],
                token=issuer.token("Bench"),
            )
            others = {
                what: _asked(other.url, [f"/{what}/{one}" for one in productions])
                for what in ("insert", "select")
            }
            pids = {"reel": reel.pid, "insert": other.pid, "select": other.pid}
            row = await _rounds(ground, url, owner, store, {"reel": own, **others}, pids)
    await owner.close()
    await asyncio.to_thread(ground.drop, "http")
    await asyncio.to_thread(ground.drop, "http_bare")
    return [row]


def _asked(url: str, paths: Sequence[str], token: str | None = None) -> Asked:
    return Asked(
        url=url,
        paths=paths,
        token=token,
        body=orjson.dumps(BODY).decode(),
        key=f"bench-{NUMBER}",
        first=1,
        connections=IN_FLIGHT,
        seconds=1,
        status=201,
        of_facts=token is not None,
    )


async def _rounds(
    ground: Ground,
    url: str,
    owner: asyncpg.Connection,
    store: PostgresStore,
    every: dict[str, Asked],
    pids: dict[str, int],
) -> Row:
    seconds, rounds = (3, 3) if ground.quick else (10, 5)
    runs, latencies = Rounds("commands/s"), Latencies()
    busy, costs = Rounds(""), Rounds("µs")
    acknowledged = Acknowledged()
    first = 1

    async def round_of(asked: Asked, seconds: float) -> Answered:
        nonlocal first
        answered = await asyncio.to_thread(
            generator.run, replace(asked, first=first, seconds=seconds)
        )
        first += answered.done + IN_FLIGHT
        if asked.of_facts:
            acknowledged.events += answered.events
            acknowledged.ids ^= answered.ids
        return answered

    async with watched(url, store.log) as seen:
        for asked in every.values():
            await round_of(asked, 1)
        for n in range(rounds):
            err.print(f"http, round {n + 1} of {rounds} …")
            for name, asked in every.items():
                before = _processor_seconds(pids[name])
                answered = await round_of(asked, seconds)
                spent = _processor_seconds(pids[name]) - before
                costs.add(name, 1_000_000 * spent / answered.done)
                runs.add(name, answered.per_second)
                busy.add(name, answered.busy)
                if name == "reel":
                    latencies.add(answered)
                    # What it hears of its own log is not to cost the others anything.
                    await caught_up(owner, SCHEMA, store)
    found = await recount(url, store, acknowledged, seen)
    row = latencies.onto(
        runs.row(f"command through HTTP, one process, {IN_FLIGHT} at once", "reel")
    )
    row.beside = [
        runs.beside("reel", "insert", "bare FastAPI, one INSERT", goal=0.6),
        runs.beside("reel", "select", "bare FastAPI, one SELECT", goal=0.6),
    ]
    row.counted, row.faults = found.counted, found.faults
    shares = {name: max(runs_) for name, runs_ in busy.runs.items()}
    row.notes = [
        "the generator took at most "
        + ", ".join(f"{share:.0%} of a processor beside {name}" for name, share in shares.items()),
        "a request costs its server's process "
        + ", ".join(f"{statistics.median(one):,.0f} µs ({n})" for n, one in costs.runs.items()),
    ]
    if max(shares.values()) > MUCH_BUSY:
        row.notes.append("the generator may have been the bottleneck")
    return row


def _processor_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
