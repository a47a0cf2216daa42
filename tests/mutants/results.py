"""What became of the mutants of each file, kept from one run to the next until the file changes."""

import hashlib
import json
from dataclasses import asdict, dataclass, field

from tests.mutants.changes import Mutant
from tests.mutants.scope import ROOT

KEPT = ROOT / "build" / "mutants.json"
SHOWN_MAX = 70


@dataclass(frozen=True)
class Escaped:
    """A mutant that no test noticed: where it stands, and what it changes."""

    file: str
    function: str
    line: int
    change: str
    covered: bool


@dataclass(frozen=True)
class OfFile:
    """What became of one file's mutants."""

    digest: str
    mutants: int
    escaped: list[Escaped] = field(default_factory=list)


def digest_of(source: bytes) -> str:
    """By which a file is known to be the same."""
    return hashlib.sha256(source).hexdigest()


def escaped(mutant: Mutant, source: bytes, covered: bool) -> Escaped:
    """A mutant that no test noticed, as people read it."""
    before = source[: mutant.start]
    line = before.count(b"\n") + 1
    if mutant.new.startswith("case _ if False"):
        change = f"without `{_short(mutant.old.splitlines()[0])}`"
    else:
        whole = source.decode().splitlines()[line - 1].strip()
        place = "" if mutant.old.strip() in whole == mutant.old else f" in `{_short(whole)}`"
        change = f"`{_short(mutant.old)}` → `{_short(mutant.new)}`{place}"
    return Escaped(mutant.file, mutant.function, line, change, covered)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= SHOWN_MAX else f"{words[: SHOWN_MAX - 1]}…"


def kept() -> dict[str, OfFile]:
    """The results of files that are as they were."""
    if not KEPT.exists():
        return {}
    held = json.loads(KEPT.read_text(encoding="utf-8"))
    return {
        name: OfFile(one["digest"], one["mutants"], [Escaped(**each) for each in one["escaped"]])
        for name, one in held.items()
        if (ROOT / name).exists() and digest_of((ROOT / name).read_bytes()) == one["digest"]
    }


def keep(results: dict[str, OfFile]) -> None:
    """Keeps them for the next run."""
    KEPT.parent.mkdir(exist_ok=True)
    held = {name: asdict(one) for name, one in sorted(results.items())}
    KEPT.write_text(json.dumps(held, indent=1, ensure_ascii=False), encoding="utf-8")
