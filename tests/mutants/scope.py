"""Whose rules are tried: money, decisions and folds; and the tests that have to notice."""

from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

RULES = (
    "events/*.py",
    "services/*/model/**/*.py",
    "services/*/policies/**/*.py",
    "services/*/policies.py",
    "services/*/timers.py",
    "projections/**/*.py",
)

NO_RULES = {
    "api.py": "routes and queries, which the tests with servers ask",
    "screens.py": "what a terminal shows of answers",
    "sheets.py": "what an audit package prints of rows",
    "envelope.py": "the form of a fact on its way, which golden samples and hashes pin",
    "event.py": "the form of a fact on its way, which golden samples and hashes pin",
}
"""Files without rules of the trade, by their names, each with its reason."""


def tests_of(file: str) -> tuple[str, ...]:
    """Whose unit tests have to notice a change of that file: those of its own room, and those
    that are of no room. What only other rooms or tests with servers would notice survives."""
    part, room, *_ = file.split("/")
    match part:
        case "events":
            return ("tests/events/",)
        case "services":
            return (f"tests/services/{room}/", "tests/services/test_")
        case _:
            return (f"tests/projections/{room}/", "tests/projections/test_", "tests/explaining/")


def files_under(paths: Sequence[str]) -> list[str]:
    """The files with rules, of all or of those paths, as they are called in the repository."""
    found = {path for pattern in RULES for path in ROOT.glob(pattern)}
    names = sorted(path.relative_to(ROOT).as_posix() for path in found if path.name not in NO_RULES)
    asked = [path.rstrip("/") for path in paths]
    return [name for name in names if not asked or any(_is_in(name, path) for path in asked)]


def _is_in(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}/")


def test_files_of(files: Sequence[str]) -> list[str]:
    """The files with tests of those files."""
    starts = {start for file in files for start in tests_of(file)}
    found = (path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/**/test_*.py"))
    return sorted(name for name in found if name.startswith(tuple(starts)))
