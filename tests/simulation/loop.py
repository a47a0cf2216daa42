"""One event loop for a whole installation: it owns time, and which process runs next.

Within a process callbacks run in the order in which asyncio promises them; between processes, and
between what servers answer, the seed decides. Time stands still while anything can run, but for a
microsecond a step, and jumps to the next timer when nothing can.
"""

import asyncio
import contextvars
import heapq
import random
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

STEPS_MAX = 400_000
STEP_SECONDS = 1e-6
KEPT_STEPS = 400

_RUNNING: contextvars.ContextVar["Machine | None"] = contextvars.ContextVar("machine", default=None)


class StandsStill(Exception):
    """Nothing can run any more, or far too much did."""


@dataclass(eq=False)
class Machine:
    """What is killed, paused and started as one; None in its place are the servers' machines."""

    name: str
    alive: bool = True
    paused: bool = False
    ready: deque[asyncio.Handle] = field(default_factory=deque)
    dies_in_steps: int | None = None


class Loop(asyncio.AbstractEventLoop):
    """A loop that a seed drives."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.steps = 0
        self.trace: deque[str] = deque(maxlen=KEPT_STEPS)
        self.servers = Machine("servers")
        self.on_death: Callable[[Machine], None] = _nobody_notices
        self._now = 1_000.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._sequence = 0
        self._digest = blake2b(digest_size=16)
        self._machines = [self.servers]
        self._of_servers = contextvars.Context()
        self._buried: list[Any] = []
        self._closed = False
        self._failure: BaseException | None = None

    @property
    def digest(self) -> str:
        """What the steps so far were: equal if, and only if, they were the same."""
        return self._digest.hexdigest()

    @property
    def here(self) -> str:
        """The name of the machine that is running."""
        return (_RUNNING.get() or self.servers).name

    def note(self, text: str, by: str | None = None) -> None:
        """Writes down what happened, for whoever reads the trace."""
        line = f"{self._now:12.6f} {by or self.here:<12} {text}"
        self.trace.append(line)
        self._digest.update(line.encode())

    def fail(self, failure: BaseException) -> None:
        """Ends the run with this failure, whoever is running."""
        self._failure = self._failure or failure

    # --- machines ----------------------------------------------------------------------------

    def start(self, machine: Machine, work: Coroutine[Any, Any, None]) -> None:
        """Starts a machine with what it is to run."""
        self._machines.append(machine)
        self.on(machine, work, machine.name)

    def on(self, machine: Machine | None, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Runs something on a machine, or on the servers': it outlives whoever asked for it."""
        context = contextvars.copy_context()
        context.run(_RUNNING.set, machine)
        task = self.create_task(work, name=name, context=context)
        task.add_done_callback(self._looked_at, context=context)

    def of_servers(self, delay: float, callback: Callable[[], object]) -> None:
        """Calls something on the servers' side, a while from now."""
        self.call_later(delay, callback, context=self._of_servers)

    def _looked_at(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)

    def kill(self, machine: Machine) -> None:
        """As kill -9 does: nothing of it runs any further, not what stands behind `finally`."""
        machine.alive = False
        self._machines.remove(machine)
        self._buried.extend(machine.ready)
        machine.ready.clear()
        self.note(f"{machine.name} is killed")
        self.on_death(machine)

    def bury(self) -> None:
        """Lets go of all that was killed or left over."""
        self._buried.clear()
        self._timers.clear()
        self._machines.clear()
        self.servers.ready.clear()
        self.on_death, self._failure = _nobody_notices, None

    # --- what asyncio asks of a loop -----------------------------------------------------------

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._put(handle)
        return handle

    def call_later(
        self, delay: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._sequence += 1
        heapq.heappush(self._timers, (when, self._sequence, timer))
        return timer

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **more: Any) -> "asyncio.Task[Any]":
        name = more.pop("name", None) or getattr(coro, "__qualname__", "task")
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, **more)
        self._buried.append(task)
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._closed

    def is_closed(self) -> bool:
        return self._closed

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self._closed:
            self.note(f"asyncio says: {context.get('message')}")

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        return None

    # --- running -------------------------------------------------------------------------------

    def _put(self, handle: asyncio.Handle) -> None:
        machine = handle._context.get(_RUNNING) or self.servers  # type: ignore[attr-defined]
        if machine.alive and not self._closed:
            machine.ready.append(handle)
        else:
            self._buried.append(handle)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs the servers' side of `work` to its end, and everybody beside it.

        Raises:
            StandsStill: it cannot come to its end.
        """
        asyncio._set_running_loop(self)
        try:
            done: asyncio.Task[None] = self.create_task(work, name="the run")
            while not done.done() and self._failure is None:
                self._step()
            if self._failure is not None:
                raise self._failure
            done.result()
        finally:
            self._closed = True
            asyncio._set_running_loop(None)

    def _step(self) -> None:
        while not (able := self._able()):
            if not self._timers:
                raise StandsStill("nothing can run any more")
            self._now = max(self._now, self._timers[0][0])
        machine = able[0] if len(able) == 1 else able[int(self.random.random() * len(able))]
        if machine.dies_in_steps is not None:
            machine.dies_in_steps -= 1
            if machine.dies_in_steps < 0:
                self.kill(machine)
                return
        handle = machine.ready.popleft()
        if _is_off(handle):
            return
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise StandsStill(f"over {STEPS_MAX:,} steps")
        self._now += STEP_SECONDS
        self._digest.update(f"{self._now:.6f} {machine.name} {_name_of(handle)}".encode())
        handle._run()  # type: ignore[attr-defined]

    def _able(self) -> list[Machine]:
        """Those that can run now."""
        while self._timers and (self._timers[0][0] <= self._now or _is_off(self._timers[0][2])):
            self._ripe()
        return [one for one in self._machines if one.ready and not one.paused]

    def _ripe(self) -> None:
        _, _, timer = heapq.heappop(self._timers)
        if not _is_off(timer):
            self._put(timer)


def _nobody_notices(_: Machine) -> None:
    return None


def _is_off(handle: asyncio.Handle) -> bool:
    return handle._cancelled  # type: ignore[attr-defined]


def _name_of(handle: asyncio.Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return owner.get_name()
    return getattr(callback, "__qualname__", type(callback).__name__)
