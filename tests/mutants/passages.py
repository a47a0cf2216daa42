"""Which lines each test passes through, kept until the test or the code under it changes."""

import hashlib
import pickle
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.scope import ROOT

KEPT = ROOT / "build" / "passages.pickle"


@dataclass
class Passage:
    """One test: how long it takes, in seconds of a processor, and its lines in each file."""

    seconds: float
    lines: dict[str, set[int]] = field(default_factory=dict)


def kept() -> dict[str, Passage]:
    """Of the tests that are as they were, over code that is as it was."""
    if not KEPT.exists():
        return {}
    code, held = pickle.loads(KEPT.read_bytes())
    if code != _code():
        return {}
    tests: dict[str, str] = {}
    found = {}
    for name, (digest, passage) in held.items():
        file = name.partition("::")[0]
        if tests.setdefault(file, _digest([ROOT / file])) == digest:
            found[name] = passage
    return found


def keep(passages: dict[str, Passage]) -> None:
    """Keeps them for the next run."""
    tests: dict[str, str] = {}
    held = {}
    for name, passage in passages.items():
        file = name.partition("::")[0]
        held[name] = (tests.setdefault(file, _digest([ROOT / file])), passage)
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_bytes(pickle.dumps((_code(), held)))


def _code() -> str:
    """Of all that is under the tests, and of what they share."""
    house = [
        path
        for part in ("events", "runtime", "services", "projections")
        for path in (ROOT / part).rglob("*.py")
    ]
    shared = (path for path in (ROOT / "tests").rglob("*.py") if not _is_beside(path))
    return _digest([*house, *shared])


def _is_beside(path: Path) -> bool:
    return path.name.startswith("test_") or path.is_relative_to(ROOT / "tests" / "mutants")


def _digest(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(path.read_bytes() if path.exists() else b"")
    return found.hexdigest()
