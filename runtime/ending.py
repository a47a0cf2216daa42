"""Ends tasks that run until they are cancelled."""

import asyncio
from typing import Any

TOLD_AGAIN_SECONDS = 6.0
"""More than anything takes that is still done at a stop."""


async def ended(*tasks: "asyncio.Task[Any]") -> None:
    """Cancels tasks, and answers when all have ended, however they did.

    A library may swallow a cancellation, as aiokafka does while it closes a client; who has not
    ended after a while is told again.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=TOLD_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
