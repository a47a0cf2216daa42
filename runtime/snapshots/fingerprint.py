"""Which code folds: a changed fold never goes on from what another one has folded."""

from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

FOLDED_WITH = ("pydantic", "pydantic-core", "immutables", "orjson")
"""The libraries whose values states and rows are made of."""


@cache
def fold_version(package: str) -> str:
    """The fingerprint of the code that folds for `package`, such as `services.budget`.

    sha256 over the names and contents of every source of the room, of `events/` and of the modules
    of `runtime/` that rooms are made of, and over the versions of `FOLDED_WITH`. Some of it folds
    nothing: a snapshot that is given up needlessly is made again, one that is kept wrongly lies.
    """
    house = Path(import_module("events").__path__[0]).parent
    sources = [
        *(house / package.replace(".", "/")).rglob("*.py"),
        *(house / "events").rglob("*.py"),
        *(house / "runtime").glob("*.py"),
    ]
    told = sha256()
    for source in sorted(sources):
        told.update(_behind_its_length(source.relative_to(house).as_posix().encode()))
        told.update(_behind_its_length(source.read_bytes()))
    for library in FOLDED_WITH:
        told.update(_behind_its_length(f"{library} {version(library)}".encode()))
    return told.hexdigest()


def _behind_its_length(part: bytes) -> bytes:
    return len(part).to_bytes(8, "big") + part
