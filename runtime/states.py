"""Folded states of streams, cached: bounded by the memory that they take.

A long stream is folded on from its snapshot, where there is one that the log agrees with; parts of
such a state come when a decision first asks for them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg
from cachetools import LRUCache

from events.envelope import Recorded
from events.event import Event
from runtime.changing import changed
from runtime.decider import Decider
from runtime.log.coalesced import Coalesced
from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.contract import Answer, Append, Store
from runtime.snapshots.keeper import COLD_EVENTS, WARM_EVENTS, Keeper
from runtime.snapshots.pages import NotLoaded
from runtime.snapshots.streams import SnapshotGone
from runtime.weight import MEMORY_OF_A_PAYLOAD_BYTE, slimmed

MEBIBYTE = 2**20
FIRST_PAGE = 100
PAGE = 10_000

T = TypeVar("T")


@dataclass(frozen=True)
class Folded:
    """A stream's state at a version (0 before any event), and what its events weigh in bytes.
    `kept` is the version that its snapshot has; 0 where there is none."""

    state: Any
    version: int
    size_bytes: int
    kept: int = 0


class States:
    """The states of one log's streams in this process; any of them may be stale."""

    def __init__(self, store: Store, keeper: Keeper | None, memory_mib: int) -> None:
        self._store = store
        self._keeper = keeper
        self._folded: LRUCache[str, Folded] = LRUCache(memory_mib * MEBIBYTE, getsizeof=_memory_of)
        self._beginnings = Coalesced(lambda streams: store.of_streams(streams, FIRST_PAGE))

    async def ask(
        self, decider: Decider[Any, Any], stream: str, question: Callable[[Any], T]
    ) -> tuple[Folded, T]:
        """The stream's state, and what the pure `question` says of it."""
        while True:
            try:
                folded = await self.of(decider, stream)
                while True:
                    try:
                        return folded, question(folded.state)
                    except NotLoaded as needed:
                        await self._bring(stream, needed)
            except SnapshotGone:
                continue

    async def of(self, decider: Decider[Any, Any], stream: str) -> Folded:
        """The stream's state, from the cache, from its snapshot or from the log.

        Raises:
            SnapshotGone: it was replaced meanwhile; another time it is another one, or none.
        """
        cached = self._folded.get(stream)
        if cached is not None:
            return cached
        folded = Folded(decider.initial, 0, 200)
        first = await self._beginnings.get(stream) or []
        is_long = len(first) == FIRST_PAGE
        found = await self._keeper.snapshots.find(stream) if is_long and self._keeper else None
        if found is not None:
            folded = Folded(found.state, found.version, found.size_bytes, kept=found.version)
        else:
            folded = await self._fold(decider, stream, folded, first)
        if is_long:
            return await self.catch_up(decider, stream, folded)
        self._remember(stream, folded)
        return folded

    async def catch_up(self, decider: Decider[Any, Any], stream: str, folded: Folded) -> Folded:
        """Folds what the log holds behind `folded`; raises as `of` does."""
        while True:
            page = await self._store.of_stream(stream, folded.version, PAGE)
            folded = await self._fold(decider, stream, folded, page)
            if len(page) < PAGE:
                break
        self._remember(stream, folded)
        self._keep_if_worth_it(stream, folded, COLD_EVENTS)
        return folded

    async def keep(
        self,
        decider: Decider[Any, Any],
        stream: str,
        folded: Folded,
        events: Sequence[Event],
        append: Append,
        answer: Answer,
    ) -> None:
        """Remembers the state after a command of this process was recorded."""
        try:
            state = await self._evolved(decider, stream, folded.state, events)
        except (SnapshotGone, *OUTCOME_UNKNOWN, asyncpg.PostgresError):
            # What was recorded is recorded; that a part of the state is away is no answer to it.
            self._folded.pop(stream, None)
            return
        size_bytes = folded.size_bytes + append.size_bytes
        after = changed(folded, state=state, version=answer.version, size_bytes=size_bytes)
        self._remember(stream, after)
        self._keep_if_worth_it(stream, after, WARM_EVENTS)

    async def _fold(
        self, decider: Decider[Any, Any], stream: str, folded: Folded, page: Sequence[Recorded]
    ) -> Folded:
        if not page:
            return folded
        events = [recorded.event for recorded in page]
        size_bytes = folded.size_bytes + sum(len(recorded.payload) for recorded in page)
        state = await self._evolved(decider, stream, folded.state, events)
        return changed(folded, state=state, version=page[-1].version, size_bytes=size_bytes)

    async def _evolved(
        self, decider: Decider[Any, Any], stream: str, state: Any, events: Sequence[Event]
    ) -> Any:
        slimmed(events)
        done = 0
        while done < len(events):
            try:
                while done < len(events):
                    state = decider.evolve(state, events[done])
                    done += 1
            except NotLoaded as needed:
                await self._bring(stream, needed)
        return state

    async def _bring(self, stream: str, needed: NotLoaded) -> None:
        assert self._keeper is not None, "only a snapshot's state has parts that are not here"
        try:
            await self._keeper.snapshots.bring(stream, needed)
        except SnapshotGone:
            self._folded.pop(stream, None)
            raise

    def _remember(self, stream: str, folded: Folded) -> None:
        if _memory_of(folded) <= self._folded.maxsize:
            self._folded[stream] = folded
        else:
            self._folded.pop(stream, None)

    def _keep_if_worth_it(self, stream: str, folded: Folded, events: int) -> None:
        if self._keeper is not None and folded.version - folded.kept >= events:
            self._keeper.take(
                stream,
                folded.state,
                folded.version,
                folded.size_bytes,
                lambda version: self._is_kept(stream, version),
            )

    def _is_kept(self, stream: str, version: int) -> None:
        cached = self._folded.get(stream)
        if cached is not None:
            self._folded[stream] = changed(cached, kept=max(cached.kept, version))


def _memory_of(folded: Folded) -> int:
    return folded.size_bytes * MEMORY_OF_A_PAYLOAD_BYTE
