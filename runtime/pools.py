"""Connections to PostgreSQL: one pool for each database and role in a process."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from runtime.settings import Settings

STATEMENT_SECONDS_MAX = 30
CLOSE_SECONDS_MAX = 5
IDLE_SECONDS_MAX = 10
"""How long a transaction may do nothing."""
TRANSACTION_SECONDS_MAX = 20

LOCKS_ARE_LET_GO = {
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS_MAX}s",
    "transaction_timeout": f"{TRANSACTION_SECONDS_MAX}s",
}
"""A frozen worker's locks hold nobody up for longer than Kafka counts it in.

The first ends one that froze between two statements. PostgreSQL counts a worker that froze inside
a statement, after Parse and before Bind, as active; only the second ends that one.
"""


class _Connection(asyncpg.Connection):
    """Is given up with its first statement that has no answer in time.

    PostgreSQL itself ends a statement long before that (`TRANSACTION_SECONDS_MAX`), so that the
    network must have forgotten the connection; asyncpg would wait as long again for its word that
    the statement is cancelled.
    """

    on_silence: Callable[[], Awaitable[None]] | None = None
    """Told so: others that are as old may be as dead."""

    async def execute(self, *words: Any, **options: Any) -> Any:
        return await self._in_time(super().execute(*words, **options))

    async def executemany(self, *words: Any, **options: Any) -> Any:
        return await self._in_time(super().executemany(*words, **options))

    async def fetch(self, *words: Any, **options: Any) -> Any:
        return await self._in_time(super().fetch(*words, **options))

    async def fetchrow(self, *words: Any, **options: Any) -> Any:
        return await self._in_time(super().fetchrow(*words, **options))

    async def fetchval(self, *words: Any, **options: Any) -> Any:
        return await self._in_time(super().fetchval(*words, **options))

    async def close(self, *, timeout: float | None = None) -> None:
        with contextlib.suppress(TimeoutError):  # it is cut off then
            await super().close(timeout=timeout or CLOSE_SECONDS_MAX)

    async def _in_time(self, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except TimeoutError:
            self.terminate()
            if self.on_silence is not None:
                await self.on_silence()
            raise


class Pools:
    """Opens pools as they are asked for, and closes them all."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pools: dict[tuple[str, str | None], asyncpg.Pool] = {}

    async def of(self, room: str, *, role: str | None = None) -> asyncpg.Pool:
        """The pool for one room's database, as the login itself or in the given role."""
        key = (self._settings.database_of(room), role)
        if key not in self._pools:
            server_settings = {"application_name": f"reel {room}", **LOCKS_ARE_LET_GO}
            if role is not None:
                server_settings["role"] = role
            self._pools[key] = await asyncpg.create_pool(
                key[0],
                min_size=1,
                max_size=self._settings.pool_size,
                command_timeout=STATEMENT_SECONDS_MAX,
                server_settings=server_settings,
                connection_class=_Connection,
                init=self._reports_silence,
                reset=nothing_to_reset,
            )
        return self._pools[key]

    async def patient(self, room: str, name: str) -> asyncpg.Pool:
        """A pool for work of its own on one room's database, whose transactions may take their
        time, since nobody waits for them; `name` says what it is."""
        key = (self._settings.database_of(room), name)
        if key not in self._pools:
            self._pools[key] = await asyncpg.create_pool(
                key[0],
                min_size=1,
                max_size=self._settings.pool_size,
                server_settings={"application_name": f"reel {name}"},
                reset=nothing_to_reset,
            )
        return self._pools[key]

    async def _reports_silence(self, connection: asyncpg.Connection) -> None:
        assert isinstance(connection, _Connection)
        connection.on_silence = self._distrust

    async def _distrust(self) -> None:
        """No connection that is there now is used again, so that dead ones are not found out one
        by one."""
        for pool in self._pools.values():
            await pool.expire_connections()

    async def close(self) -> None:
        """Closes every pool; what is under way is given five seconds."""
        for pool in self._pools.values():
            try:
                async with asyncio.timeout(CLOSE_SECONDS_MAX):
                    await pool.close()
            except TimeoutError:
                pool.terminate()


async def nothing_to_reset(_: Any) -> None:
    """Whoever locks or sets something for longer than a transaction has a connection of his own;
    asyncpg would ask the server to forget it each time that a connection is given back."""
