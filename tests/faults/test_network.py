"""The network between Reel and its servers is cut, falls silent, or is slow beyond use."""

import asyncio
import time
from urllib.parse import urlsplit

import pytest

from tests.faults.proxied import ProxiedKafka
from tests.faults.proxy import Proxy, Weather
from tests.faults.run import FULL, Run, thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

BAD_WEATHER_SECONDS = 12.0 if FULL else 6.0
RECOVERY_SECONDS_MAX = {
    Weather.CUT: 90.0,
    Weather.HALF_OPEN: 90.0,
    Weather.SLOW: 90.0,
    Weather.DRIPPING: 270.0,
}
ROLES = ("serve", "relay", "project")

HITS = {
    Weather.CUT: ("reset", "refused"),
    Weather.HALF_OPEN: ("held",),
    Weather.SLOW: ("delayed",),
    Weather.DRIPPING: ("dripped",),
}
"""What the proxy must have counted for a fault to have hit."""


@pytest.mark.parametrize(
    "weather",
    [pytest.param(one, marks=() if one is Weather.CUT else thorough, id=one.value) for one in HITS],
)
async def test_the_network_to_postgres(world: World, weather: Weather) -> None:
    address = urlsplit(world.dsn)
    assert address.port is not None
    async with Proxy(address.port) as proxy:
        netloc = address.netloc.replace(f":{address.port}", f":{proxy.port}")
        through = {"REEL_DATABASE_URL": address._replace(netloc=netloc).geturl()}
        await _through(world, "PostgreSQL", proxy, through, weather)


@thorough
@pytest.mark.parametrize("weather", HITS, ids=lambda one: one.value)
async def test_the_network_to_kafka(world: World, weather: Weather) -> None:
    server = world.kafka_server
    if not isinstance(server, ProxiedKafka):
        pytest.skip("REEL_KAFKA names a Kafka that does not tell the proxy's address")
    async with Proxy(server.inner_port, server.proxy_port) as proxy:
        through = {"REEL_KAFKA": f"127.0.0.1:{proxy.port}"}
        await _through(world, "Kafka", proxy, through, weather)


async def _through(
    world: World, server: str, proxy: Proxy, through: dict[str, str], weather: Weather
) -> None:
    world.through = through
    try:
        for role in ROLES:
            await world.replace(role)
        async with under_load(world, f"{server} {weather.value}", topic=server == "Kafka") as run:
            await _bad(run, server, proxy, weather)
    finally:
        world.through = {}
    world.broken = True
    for role in ROLES:
        await world.replace(role)
    world.broken = False


async def _bad(run: Run, server: str, proxy: Proxy, weather: Weather) -> None:
    fault = run.fault(
        f"network to {server}: {weather.value}", kind=f"network to {server}: {weather.value}"
    )
    proxy.counted.clear()
    proxy.turn(weather)
    await asyncio.sleep(BAD_WEATHER_SECONDS)
    counted = {name: proxy.counted[name] for name in HITS[weather]}
    fault.hits = int(all(counted.values()))
    fault.evidence = f"{counted}"
    proxy.turn(Weather.FAIR)
    run.recovers(fault, time.monotonic())
    await run.recovered(RECOVERY_SECONDS_MAX[weather])
