"""`python -m bench`: every row of the table in docs/performance.md, each beside its yardsticks on
the same servers in the same run, with a loss check that can void it.

`--quick` is what CI runs: shorter, smaller, without the rows that mean nothing small; it fails when
a ratio falls below half of the one in `bench/committed.json` in every round. `--commit` writes that
file anew.
`python -m bench.paper` makes the table and the picture of the papers from what a run has written.
"""

import argparse
import contextlib
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from bench.apart import run_apart
from bench.ground import Ground, err
from bench.machine import machine_of
from bench.parts import PARTS, Part
from bench.processor import loop_seconds
from bench.showing import show
from bench.verdict import committed, slower, verdict, write_committed
from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.postgres import EmbeddedPostgres

RESULTS = Path(".reel")
SHARED_BYTES_MAX = 4 * 2**30
KAFKA_FLAGS = ("-Xmx1g", "-XX:+UseSerialGC")
"""With the compiler that a server has, which Reel leaves out on a laptop."""
MOVIES_VARIABLE = "REEL_BENCH_MOVIES"


def main() -> int:
    """Runs the parts; 1 when one failed, a loss check found a fault, or a ratio fell by half."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form that CI runs")
    parser.add_argument("--only", help=f"some parts, with commas: {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, help="where to write the results; else in .reel/")
    parser.add_argument("--commit", action="store_true", help="write bench/committed.json anew")
    parser.add_argument(
        "--movies",
        default=os.environ.get(MOVIES_VARIABLE),
        help=f"the file of films that the slate is made of, or {MOVIES_VARIABLE}; else made up",
    )
    chosen = parser.parse_args()
    # Whoever ends the run ends its servers and the part under way with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    form = "quick" if chosen.quick else "full"
    parts = _parts(parser, chosen.only, quick=chosen.quick)
    into: Path = chosen.json or RESULTS / f"bench-{form}.json"
    into.parent.mkdir(parents=True, exist_ok=True)
    with _servers(parts, quick=chosen.quick, movies=chosen.movies) as ground:
        result: dict[str, Any] = {"form": form, **machine_of(ground), "parts": {}}
        began, loops = time.monotonic(), [loop_seconds()]
        for part in parts:
            err.rule(part.name)
            result["parts"][part.name] = run_apart(part, ground)
            loops.append(loop_seconds())
            result["loop_seconds"] = round(statistics.median(loops), 4)
            result["seconds"] = round(time.monotonic() - began)
            _write(into, result)
    show(result)
    err.print(f"Written to {into}", markup=False)
    if chosen.commit:
        write_committed(result)
    return verdict(result, committed(form), slower(result))


def _parts(parser: argparse.ArgumentParser, only: str | None, *, quick: bool) -> list[Part]:
    """What is asked for, in the order of the table."""
    if only is None:
        return [part for part in PARTS.values() if part.quick or not quick]
    asked = {name.strip() for name in only.split(",")}
    if unknown := asked - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return [part for part in PARTS.values() if part.name in asked]


@contextlib.contextmanager
def _servers(parts: list[Part], *, quick: bool, movies: str | None) -> Iterator[Ground]:
    """PostgreSQL and, where a part needs it, Kafka: those that the environment names, or embedded
    ones with everything durable, in a folder that is gone afterwards."""
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reel-bench-")))
        # Root's PostgreSQL runs as the user "nobody", who has to get in.
        home.chmod(0o755)
        url = os.environ.get("REEL_DATABASE_URL")
        if url is None:
            postgres = EmbeddedPostgres(home / "postgres", settings=_as_its_manual_says())
            stack.callback(postgres.stop)
            url = postgres.start()
        kafka = os.environ.get("REEL_KAFKA")
        if kafka is None and any(part.kafka for part in parts):
            server = EmbeddedKafka(home / "kafka", java_flags=KAFKA_FLAGS)
            stack.callback(server.stop)
            kafka = server.start()
        ground = Ground(url, kafka, quick, str(home), movies)
        yield replace(ground, movies=str(Path(movies).absolute()) if movies else None)


def _as_its_manual_says() -> dict[str, str]:
    """Settings for a server of that size, and connections for the number of callers with which a
    peer is quickest. Nothing that durability depends on."""
    return {
        "shared_buffers": f"{min(psutil.virtual_memory().total // 4, SHARED_BYTES_MAX) // 2**20}MB",
        "max_wal_size": "4GB",
        "max_connections": "400",
    }


def _write(into: Path, result: dict[str, Any]) -> None:
    """After each part, so that what is done is kept whatever comes."""
    part = into.with_suffix(".part")
    part.write_text(json.dumps(result, indent=2) + "\n")
    part.replace(into)


if __name__ == "__main__":
    sys.exit(main())
