"""Looks repeats up for many callers at once: one query is under way, the next one gathers."""

import asyncio

from runtime.log.contract import Found, Store


class Lookup:
    """Finds earlier commands by their id, in batches."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, list[asyncio.Future[Found | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def find(self, command_id: str) -> Found | None:
        """The earlier command with that id, if there was one."""
        answer: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(command_id, []).append(answer)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                try:
                    found = await self._store.find(asked)
                except Exception as error:
                    for answer in (one for answers in asked.values() for one in answers):
                        if not answer.done():
                            answer.set_exception(error)
                    continue
                for command_id, answers in asked.items():
                    for answer in answers:
                        if not answer.done():
                            answer.set_result(found.get(command_id))
        finally:
            self._task = None
