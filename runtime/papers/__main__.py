"""`python -m runtime.papers` writes every paper; with `--check` it only says which differ."""

import sys

from runtime.papers.shelf import PAPERS, ROOT, breaks, faults, leftovers


def main(arguments: list[str]) -> int:
    """Answers 0, or 1 where a paper differs or may not be written."""
    if arguments not in ([], ["--check"]):
        return _regret("python -m runtime.papers [--check]", 2)
    made = {name: make() for name, make in PAPERS.items()}
    papers = {path: text for some in made.values() for path, text in some.items()}
    refused = faults(papers) if arguments else breaks(papers)
    for fault in refused:
        _regret(str(fault))
    if refused:
        return 1
    if arguments:
        _say(f"{len(papers)} papers say what the rooms say")
        return 0
    for name, some in made.items():
        written = sum(_written(path, text) for path, text in some.items())
        where = next(iter(some)) if len(some) == 1 else f"{len(some)} files"
        _say(f"{name:20} {where}, {written or 'none'} changed")
    for path in leftovers(papers):
        (ROOT / path).unlink()
        _say(f"{path} taken away")
    return 0


def _written(path: str, text: str) -> bool:
    file = ROOT / path
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return True


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _regret(line: str, code: int = 1) -> int:
    sys.stderr.write(line + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
