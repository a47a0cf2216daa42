"""No statement of Reel's runs for longer than a bound."""

from pathlib import Path

import pytest

from runtime import pools
from runtime.settings import Settings
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
