"""Named places at which a fault test may kill this process, as a power cut would.

`REEL_KILL_AT=after-append:3` kills it, with SIGKILL, the third time it passes `after-append`.
Unset, as it always is outside tests, passing a point costs one comparison.
"""

import itertools
import os
import signal

_NAME, _, _PASS = os.environ.get("REEL_KILL_AT", "").partition(":")
_passes = itertools.count(1)


def point(name: str) -> None:
    """Passes the point `name`; returns unless this is where the process is to die."""
    if name == _NAME and next(_passes) == int(_PASS or "1"):
        os.kill(os.getpid(), signal.SIGKILL)
