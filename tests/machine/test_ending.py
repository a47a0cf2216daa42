"""Tasks that run until they are cancelled do end."""

import asyncio
import contextlib

import pytest

from runtime import ending
from runtime.ending import ended

pytestmark = pytest.mark.unit


async def for_ever() -> None:
    await asyncio.Event().wait()


async def swallowing(times: int) -> None:
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await for_ever()
    await for_ever()


async def failing() -> None:
    try:
        await for_ever()
    finally:
        raise LookupError("while it ended")


async def test_nothing_to_end_is_ended() -> None:
    await ended()


async def test_all_have_ended_however_they_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "TOLD_AGAIN_SECONDS", 0.01)
    tasks = [asyncio.create_task(one) for one in (for_ever(), swallowing(2), failing())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await ended(*tasks)
    assert [task.cancelled() for task in tasks] == [True, True, False]
    assert isinstance(tasks[2].exception(), LookupError)


async def test_who_ends_in_time_is_told_once() -> None:
    told = 0

    async def ending_its_work() -> None:
        nonlocal told
        try:
            await for_ever()
        except asyncio.CancelledError:
            told += 1
            await asyncio.sleep(0.05)
            raise

    task = asyncio.create_task(ending_its_work())
    await asyncio.sleep(0)
    await ended(task)
    assert told == 1
    assert task.cancelled()
