"""The harness can fail: the same client, the same kills and the same book, on Reel and on a peer."""

import asyncio
import itertools
import random
import uuid
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace

import pytest

from tests.faults.book import Audit, hold_book
from tests.faults.client import Client
from tests.faults.peer import Peer
from tests.faults.probing import Crew, cost, opened
from tests.faults.run import FULL, PEERS, SEED, thorough, under_load
from tests.faults.world import World
from tests.servers import drop_database, fresh_database

pytestmark = [pytest.mark.faults, pytest.mark.integration]

KILLS = 20 if FULL else 4
CALLERS = 6
FORGETFUL = 0.1
"""How often a caller hangs up on its first call, and asks again."""


@pytest.fixture
def peer(durable_dsn: str) -> Iterator[Peer]:
    dsn = fresh_database(durable_dsn)
    one = Peer(dsn)
    one.start()
    yield one
    one.kill()
    drop_database(dsn)


async def test_a_peer_doubles_what_is_asked_again(peer: Peer) -> None:
    """It keeps what it acknowledged, and has recorded what it then refuses or denies."""
    client = Client(lambda _: [peer.url] if peer.url else [], list, lambda person: person)

    async def killed() -> None:
        await asyncio.to_thread(peer.kill)
        await asyncio.to_thread(peer.start)

    try:
        kills = await _posted(client, Crew("peer", str(uuid.uuid4())), killed)
    finally:
        await client.close()
    audit = Audit(client.trouble)
    facts = await asyncio.to_thread(peer.facts)
    hold_book(audit, client, SimpleNamespace(logs={"budget": facts}))  # type: ignore[arg-type]
    PEERS["eventsourcing 9.5 behind FastAPI"] = {
        "kills": kills,
        "acknowledged": client.answered,
        "lost": len(audit.lost),
        "doubled": audit.doubled,
    }
    assert kills == KILLS
    assert audit.lost == [], f"REEL_SEED={SEED}: {audit.problems[:10]}"
    assert audit.doubled, f"REEL_SEED={SEED}: nothing was asked again that had been recorded"
    assert {problem[:2] for problem in audit.problems} == {"I1"}


@thorough
async def test_reel_goes_through_the_same(world: World) -> None:
    """The same costs, hung up on and killed as often; the audit finds nothing."""
    async with under_load(world, "as on a peer", films=1) as run:
        film = Crew("as on a peer", str(uuid.uuid4()))
        await opened(run.client, world, film)
        fault = run.fault("serve killed as on a peer", KILLS)

        async def killed() -> None:
            (part,) = world.running("serve")
            part.kill()
            await world.start("serve")

        before = run.client.answered
        fault.hits = await _posted(run.client, film, killed)
        assert run.client.answered > before
        run.recovers(fault, fault.began_at)


async def _posted(client: Client, film: Crew, killed: Callable[[], Awaitable[None]]) -> int:
    """Several callers post costs until so many kills have hit them; answers how many have, each
    while a command was given and not answered."""
    numbers, done = itertools.count(1), asyncio.Event()

    async def caller(number: int) -> None:
        chance = random.Random(f"{SEED}/{film.name}/{number}")
        while not done.is_set():
            await film.give(
                client,
                "accountant",
                "budget/post-cost",
                cost(f"INV-{next(numbers)}"),
                impatient=chance.random() < FORGETFUL,
            )

    chance, kills = random.Random(f"{SEED}/{film.name}"), 0
    callers = [asyncio.create_task(caller(number)) for number in range(CALLERS)]
    try:
        for _ in range(KILLS):
            await asyncio.sleep(0.3 + 0.5 * chance.random())
            kills += any(client.in_flight.values())
            await killed()
    finally:
        done.set()
        await asyncio.gather(*callers)
    return kills
