"""Takes snapshots beside the work: one at a time, page by page, and never so that anybody waits."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Self

import asyncpg
import structlog

from runtime.snapshots.codec import NotStorable
from runtime.snapshots.document import Writing
from runtime.snapshots.pages import NotLoaded
from runtime.snapshots.streams import SnapshotGone, StreamSnapshots

COLD_EVENTS = 200
"""A state that was folded from so many events at once is worth keeping."""
WARM_EVENTS = 2_000
"""One that is this far ahead of its snapshot too, though nobody has had to wait for it yet."""
AGAIN_SECONDS = 10.0
WAITING_MAX = 16

logger = structlog.get_logger()


class Keeper:
    """Keeps states of one log's streams while it is entered; what it has no time for it lets be."""

    def __init__(self, snapshots: StreamSnapshots, again_seconds: float = AGAIN_SECONDS) -> None:
        self.snapshots = snapshots
        self._again_seconds = again_seconds
        self._waiting: dict[str, tuple[Any, int, int, Callable[[int], None]]] = {}
        self._taken_at: dict[str, float] = {}
        self._woken = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._work = asyncio.create_task(self._run(), name="snapshots")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work

    def take(
        self, stream: str, state: Any, version: int, size_bytes: int, kept: Callable[[int], None]
    ) -> None:
        """Has the state kept some time soon, and `kept` told of its version; or not at all."""
        if stream not in self._waiting and len(self._waiting) >= WAITING_MAX:
            return
        taken_at = self._taken_at.get(stream)
        if taken_at is not None and time.monotonic() - taken_at < self._again_seconds:
            return
        self._waiting[stream] = state, version, size_bytes, kept
        self._woken.set()

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                stream = next(iter(self._waiting))
                state, version, size_bytes, kept = self._waiting.pop(stream)
                try:
                    if await self._take(stream, state, version, size_bytes):
                        kept(version)
                except (SnapshotGone, NotStorable, OSError, asyncpg.PostgresError) as error:
                    logger.warning("snapshot_not_taken", stream=stream, reason=str(error))
                except (TimeoutError, asyncpg.InterfaceError) as error:
                    logger.warning("snapshot_not_taken", stream=stream, reason=repr(error))

    async def _take(self, stream: str, state: Any, version: int, size_bytes: int) -> bool:
        self._remember(stream)
        while True:
            written = Writing()
            try:
                written.begin(state)
                for _ in written.pages():
                    await asyncio.sleep(0)
                break
            except NotLoaded as needed:
                await self.snapshots.bring(stream, needed)
        return await self.snapshots.keep(stream, version, size_bytes, written)

    def _remember(self, stream: str) -> None:
        now = time.monotonic()
        if len(self._taken_at) > 1_000:
            self._taken_at = {
                one: at for one, at in self._taken_at.items() if now - at < self._again_seconds
            }
        self._taken_at[stream] = now
