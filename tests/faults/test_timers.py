"""What falls due by itself comes once, whoever is killed over it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.client import Client
from tests.faults.probing import Crew, opened, rows
from tests.faults.run import thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration, thorough]

POINTS = ("before-timer", "after-timer")
OFFERS = 6
OPEN_SECONDS = 4


async def test_killed_around_a_timer(world: World) -> None:
    """Offers lapse while the service that lets them dies, before the fact is recorded and behind
    it; the audit wants one answer to each offer."""
    async with under_load(world, "timers killed", films=1) as run:
        film = Crew("lapsing", str(uuid.uuid4()))
        await opened(run.client, world, film)
        for point in POINTS:
            doomed = await world.replace("serve", REEL_KILL_AT=f"{point}:2")
            fault = run.fault(f"serve killed at {point}")
            for _ in range(OFFERS):
                await _offered(run.client, film)
            fault.hits = int(await world.ended(doomed) == -9)
            await world.start("serve")
            run.recovers(fault, doomed.died_at or 0)
        await world.until(lambda: _open_still(world, film), 60)


async def _offered(client: Client, film: Crew) -> None:
    contract = {"contract": str(uuid.uuid4())}
    deal = {
        **contract,
        "kind": "crew",
        "title": "A boat with its skipper",
        "party": "skipper",
        "terms": {"currency": "USD"},
    }
    until = datetime.now(UTC) + timedelta(seconds=OPEN_SECONDS)
    drafted = await film.give(client, "producer", "contract/draft-contract", deal)
    assert drafted.status == 201, drafted.answer
    offer = {**contract, "expires_at": until.isoformat()}
    offered = await film.give(client, "producer", "contract/make-offer", offer)
    assert offered.status == 201, offered.answer


def _open_still(world: World, film: Crew) -> list[str]:
    found = rows(
        world,
        """SELECT stream FROM contract.event WHERE production = %s::uuid
           GROUP BY stream HAVING bool_or(type = 'contract.OfferMade')
           AND NOT bool_or(type = 'contract.OfferLapsed')""",
        film.production,
    )
    return [f"{stream} has not lapsed" for (stream,) in found]
