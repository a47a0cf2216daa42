"""docs/mutants.md: how many of each file's mutants a test noticed, and each that none did."""

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from tests.mutants.results import Escaped, OfFile
from tests.mutants.scope import NO_RULES, ROOT

PAPER = ROOT / "docs" / "mutants.md"
REASONS = Path(__file__).with_name("reasons.toml")

HEAD = """# Rules changed one at a time

`make mutants` changes the rules of Reel one small place at a time — a comparison, a sign, a number,
a word, a condition, a value left out, a case taken away — and looks whether a unit test notices. A
change that none notices is listed at the end, with the reason why it may stand. This page is
written by that command from its results; the reasons are in `tests/mutants/reasons.toml`.

Tried are the money rules, the decisions and the folds: `events/`, `model` and `policies` and timers
of each service, and the read models with their explanations. No rules are in
{no_rules}. No change is made to texts that people read,
to annotations and decorators, or to the last case that only proves to mypy that there is no other.
"Not covered" are changes in lines that no unit test passes through; they count as not killed.

Outside are `services/*/commands.py` (shapes and who may give them), `services/*/files` (readers of
other programs' files, held by samples of them and by broken ones) and `runtime` (the machinery,
held by the tests with servers, the simulation and the faults). A unit test of another room is not
asked, so whatever is killed here is killed by its own room's tests, or by those that all rooms
share: the histories, the stories of read models in `tests/projections/stories`, and what explains
figures.
"""


def reasons() -> list[Mapping[str, str]]:
    """Each with `file`, `function` and `change` as patterns, and `because`."""
    held: list[Mapping[str, str]] = tomllib.loads(REASONS.read_text(encoding="utf-8"))["survivor"]
    return held


def reason_of(one: Escaped, given: Iterable[Mapping[str, str]]) -> str | None:
    """Why this change may go unnoticed, if a reason is given for it."""
    for reason in given:
        if (
            fnmatch.fnmatchcase(one.file, reason["file"])
            and fnmatch.fnmatchcase(one.function, reason.get("function", "*"))
            and reason.get("change", "") in one.change
        ):
            return reason["because"]
    return None


def without_reason(results: Mapping[str, OfFile], files: Iterable[str]) -> list[Escaped]:
    """The mutants of those files that escaped without one."""
    given = reasons()
    return [one for name in files for one in results[name].escaped if reason_of(one, given) is None]


def write(results: Mapping[str, OfFile], files: Iterable[str]) -> None:
    """Writes the paper, with those of all `files` that have not been tried as they are."""
    spared = "; ".join(f"`{name}` ({why})" for name, why in NO_RULES.items())
    parts = [HEAD.format(no_rules=spared), *_counted(results), *_escaped(results)]
    untried = [f"- `{name}`" for name in files if name not in results]
    if untried:
        parts += ["\n## Not tried since they changed\n", *untried]
    PAPER.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _counted(results: Mapping[str, OfFile]) -> Iterable[str]:
    tried = [name for name, one in results.items() if one.mutants]
    rooms = [
        (room, [results[name] for name in names])
        for room, names in groupby(sorted(tried), key=_room)
    ]
    yield "| Room | Mutants | Killed | Survived | Not covered | Killed, % |"
    yield "|---|---:|---:|---:|---:|---:|"
    for room, files in [*rooms, ("**All**", list(results.values()))]:
        yield _row(room, files)
    yield "\n## File by file\n"
    yield "| File | Mutants | Killed | Survived | Not covered | Killed, % |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name in sorted(tried):
        yield _row(f"`{name}`", [results[name]])


def _room(name: str) -> str:
    part, _, rest = name.partition("/")
    return part if part == "events" else f"{part}/{rest.partition('/')[0]}"


def _row(title: str, files: list[OfFile]) -> str:
    mutants = sum(one.mutants for one in files)
    survived = sum(each.covered for one in files for each in one.escaped)
    missed = sum(not each.covered for one in files for each in one.escaped)
    killed = mutants - survived - missed
    share = f"{100 * killed / mutants:.1f}" if mutants else ""
    return f"| {title} | {mutants} | {killed} | {survived} | {missed} | {share} |"


def _escaped(results: Mapping[str, OfFile]) -> Iterable[str]:
    given = reasons()
    yield "\n## What no unit test notices, and why"
    for name, one in sorted(results.items()):
        if one.escaped:
            yield f"\n`{name}`\n"
        for why, group in groupby(one.escaped, key=lambda each: reason_of(each, given)):
            for each in group:
                missed = "" if each.covered else " (not covered)"
                yield f"- line {each.line}, `{each.function}`: {each.change}{missed}"
            yield f"  - {why or 'no reason is given yet'}"
