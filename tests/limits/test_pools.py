"""No statement of Reel's runs for longer than a bound."""

from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from runtime import pools
from runtime.settings import Settings
from tests.faults.proxy import Proxy
from tests.http.instance import settings_of

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return settings_of(tmp_path, database_url, "nobody:1", "limits")


async def test_a_statement_that_takes_too_long_is_cancelled(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "STATEMENT_SECONDS_MAX", 0.2)
    opened = pools.Pools(settings)
    try:
        pool = await opened.of("budget")
        with pytest.raises(TimeoutError):
            await pool.fetchval("SELECT pg_sleep(60)")
        assert await pool.fetchval("SELECT 1") == 1
    finally:
        await opened.close()


async def test_connections_that_the_network_forgot_are_found_out_by_one_statement(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "STATEMENT_SECONDS_MAX", 1.0)
    address = urlsplit(str(settings.database_url))
    assert address.port is not None
    async with Proxy(address.port) as proxy:
        netloc = address.netloc.replace(f":{address.port}", f":{proxy.port}")
        through = address._replace(netloc=netloc).geturl()
        opened = pools.Pools(settings.model_copy(update={"database_url": through}))
        try:
            both = [await opened.of("budget"), await opened.of("budget", role="pg_monitor")]
            await _answered_by(*both, at_once=3)
            proxy.forget()
            with pytest.raises(TimeoutError):
                await both[0].fetchval("SELECT 1")
            await _answered_by(*both, at_once=3)
        finally:
            await opened.close()


async def _answered_by(*of: asyncpg.Pool, at_once: int) -> None:
    """So many connections of each pool answer while they are all in use."""
    async with AsyncExitStack() as held:
        for pool in of:
            for _ in range(at_once):
                one = await held.enter_async_context(pool.acquire())
                assert await one.fetchval("SELECT 1") == 1
