"""Asks for many callers at once: while one query is under way, the next one gathers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Coalesced(Generic[K, V]):
    """Turns single questions into batches. `ask` answers those of the keys that it knows."""

    def __init__(
        self, ask: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], keys_max: int = 256
    ) -> None:
        self._ask = ask
        self._keys_max = keys_max
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The answer for one key; raises what `ask` raised for its batch."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[: self._keys_max]
                asked = {key: self._waiting.pop(key) for key in keys}
                try:
                    found = await self._ask(keys)
                except Exception as error:
                    for answer in _open(asked.values()):
                        answer.set_exception(error)
                    continue
                for key, answers in asked.items():
                    for answer in _open([answers]):
                        answer.set_result(found.get(key))
        finally:
            self._task = None


def _open(
    answers: Iterable[Sequence["asyncio.Future[V | None]"]],
) -> Iterator["asyncio.Future[V | None]"]:
    """Those that somebody still waits for."""
    return (one for futures in answers for one in futures if not one.done())
