"""Named places at which a fault test may kill or freeze this process.

`REEL_KILL_AT=after-append:3` kills it as a power cut would, with SIGKILL, the third time it passes
`after-append`; `REEL_FREEZE_AT` stops it there with SIGSTOP, as a hypervisor would, until SIGCONT.
Its last words, on stderr, name the point.
Unset, as they always are outside tests, passing a point costs one comparison.
"""

import itertools
import os
import signal

_KILL_AT, _FREEZE_AT = os.environ.get("REEL_KILL_AT"), os.environ.get("REEL_FREEZE_AT")
_SIGNAL = signal.SIGKILL if _KILL_AT else signal.SIGSTOP
_NAME, _, _PASS = (_KILL_AT or _FREEZE_AT or "").partition(":")
_passes = itertools.count(1)


def point(name: str) -> None:
    """Passes the point `name`; returns unless this is where the process is to be hit."""
    if name == _NAME and next(_passes) == int(_PASS or "1"):
        os.write(2, f"{_SIGNAL.name} at {name}\n".encode())
        os.kill(os.getpid(), _SIGNAL)
