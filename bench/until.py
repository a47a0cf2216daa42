"""Waiting for what comes about elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.01
SECONDS_MAX = 300.0


async def until(
    is_so: Callable[[], Awaitable[bool]],
    seconds_max: float = SECONDS_MAX,
    every_seconds: float = POLL_SECONDS,
) -> None:
    """Asks again and again until it is so.

    Raises:
        TimeoutError: it is not, after so many seconds.
    """
    async with asyncio.timeout(seconds_max):
        while True:
            if await is_so():
                return
            await asyncio.sleep(every_seconds)
