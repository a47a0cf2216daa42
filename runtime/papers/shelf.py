"""All papers of the house, and what is wrong with those that lie on the shelf."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.papers import asyncapi, compose, events, grafana, reactions, schemas

ROOT = Path(__file__).resolve().parents[2]

Papers = Mapping[str, str]
"""Texts by path from the root of the repository."""

PAPERS: Mapping[str, Callable[[], Papers]] = {
    "containers": compose.papers,
    "topics": asyncapi.papers,
    "shapes of events": schemas.papers,
    "catalogue of events": events.papers,
    "reactions": reactions.papers,
    "dashboard": grafana.papers,
}

FOLDERS = (schemas.FOLDER,)
"""Folders that hold papers only: any other file in them is of something that is no more."""


@dataclass(frozen=True)
class Fault:
    """A paper that is not what the rooms say now."""

    path: str
    problem: str
    cure: str = "run `make generate`, and commit what it writes"

    def __str__(self) -> str:
        return f"{self.path} {self.problem}: {self.cure}"


def all_papers() -> Papers:
    """Every paper, as it should be."""
    return {path: text for make in PAPERS.values() for path, text in make().items()}


def breaks(papers: Papers, root: Path = ROOT) -> list[Fault]:
    """Shapes of events that changed under the number they had: stored history or an old reader
    could not be read, or read, any more."""
    return [
        Fault(
            path,
            f"changes what a stored fact looks like ({change})",
            f"raise SCHEMA_VERSION, and keep the old class as {schemas.retired_name(path)} with "
            "upcast() at the foot of its file. Only if no log anywhere holds this shape yet: "
            f"delete {path}, then run `make generate`",
        )
        for path, text in papers.items()
        if schemas.is_schema(path)
        and (lying := _lying(root, path)) is not None
        and (change := schemas.change(lying, text)) is not None
    ]


def faults(papers: Papers, root: Path = ROOT) -> list[Fault]:
    """Every paper that is missing, differs, or is of something that is no more."""
    found = {fault.path: fault for fault in breaks(papers, root)}
    for path, text in papers.items():
        lying = _lying(root, path)
        if lying is None:
            found.setdefault(path, Fault(path, "is missing"))
        elif lying != text:
            found.setdefault(path, Fault(path, "differs from what the rooms say"))
    for path in leftovers(papers, root):
        found[path] = Fault(path, "is of something that is no more")
    return [found[path] for path in sorted(found)]


def leftovers(papers: Papers, root: Path = ROOT) -> list[str]:
    """Files among the papers that no paper makes any more."""
    lying = [
        path.relative_to(root).as_posix()
        for folder in FOLDERS
        for path in sorted((root / folder).glob("*"))
    ]
    return [path for path in lying if path not in papers]


def _lying(root: Path, path: str) -> str | None:
    file = root / path
    return file.read_text(encoding="utf-8") if file.exists() else None
