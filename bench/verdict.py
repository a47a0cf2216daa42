"""Whether a run passes: no part failed, no figure is void, no ratio fell by half."""

import json
from pathlib import Path
from typing import Any

from bench.figures import Better
from bench.ground import err
from bench.showing import ratio_name, rows_of

COMMITTED = Path(__file__).with_name("committed.json")

Ratios = dict[str, dict[str, Any]]
"""By row and peer: the ratio, and which way it is good."""


def ratios_of(result: dict[str, Any]) -> Ratios:
    """What may be compared between machines: how much of a yardstick each row reached, and how
    much of it in its best round."""
    return {
        ratio_name(row, one): {
            "ratio": one.ratio,
            "best": one.best,
            "better": one.better,
        }
        for row in rows_of(result)
        for one in row.beside
        if one.guarded
    }


def committed(form: str) -> Ratios:
    """The ratios that were committed of that form."""
    if not COMMITTED.exists():
        return {}
    found: Ratios = json.loads(COMMITTED.read_text()).get(form, {}).get("ratios", {})
    return found


def write_committed(result: dict[str, Any]) -> None:
    """Commits the ratios of this run, over what is there of parts that it did not have."""
    there = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    form = result["form"]
    ratios = there.get(form, {}).get("ratios", {}) | ratios_of(result)
    there[form] = {key: result[key] for key in ("at", "machine", "versions", "durability")}
    there[form]["ratios"] = ratios
    COMMITTED.write_text(json.dumps(there, indent=2, ensure_ascii=False) + "\n")


def verdict(result: dict[str, Any], then: Ratios) -> int:
    """1 when the run does not pass, with the reasons told; else 0."""
    reasons = [f"{name} failed" for name, part in result["parts"].items() if part["failed"]]
    reasons += [f"{row.name} is void: {row.faults[0]}" for row in rows_of(result) if row.faults]
    reasons += fallen(ratios_of(result), then)
    for reason in reasons:
        err.print(f"[red]{reason}[/red]")
    return 1 if reasons else 0


def fallen(now: Ratios, then: Ratios) -> list[str]:
    """The ratios that are worse than by half in every round: one that something else on the machine
    slowed is no sign of the code."""
    found = []
    for name, one in now.items():
        before = then.get(name)
        if before is None:
            continue
        best, was = one["best"], before["ratio"]
        if one["better"] == Better.MORE and best < was / 2:
            found.append(f"{name}: {best} at best, less than half of {was}")
        if one["better"] == Better.LESS and best > was * 2:
            found.append(f"{name}: {best} at best, more than twice {was}")
    return found
