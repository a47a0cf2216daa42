"""Reel's committer, relay and consumers keep their promises whatever the seed does to them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.weather import CHANCES, DISASTERS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 1_200
SEEDS = os.environ.get("SEEDS", "100")


def simulated(*words: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    """In a process of its own, since it takes the clock away from everything else there."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def test_no_seed_breaks_a_promise() -> None:
    """And everything that may go wrong has gone wrong meanwhile."""
    done = simulated("--seeds", SEEDS)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    assert f"{int(SEEDS):,} seeds" in done.stdout
    assert not done.stderr
    struck = {line.strip().partition("  ")[2] for line in done.stdout.splitlines()}
    assert struck >= {*CHANCES, *DISASTERS}


def test_a_seed_is_the_same_to_its_last_step_each_time() -> None:
    one, other, another = (
        simulated("--seed", seed, hash_seed=hash_seed).stdout.rpartition("digest ")[2]
        for seed, hash_seed in (("26", "1"), ("26", "2"), ("27", "1"))
    )
    assert one and one == other
    assert one != another
