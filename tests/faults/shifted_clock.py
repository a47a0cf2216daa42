"""A process whose wall clock is some days ahead or behind, for whatever asks Python for the time.

Imported into one process before `reel` runs. Monotonic clocks are as they were, as on a machine
whose clock was set wrongly; so are the clocks of the database and of the broker.
"""

import ctypes
import datetime
import gc
import os
import time
from typing import Any

DAYS = "REEL_TEST_CLOCK_DAYS"
_SHIFT = datetime.timedelta(days=float(os.environ.get(DAYS, "0")))
_SECONDS = _SHIFT.total_seconds()
_NANOSECONDS = int(_SECONDS) * 1_000_000_000

_time, _time_ns = time.time, time.time_ns
_localtime, _gmtime, _strftime = time.localtime, time.gmtime, time.strftime
_now = datetime.datetime.now


def _shifted_now(cls: Any, tz: datetime.tzinfo | None = None) -> Any:
    return _now(tz) + _SHIFT


def shift() -> None:
    """Shifts `time.time`, which `date.today` asks too, and `datetime.now` of the class itself,
    wherever it was imported."""
    time.time = lambda: _time() + _SECONDS
    time.time_ns = lambda: _time_ns() + _NANOSECONDS
    time.localtime = lambda seconds=None: _localtime(time.time() if seconds is None else seconds)
    time.gmtime = lambda seconds=None: _gmtime(time.time() if seconds is None else seconds)
    _put(datetime.datetime, "now", _shifted_now)
    _put(datetime.datetime, "utcnow", lambda cls: _now(datetime.UTC).replace(tzinfo=None) + _SHIFT)


def _put(kind: type, name: str, method: Any) -> None:
    """Sets a method of a class that is built in."""
    (held,) = gc.get_referents(kind.__dict__)[:1]
    held[name] = classmethod(method)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


if _SHIFT:
    shift()
