"""Anchors by itself, now and then and at an orderly stop, as long as the relay's process runs."""

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import structlog

from runtime import metrics
from runtime.audit.anchoring import AnchoringElsewhere, anchor
from runtime.audit.before import AnchorRefused
from runtime.settings import Settings

AGAIN_SECONDS = 60.0
LAST_SECONDS_MAX = 5.0

logger = structlog.get_logger()


class Anchorer:
    """Looks every `REEL_ANCHOR_MINUTES`, and anchors when a head has moved."""

    def __init__(self, settings: Settings, logs: Sequence[str]) -> None:
        self._settings = settings
        self._logs = logs
        self._seconds = settings.anchor_minutes * 60
        self._found_at = time.monotonic()
        metrics.ANCHOR_AGE.set_function(lambda: time.monotonic() - self._found_at)

    async def run(self) -> None:
        """Anchors until cancelled, and once more then; what is away is waited for."""
        running = asyncio.current_task()
        assert running is not None
        try:
            # aiokafka swallows a cancellation that comes while it closes a client.
            while not running.cancelling():
                done = await self._once(older_than_seconds=self._seconds)
                await asyncio.sleep(self._seconds if done else min(AGAIN_SECONDS, self._seconds))
            raise asyncio.CancelledError
        except asyncio.CancelledError:
            try:
                async with asyncio.timeout(LAST_SECONDS_MAX):
                    await self._once(older_than_seconds=0)
            except TimeoutError:
                logger.warning("not_anchored_at_the_end", seconds=LAST_SECONDS_MAX)
            raise

    async def _once(self, older_than_seconds: float) -> bool:
        """Whether all that the logs hold is anchored now, or was anchored lately enough."""
        try:
            made = await anchor(self._settings, self._logs, older_than_seconds=older_than_seconds)
        except AnchorRefused as refused:
            metrics.ANCHORS_REFUSED.inc()
            logger.error("anchor_refused", reason=str(refused))
            return False
        except AnchoringElsewhere:
            return False
        except (asyncpg.PostgresError, asyncpg.InterfaceError, LookupError, OSError) as error:
            logger.warning("not_anchored", error=str(error) or repr(error))
            return False
        self._found_at = time.monotonic()
        if made is not None:
            logger.info("anchored", digest=made.statement.digest, stored=made.stored)
            for place, why in made.missed.items():
                logger.warning("anchor_not_stored", place=place, error=why)
        return True
