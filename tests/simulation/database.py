"""A database in memory, as far as consumers and relays see PostgreSQL: transactions at READ
COMMITTED, row locks that are waited for, deadlocks, connections that break, and its own clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from tests.simulation.loop import Loop, Machine
from tests.simulation.weather import Weather

IDLE_SECONDS_MAX = 10.0
TRANSACTION_SECONDS_MAX = 20.0
"""As `runtime.pools` has PostgreSQL end a transaction whose client stands still."""

T = TypeVar("T")
Table = tuple[str, ...]
Effect = Callable[["Transaction"], Awaitable[T]]


class Database:
    """What is committed, who holds which row, and whether it answers."""

    def __init__(self, loop: Loop, weather: Weather) -> None:
        self.loop = loop
        self.weather = weather
        self.tables: dict[Table, dict[Any, Any]] = {}
        self.up = True
        self.clock_shift_us = 0
        self.on_commit: Callable[[set[str]], None] = lambda schemas: None
        self.listeners: dict[str, list[tuple[Callable[[], None], Any]]] = {}
        self.holders: dict[Any, Transaction] = {}
        self.waiting: dict[Any, list[asyncio.Future[None]]] = {}
        self.open: dict[Transaction, Machine | None] = {}
        self._lives = 0

    def now_us(self) -> int:
        """Its own clock."""
        return 1_790_000_000_000_000 + int(self.loop.time() * 1e6) + self.clock_shift_us

    def die(self) -> None:
        """What is not committed is gone, and nobody hears from it until it is up again."""
        self.up = False
        self._lives += 1
        for transaction in list(self.open):
            transaction.abort()

    def forget(self, machine: Machine) -> None:
        """That machine's connections are found to be dead."""
        for transaction, of in list(self.open.items()):
            if of is machine:
                transaction.abort()

    async def call(self, what: str, effect: Callable[[], Awaitable[T]]) -> T:
        """Sends one statement and waits for its answer; what it does outlives whoever asked."""
        call = Call(self, what, effect, self.loop.here, self.loop.create_future())
        self.loop.of_servers(self.weather.trip(), call.arrives)
        answer: T = await call.answer
        return answer

    @property
    def lives(self) -> int:
        """Which of its lives it is in."""
        return self._lives


@dataclass(eq=False)
class Call:
    """One statement on its way to the server, there, and back. It costs the loop no task: nearly
    all are done at once."""

    database: Database
    what: str
    effect: Callable[[], Any]
    asker: str
    answer: "asyncio.Future[Any]"
    lives: int = 0

    def arrives(self) -> None:
        """It is carried out, unless it is not."""
        database, weather = self.database, self.database.weather
        self.lives = database.lives
        if not database.up:
            self._fails(asyncpg.CannotConnectNowError("the database system is starting up"))
        elif weather.strikes("a request is lost"):
            self._fails(ConnectionResetError("the request is lost"))
        else:
            self._goes_on(self.effect().__await__())

    def _goes_on(self, work: Any) -> None:
        try:
            waits = work.send(None)
        except StopIteration as done:
            if self.lives != self.database.lives or self._is_lost():
                self._fails(ConnectionResetError("the answer is lost"))
            else:
                self._tells(self.answer.set_result, done.value, "")
        except Exception as error:
            self._fails(error)
        else:
            # As a task does with what its coroutine waits for.
            waits._asyncio_future_blocking = False
            waits.add_done_callback(lambda _: self._goes_on(work))

    def _is_lost(self) -> bool:
        return self.database.weather.strikes("an answer is lost")

    def _fails(self, error: Exception) -> None:
        self._tells(self.answer.set_exception, error, f": {error!r:.120}")

    def _tells(self, tell: Callable[[Any], None], value: Any, note: str) -> None:
        self.database.loop.note(self.what + note, self.asker)
        trip = self.database.weather.trip()
        self.database.loop.of_servers(trip, lambda: self.answer.done() or tell(value))


class Transaction:
    """One transaction on the server's side."""

    def __init__(self, database: Database, machine: Machine | None, *, snapshot: bool) -> None:
        self._database = database
        self._changes: dict[tuple[Table, Any], Any] = {}
        self._held: list[Any] = []
        self._waiter: asyncio.Future[None] | None = None
        self._waits_for: Any = None
        self._statements = 0
        self.over = False
        self._snapshot: Mapping[Table, Mapping[Any, Any]] | None = None
        if snapshot:
            self._snapshot = {table: dict(rows) for table, rows in database.tables.items()}
        database.open[self] = machine

    def rows(self, table: Table) -> dict[Any, Any]:
        """The rows that it sees."""
        self._see_that_it_goes_on()
        seen = self._database.tables if self._snapshot is None else self._snapshot
        found = dict(seen.get(table, {}))
        for (of, key), value in self._changes.items():
            if of == table:
                found[key] = value
        return {key: value for key, value in found.items() if value is not None}

    def get(self, table: Table, key: Any) -> Any:
        """One row; None where there is none."""
        self._see_that_it_goes_on()
        if (table, key) in self._changes:
            return self._changes[table, key]
        seen = self._database.tables if self._snapshot is None else self._snapshot
        return seen.get(table, {}).get(key)

    async def put(self, table: Table, key: Any, value: Any) -> None:
        """Writes a row, or takes it away, once nobody else holds it."""
        await self.lock(table, key)
        self._changes[table, key] = value

    async def lock(self, table: Table, key: Any) -> None:
        """Holds a row until the end; what it sees of it then is the newest there is.

        Raises:
            DeadlockDetectedError: whoever holds it waits for this one.
        """
        self._see_that_it_goes_on()
        row, database = (table, key), self._database
        if database.weather.strikes("a deadlock"):
            self.abort()
            raise asyncpg.DeadlockDetectedError("a deadlock")
        while (holder := database.holders.get(row)) not in (None, self):
            assert holder is not None
            if holder.leads_to(self):
                self.abort()
                raise asyncpg.DeadlockDetectedError("a deadlock")
            self._waits_for = row
            self._waiter = database.loop.create_future()
            database.waiting.setdefault(row, []).append(self._waiter)
            await self._waiter
            self._waits_for = None
            self._see_that_it_goes_on()
        if holder is None:
            database.holders[row] = self
            self._held.append(row)

    def leads_to(self, other: "Transaction") -> bool:
        """Whether it waits, by however many others, for `other`."""
        at: Transaction | None = self
        while at is not None and at is not other:
            at = self._database.holders.get(at._waits_for) if at._waits_for else None
        return at is other

    def commit(self) -> None:
        """All of it is there at once."""
        self._see_that_it_goes_on()
        for (table, key), value in self._changes.items():
            rows = self._database.tables.setdefault(table, {})
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
        schemas = {table[0] for table, _ in self._changes}
        self._end()
        if schemas:
            self._database.on_commit(schemas)

    def abort(self) -> None:
        """None of it is there."""
        if not self.over:
            self._end()

    def _end(self) -> None:
        self.over = True
        del self._database.open[self]
        for row in self._held:
            del self._database.holders[row]
            for waiter in self._database.waiting.pop(row, ()):
                if not waiter.done():
                    waiter.set_result(None)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _see_that_it_goes_on(self) -> None:
        if self.over:
            raise asyncpg.ConnectionDoesNotExistError("the connection was closed meanwhile")

    def stands_still_from_now(self) -> None:
        """Ends itself if nothing more comes."""
        self._statements += 1
        self._database.loop.call_later(IDLE_SECONDS_MAX, self._end_if_idle, self._statements)

    def _end_if_idle(self, statements: int) -> None:
        if statements == self._statements:
            self.abort()


class Connections:
    """One process's pool, and what each of its connections can do."""

    def __init__(self, database: Database, machine: Machine | None) -> None:
        self.database = database
        self.machine = machine
        self._transaction: Transaction | None = None

    @asynccontextmanager
    async def acquire(self) -> "AsyncIterator[Connections]":
        """A connection of its own."""
        yield Connections(self.database, self.machine)

    @asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncIterator[None]:
        """As asyncpg's: it commits at its end, and is rolled back where something is raised."""
        snapshot = options.get("isolation") == "repeatable_read"

        async def begin() -> Transaction:
            begun = Transaction(self.database, self.machine, snapshot=snapshot)
            begun.stands_still_from_now()
            self.database.loop.call_later(TRANSACTION_SECONDS_MAX, begun.abort)
            return begun

        self._transaction = begun = await self.database.call("begin", begin)

        async def commit() -> None:
            begun.commit()

        try:
            yield
            await self.database.call("commit", commit)
        finally:
            self._transaction = None
            # Behind a commit whose answer is lost it changes nothing.
            begun.abort()

    async def run(self, what: str, effect: Effect[T]) -> T:
        """One statement, in the transaction if there is one."""
        transaction = self._transaction

        async def within() -> T:
            own = transaction or Transaction(self.database, self.machine, snapshot=False)
            try:
                result = await effect(own)
                if transaction is None:
                    own.commit()
                else:
                    own.stands_still_from_now()
                return result
            except BaseException:
                own.abort()
                raise

        try:
            return await self.database.call(what, within)
        except Exception:
            # Its connection is closed, or the transaction can only be rolled back.
            if transaction is not None:
                transaction.abort()
            raise
