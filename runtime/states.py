"""Folded states of streams, cached: bounded by the bytes of the events that made them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache

from events.envelope import Recorded
from events.event import Event
from runtime.decider import Decider
from runtime.log.coalesced import Coalesced
from runtime.log.contract import Answer, Append, Store

CACHE_BYTES_MAX = 64 * 1024 * 1024
FIRST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Folded:
    """A stream's state at a version (0 before any event), and what its events weigh in bytes."""

    state: Any
    version: int
    size_bytes: int


class States:
    """The states of one log's streams in this process; any of them may be stale."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folded: LRUCache[str, Folded] = LRUCache(
            CACHE_BYTES_MAX, getsizeof=lambda folded: folded.size_bytes
        )
        self._beginnings = Coalesced(lambda streams: store.of_streams(streams, FIRST_PAGE))

    async def of(self, decider: Decider[Any, Any], stream: str) -> Folded:
        """The stream's state, from the cache or from the log."""
        cached = self._folded.get(stream)
        if cached is not None:
            return cached
        first = await self._beginnings.get(stream) or []
        folded = _folded(decider, Folded(decider.initial, 0, 200), first)
        if len(first) == FIRST_PAGE:
            return await self.catch_up(decider, stream, folded)
        self._remember(stream, folded)
        return folded

    async def catch_up(self, decider: Decider[Any, Any], stream: str, folded: Folded) -> Folded:
        """Folds what the log holds behind `folded`."""
        while page := await self._store.of_stream(stream, folded.version):
            folded = _folded(decider, folded, page)
        self._remember(stream, folded)
        return folded

    def keep(
        self,
        decider: Decider[Any, Any],
        stream: str,
        folded: Folded,
        events: Sequence[Event],
        append: Append,
        answer: Answer,
    ) -> None:
        """Remembers the state after a command of this process was recorded."""
        state = decider.fold(events, folded.state)
        self._remember(stream, Folded(state, answer.version, folded.size_bytes + append.size_bytes))

    def _remember(self, stream: str, folded: Folded) -> None:
        if folded.size_bytes <= self._folded.maxsize:
            self._folded[stream] = folded
        else:
            self._folded.pop(stream, None)


def _folded(decider: Decider[Any, Any], folded: Folded, page: Sequence[Recorded]) -> Folded:
    if not page:
        return folded
    return Folded(
        decider.fold([recorded.event for recorded in page], folded.state),
        page[-1].version,
        folded.size_bytes + sum(len(recorded.payload) for recorded in page),
    )
