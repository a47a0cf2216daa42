"""The result as a table in the terminal."""

from typing import Any

from rich.table import Table

from bench.figures import Beside, Better, Row
from bench.ground import err


def rows_of(result: dict[str, Any]) -> list[Row]:
    """Every row of a result, in the order of its parts."""
    return [Row.of(row) for part in result["parts"].values() for row in part["rows"]]


def show(result: dict[str, Any]) -> None:
    """One table of all rows, what was checked, and what failed with its traceback."""
    machine, versions = result["machine"], result["versions"]
    table = Table(
        title=f"{machine['cores']} cores, Python {versions['python']}, "
        f"PostgreSQL {versions['postgresql']} · "
        + ", ".join(f"{name} {value}" for name, value in result["durability"].items()),
    )
    for column in ("figure, and what stands beside it", "", "p50 ms", "p99 ms", "×", "goal"):
        table.add_column(column, justify="left" if column.startswith("figure") else "right")
    for row in rows_of(result):
        table.add_section()
        reached = "[red]VOID[/red]" if row.faults else f"{figure(row.value)} {row.unit}"
        table.add_row(
            f"[bold]{row.name}[/bold]", reached, figure(row.p50_ms), figure(row.p99_ms), "", ""
        )
        for one in row.beside:
            value = f"{figure(one.value)} {one.unit}" if one.unit else ""
            table.add_row(f"  {one.peer}", value, "", "", _ratio(one), goal(one))
    err.print(table)
    for row in rows_of(result):
        err.print(f"[bold]{row.name}[/bold]: {counted(row)}", highlight=False)
        for note in row.notes:
            err.print(f"  {note}", markup=False, highlight=False)
        for fault in row.faults:
            err.print(f"  [red]{fault}[/red]")
    for name, part in result["parts"].items():
        if part["failed"]:
            err.rule(f"[red]{name} failed[/red]")
            err.print(part["failed"], markup=False)


def figure(value: float | None) -> str:
    """A figure as people read it."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:g}"


def goal(one: Beside) -> str:
    """A goal in signs, and whether it is reached."""
    if one.goal is None:
        return ""
    sign = "≥" if one.better is Better.MORE else "≤"
    return f"{sign} {one.goal:g} {'✓' if one.reached else '✗'}"


def counted(row: Row) -> str:
    """What the loss check went through."""
    return ", ".join(f"{name} {number:,}" for name, number in row.counted.items())


def _ratio(one: Beside) -> str:
    colour = {True: "green", False: "red", None: "default"}[one.reached]
    least, most = one.ratio_spread
    return f"[{colour}]{figure(one.ratio)}[/{colour}] ({figure(least)}–{figure(most)})"


def ratio_name(row: Row, one: Beside) -> str:
    """What one ratio is called in every run."""
    return f"{row.name} × {without_numbers(one.peer)}"


def without_numbers(peer: str) -> str:
    """A peer by its name: with how many callers it was quickest differs from run to run."""
    return ", ".join(word for word in peer.split(", ") if not word[0].isdigit())
