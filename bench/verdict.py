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
    found: Ratios = _form(form).get("ratios", {})
    return found


def _form(form: str) -> dict[str, Any]:
    there = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    found: dict[str, Any] = there.get(form, {})
    return found


def write_committed(result: dict[str, Any]) -> None:
    """Commits the ratios of this run, over what is there of parts that it did not have."""
    there = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    form = result["form"]
    ratios = there.get(form, {}).get("ratios", {}) | ratios_of(result)
    there[form] = {key: result[key] for key in ("at", "machine", "versions", "durability")}
    there[form]["loop_seconds"] = result["loop_seconds"]
    there[form]["ratios"] = ratios
    COMMITTED.write_text(json.dumps(there, indent=2, ensure_ascii=False) + "\n")


def slower(result: dict[str, Any]) -> float:
    """How much longer this run's processor took for the same loop than that of the committed run;
    1 where it was as quick. Work beside a disk that is as quick as ever falls back by as much."""
    now: float = result["loop_seconds"]
    then: float = _form(result["form"]).get("loop_seconds", now)
    return max(1.0, now / then)


def verdict(result: dict[str, Any], then: Ratios, slower: float = 1.0) -> int:
    """1 when the run does not pass, with the reasons told; else 0. A ratio may fall by half, and
    beyond that by as much as the processor is slower."""
    reasons = [f"{name} failed" for name, part in result["parts"].items() if part["failed"]]
    reasons += [f"{row.name} is void: {row.faults[0]}" for row in rows_of(result) if row.faults]
    if slower > 1:
        err.print(f"The processor took {slower:.2f} times as long as when ratios were committed.")
    reasons += fallen(ratios_of(result), then, 2 * slower)
    for reason in reasons:
        err.print(f"[red]{reason}[/red]")
    return 1 if reasons else 0


def fallen(now: Ratios, then: Ratios, times: float) -> list[str]:
    """The ratios that are so many times worse in every round: one that something else on the
    machine slowed is no sign of the code."""
    found = []
    for name, one in now.items():
        before = then.get(name)
        if before is None:
            continue
        best, was = one["best"], before["ratio"]
        if one["better"] == Better.MORE and best < was / times:
            found.append(f"{name}: {best} at best, less than {was} / {times:.3g}")
        if one["better"] == Better.LESS and best > was * times:
            found.append(f"{name}: {best} at best, more than {was} × {times:.3g}")
    return found
