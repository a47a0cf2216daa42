"""The table of faults: by kind, what was injected, what hit, and what became of it.

`python -m tests.faults.results FILE` writes the table of a run as docs/reliability.md has it.
"""

import json
import os
import platform
import statistics
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.faults.run import FAILURES, FAULTS, FULL, PEERS, SAMPLED, SEED, Fault

COLUMNS = ("injected", "hits", "acknowledged", "lost", "doubled", "reordered")


def results() -> dict[str, Any]:
    """The run so far, as JSON has it; seconds are rounded to a tenth."""
    kinds: dict[str, list[Fault]] = {}
    for fault in FAULTS:
        kinds.setdefault(fault.kind, []).append(fault)
    return {
        "seed": SEED,
        "form": "full" if FULL else "quick",
        "machine": f"{os.cpu_count()} x {platform.machine()}, Python {platform.python_version()}",
        "kills": sum(fault.hits for fault in FAULTS if " killed" in fault.kind),
        "compared": asdict(SAMPLED),
        "faults": {kind: _summed(faults) for kind, faults in sorted(kinds.items())},
        "evidence": [
            {"fault": fault.name, "evidence": fault.evidence} for fault in FAULTS if fault.evidence
        ],
        "peers": PEERS,
        "failures": FAILURES,
    }


def _summed(faults: list[Fault]) -> dict[str, Any]:
    row: dict[str, Any] = {name: sum(getattr(fault, name) for fault in faults) for name in COLUMNS}
    seconds = [one.recovery_seconds for one in faults if one.recovery_seconds is not None]
    row["recovery_p50_seconds"] = round(statistics.median(seconds), 1) if seconds else None
    row["recovery_max_seconds"] = round(max(seconds), 1) if seconds else None
    return row


def told(run: dict[str, Any]) -> Iterator[str]:
    """The table for a terminal."""
    widths = (9, 6, 14, 6, 9, 11, 7, 7)
    heads = (*COLUMNS, "p50 s", "max s")
    yield f"{'fault':<44}" + "".join(f"{h:>{w}}" for h, w in zip(heads, widths, strict=True))
    for kind, row in _rows(run):
        yield f"{kind:<44}" + "".join(f"{v:>{w}}" for v, w in zip(row, widths, strict=True))
    yield said(run)


def said(run: dict[str, Any]) -> str:
    """What stands below the table."""
    compared = run["compared"]
    on_peers = "".join(
        f"; on {peer} the same client and {one['kills']} kills left {one['acknowledged']:,} "
        f"acknowledged, {one['lost']} lost, and {one['doubled']} recorded and not acknowledged"
        for peer, one in run["peers"].items()
    )
    return (
        f"{run['kills']} kills of processes and servers; {compared['audits']} audits; "
        f"{compared['answers']} answers, {compared['snapshots']} snapshots of rows and "
        f"{compared['claims']} claims to be ready held against the logs{on_peers}"
    )


def _rows(run: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    seconds = ("recovery_p50_seconds", "recovery_max_seconds")
    for kind, row in run["faults"].items():
        times = ["-" if row[name] is None else f"{row[name]:.1f}" for name in seconds]
        yield kind, [*(f"{row[name]:,}" for name in COLUMNS), *times]


def in_markdown(run: dict[str, Any]) -> Iterator[str]:
    """The table for a page."""
    yield f"| fault | {' | '.join(COLUMNS)} | recovery p50 s | max s |"
    yield "|---|" + "---:|" * (len(COLUMNS) + 2)
    for kind, row in _rows(run):
        yield f"| {kind} | {' | '.join(row)} |"
    yield ""
    yield f"{said(run)}."


if __name__ == "__main__":
    print("\n".join(in_markdown(json.loads(Path(sys.argv[1]).read_text()))))
