"""One committer per process and log: while a batch is on its way, the next one gathers."""

import asyncio
from collections import Counter, deque

import asyncpg
import structlog
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from runtime import metrics
from runtime.ending import ended
from runtime.log.contract import (
    BATCH_COMMANDS_MAX,
    COMMAND_BYTES_MAX,
    COMMAND_EVENTS_MAX,
    WAITING_COMMANDS_MAX,
    Answer,
    Append,
    Outcome,
    Overloaded,
    Store,
    Unavailable,
    check_size,
)
from runtime.points import point

BATCHES_UNDER_WAY_MAX = 2
SPLIT_FROM_COMMANDS = 32
NOTIFY_EVERY_SECONDS = 0.005
UNAVAILABLE_AFTER_SECONDS = 10.0

OUTCOME_UNKNOWN = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.OperatorInterventionError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidTransactionStateError,
    asyncpg.PostgresSystemError,
)
"""Failures after which the command may or may not be recorded; sending it again finds out."""

Waiting = tuple[Append, "asyncio.Future[Answer]"]

log = structlog.get_logger()


class Committer:
    """Takes commands from many callers and appends them in batches.

    Two batches are on their way at most: the log's lock lets one in after the other, and while
    the database works on one, this process reads answers and gathers the next.

    No caller hears anything before its command is durable. A batch that fails as a whole is sent
    again one command at a time: the log's repeat check answers for what had been committed, and
    only the command that is at fault fails.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._notify_soon = asyncio.Event()
        self._stopping = False
        self._under_way: set[str] = set()
        self._busy = 0
        self._senders: list[asyncio.Task[None]] = []
        self._notifier: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Committer":
        log_name = self._store.log
        self._senders = [
            asyncio.create_task(self._send_batches(), name=f"committer {n} {log_name}")
            for n in range(BATCHES_UNDER_WAY_MAX)
        ]
        self._notifier = asyncio.create_task(self._notify(), name=f"notifier {log_name}")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Empties the queue, then stops."""
        self._stopping = True
        self._arrived.set()
        await asyncio.gather(*self._senders)
        if self._notifier is not None:
            await ended(self._notifier)

    async def append(self, append: Append) -> Answer:
        """Waits until the log has answered.

        Raises:
            TooLarge, Overloaded: before anything was sent.
            Unavailable: the database did not answer in time.
        """
        check_size(append)
        if self._stopping or len(self._waiting) >= WAITING_COMMANDS_MAX:
            raise Overloaded(f"{len(self._waiting)} commands are waiting for the log")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((append, answer))
        self._arrived.set()
        return await answer

    async def _send_batches(self) -> None:
        while True:
            batch = self._gather()
            if not batch:
                if self._stopping and not self._waiting:
                    return
                self._arrived.clear()
                await self._arrived.wait()
                continue
            held = {name for append, _ in batch for name in (append.stream, append.command_id)}
            self._under_way |= held
            self._busy += 1
            try:
                await self._commit(batch)
            finally:
                self._busy -= 1
                self._under_way -= held
                self._arrived.set()

    def _gather(self) -> list[Waiting]:
        """The next batch: at most one command of each stream, and of each id, on its way."""
        batch: list[Waiting] = []
        later: list[Waiting] = []
        taken = set(self._under_way)
        size_bytes = event_count = 0
        commands_max = self._share()
        while self._waiting and len(batch) < commands_max:
            one = self._waiting.popleft()
            append, answer = one
            if answer.cancelled():
                continue
            size_bytes += append.size_bytes
            event_count += len(append.events)
            full = size_bytes > COMMAND_BYTES_MAX or event_count > COMMAND_EVENTS_MAX
            if batch and full:
                later.append(one)
                break
            if append.stream in taken or append.command_id in taken:
                later.append(one)
            else:
                batch.append(one)
            taken.update((append.stream, append.command_id))
        self._waiting.extendleft(reversed(later))
        return batch

    def _share(self) -> int:
        """How many commands this batch may take: half of a crowd, if the other sender is idle."""
        if self._busy == 0 and len(self._waiting) >= SPLIT_FROM_COMMANDS:
            return min((len(self._waiting) + 1) // 2, BATCH_COMMANDS_MAX)
        return BATCH_COMMANDS_MAX

    async def _commit(self, batch: list[Waiting]) -> None:
        metrics.BATCH_COMMANDS.labels(self._store.log).observe(len(batch))
        give_up_at = _from_now()
        try:
            point("before-append")
            async with asyncio.timeout_at(give_up_at):
                answers = await self._store.append([append for append, _ in batch])
            point("after-append")
            self._answer(batch, answers)
        except Exception as error:
            log.warning("batch_failed", log=self._store.log, commands=len(batch), error=repr(error))
            await self._commit_singly(batch, give_up_at)

    async def _commit_singly(self, batch: list[Waiting], give_up_at: float) -> None:
        """One deadline for all, moved on by every answer: who waits in vain waits together."""
        for one in batch:
            append, future = one
            if future.done():
                continue
            try:
                self._answer([one], await self._insist(append, give_up_at))
                give_up_at = _from_now()
            except OUTCOME_UNKNOWN as error:
                _fail(future, Unavailable(f"the {self._store.log} log: {error!r}"))
            except Exception as error:
                _fail(future, error)
                give_up_at = _from_now()

    async def _insist(self, append: Append, give_up_at: float) -> list[Answer]:
        """Sends one command until it is answered."""
        patience = give_up_at - asyncio.get_running_loop().time()
        if patience <= 0:
            raise TimeoutError("it did not answer in time")
        insistently = AsyncRetrying(
            retry=retry_if_exception_type(OUTCOME_UNKNOWN),
            wait=wait_random_exponential(multiplier=0.05, max=1),
            stop=stop_after_delay(patience),
            reraise=True,
        )
        async with asyncio.timeout_at(give_up_at):
            return await insistently(self._store.append, [append])

    def _answer(self, batch: list[Waiting], answers: list[Answer]) -> None:
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        outcomes = Counter(answer.outcome for answer in answers)
        for outcome, count in outcomes.items():
            metrics.COMMANDS.labels(self._store.log, outcome).inc(count)
        if Outcome.RECORDED in outcomes:
            self._notify_soon.set()

    async def _notify(self) -> None:
        """Outside the append: a NOTIFY inside it would serialise commits once more."""
        while True:
            await self._notify_soon.wait()
            self._notify_soon.clear()
            try:
                await self._store.notify()
            except Exception as error:
                log.warning("notify_failed", log=self._store.log, error=repr(error))
            await asyncio.sleep(NOTIFY_EVERY_SECONDS)


def _from_now() -> float:
    return asyncio.get_running_loop().time() + UNAVAILABLE_AFTER_SECONDS


def _fail(future: "asyncio.Future[Answer]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
