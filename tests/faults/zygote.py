"""A process that has imported all of Reel, and forks: a killed one is followed within moments.

`python -m tests.faults.zygote` reads orders, one JSON object a line, and answers in the same form
which process it began and how each one ended. What it forks runs `reel serve`, `reel relay` and so
on by the same entry as from a shell; only that Reel was imported before the fork, not behind it.
Where REEL_TEST_PRELUDE names a module that has to be imported before Reel, Python begins anew.
"""

import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import threading
from typing import Any, NoReturn

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_IMPORTED_LATE = (
    "pydantic.v1",
    "uvicorn.lifespan.off",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
"""What Reel's libraries import when they are first used."""
_PROGRAM = (
    "import importlib, os; importlib.import_module(os.environ['REEL_TEST_PRELUDE']); "
    "from runtime.cli import app; app()"
)


def main() -> None:
    """Forks as ordered, until whoever orders is gone."""
    from runtime.cli import app
    from runtime.cli.commands import PLACES, made

    for late in _IMPORTED_LATE:
        importlib.import_module(late)
    for command in PLACES:
        made(command)
    assert threading.active_count() == 1, "a thread would not survive the fork"
    gc.freeze()
    woken, wakes = socket.socketpair()
    woken.setblocking(False)
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    said = selectors.DefaultSelector()
    said.register(sys.stdin, selectors.EVENT_READ)
    said.register(woken, selectors.EVENT_READ)
    os.set_blocking(sys.stdin.fileno(), True)
    while True:
        for key, _ in said.select():
            if key.fileobj is woken:
                woken.recv(4096)
                _reap()
            elif line := sys.stdin.buffer.raw.readline():  # type: ignore[attr-defined]
                order = json.loads(line)
                pid = os.fork()
                if not pid:
                    _become(order, app)
                _say({"began": order["number"], "pid": pid})
            else:
                return


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(what: dict[str, int]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _become(order: dict[str, Any], app: Any) -> NoReturn:
    """Turns the fork into what was ordered, and never comes back."""
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for fd, opened in ((0, nothing), (1, output), (2, output)):
        os.dup2(opened, fd)
    os.closerange(3, 256)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.update(order["environment"])
    if "REEL_TEST_PRELUDE" in order["environment"]:
        # It changes this one process: its clock, what it knows of events, how it folds.
        os.execv(sys.executable, [sys.executable, "-c", _PROGRAM, *order["words"]])
    # Where it is to die was read when it was imported.
    importlib.reload(sys.modules["runtime.points"])
    sys.argv = ["reel", *order["words"]]
    code = 1
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
