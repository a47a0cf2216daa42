"""`python -m bench.paper FILE [BEFORE]` makes the papers of a run: the table and the picture of
docs/performance.md, from the JSON that `python -m bench` has written, which is kept beside it.
BEFORE is an earlier run of the same form, which the ratios are held against.

Without a file it makes them again from the runs that are kept.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.agreeing import agreement, kept, told
from bench.drawing import drawn
from bench.figures import Beside, Row
from bench.showing import counted, figure, goal, rows_of

KEPT = Path(__file__).with_name("measured.json")
DOCS = Path(__file__).parents[1] / "docs"
PAPER = DOCS / "performance.md"
PICTURE = DOCS / "performance.svg"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def main() -> int:
    """Writes both, and says where."""
    if len(sys.argv) > 1:
        result, *before = (json.loads(Path(file).read_text()) for file in sys.argv[1:3])
        if before:
            result["before"] = kept(before[0], result["form"])
        KEPT.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    result = json.loads(KEPT.read_text())
    PAPER.write_text(with_table(PAPER.read_text(), result))
    PICTURE.write_text(drawn(rows_of(result)))
    print(f"{PAPER}\n{PICTURE}")
    return 0


def with_table(paper: str, result: dict[str, Any]) -> str:
    """The paper with this run between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    before, begin, rest = paper.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/performance.md has no {BEGIN} … {END} to write between")
    return f"{before}{BEGIN}\n{measured(result)}{END}{after}"


def measured(result: dict[str, Any]) -> str:
    """Machine, versions, table, what was checked, every goal that was missed, and how far the run
    before says the same."""
    return "\n".join(
        [
            *_about(result),
            "",
            "| figure | reached | p50 ms | p99 ms | beside | × (least–most) | goal |",
            "|---|--:|--:|--:|---|--:|---|",
            *(line for row in rows_of(result) for line in _lines(row)),
            "",
            *_missed(result),
            *(agreement(result, result["before"]) if "before" in result else ()),
            *_checked(result),
            "",
        ]
    )


def _about(result: dict[str, Any]) -> Iterator[str]:
    machine, versions = result["machine"], result["versions"]
    yield (
        f"{result['form'].capitalize()} form, {result['at'][:10]}, {result['seconds'] / 60:.0f} "
        f"minutes; {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}; load before it {machine['load_before']}."
    )
    yield ""
    if "note" in result:
        yield result["note"]
        yield ""
    yield ", ".join(f"{name} {value}" for name, value in versions.items() if value) + "."
    settings = result["durability"] | result["settings"]
    yield "PostgreSQL: " + ", ".join(f"`{name}` {value}" for name, value in settings.items()) + "."


def _lines(row: Row) -> Iterator[str]:
    reached = f"**{figure(row.value)} {row.unit}**" if not row.faults else "**void**"
    own = f"| **{row.name}** | {reached} | {figure(row.p50_ms)} | {figure(row.p99_ms)} |"
    if not row.beside:
        yield f"{own} | | |"
    for one in row.beside:
        yield f"{own} {_beside(one)} |"
        own = "| | | | |"


def _beside(one: Beside) -> str:
    value = f": {figure(one.value)} {one.unit}" if one.unit else ""
    return f"{one.peer}{value} | {told(one.ratio, *one.ratio_spread)} | {goal(one)}"


def _missed(result: dict[str, Any]) -> Iterator[str]:
    missed = [
        f"- {row.name}: {figure(one.ratio)} × {one.peer}, goal {goal(one).removesuffix(' ✗')}"
        for row in rows_of(result)
        for one in row.beside
        if one.reached is False
    ]
    if missed:
        yield "**Missed:**"
        yield ""
        yield from missed
        yield ""
    failed = [name for name, part in result["parts"].items() if part["failed"]]
    if failed:
        yield f"**Not measured, since it failed: {', '.join(failed)}.**"
        yield ""


def _checked(result: dict[str, Any]) -> Iterator[str]:
    yield "Beside each figure, and what it said:"
    yield ""
    for row in rows_of(result):
        said = "; ".join(part for part in (counted(row), *row.notes) if part)
        if said:
            yield f"- {row.name}: {said}."


if __name__ == "__main__":
    sys.exit(main())
