"""Runs one part in a process of its own: what it breaks, leaks or warms up is gone behind it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import uvloop

from bench.ground import Ground
from bench.parts import PARTS, Part
from runtime.garbage import collected_rarely

Outcome = dict[str, Any]
"""Rows as JSON, how long it took, and the traceback of what failed, if anything did."""


def run_apart(part: Part, ground: Ground) -> Outcome:
    """Runs a part, for as long as it may take; a failure is told, not raised."""
    minutes = part.quick_minutes if ground.quick else part.minutes
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reel-bench-part-") as folder:
        told = Path(folder) / "told.json"
        command = [sys.executable, "-m", "bench.apart", part.name, json.dumps(ground.as_json())]
        child = subprocess.Popen([*command, str(told)], start_new_session=True)
        try:
            code: int | None = child.wait(minutes * 60)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(child)
        outcome: Outcome = {"rows": [], "failed": None}
        if told.exists():
            outcome = json.loads(told.read_text())
        elif code is None:
            outcome["failed"] = f"not done after {minutes:.0f} minutes, and ended"
        else:
            outcome["failed"] = f"its process ended with {code} and told nothing"
    outcome["seconds"] = round(time.monotonic() - began)
    return outcome


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Ends the part's process with whatever it started: they are a session of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def main() -> None:
    """The child's side: measures, and writes down what came of it."""
    name, ground_text, told = sys.argv[1:]
    ground = Ground(**json.loads(ground_text))
    outcome: Outcome = {"rows": [], "failed": None}
    try:
        with collected_rarely():  # as Reel's own processes are; the peers here too
            rows = uvloop.run(PARTS[name].measure()(ground))
        outcome["rows"] = [row.as_json() for row in rows]
    except BaseException:
        outcome["failed"] = traceback.format_exc()
    written = Path(told).with_suffix(".part")
    written.write_text(json.dumps(outcome))
    written.replace(told)


if __name__ == "__main__":
    main()
