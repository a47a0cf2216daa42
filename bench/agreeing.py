"""Two runs held against each other: whether the second says what the first said."""

from collections.abc import Iterator, Sequence
from typing import Any

from bench.showing import figure, ratio_name, rows_of

Ratio = Sequence[float]
"""The median, the least and the most of its rounds."""


def kept(result: dict[str, Any], form: str) -> dict[str, Any]:
    """What is kept of an earlier run: when it was, and its ratios.

    Raises:
        ValueError: it is of another form.
    """
    if result["form"] != form:
        raise ValueError(f"the run before is of the {result['form']} form, this one of the {form}")
    return {"at": result["at"], "ratios": _ratios(result)}


def agreement(result: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """How many ratios of a run agree with one that was kept, and which do not."""
    ratios, then = _ratios(result), before["ratios"]
    compared = [name for name in ratios if name in then]
    apart = [name for name in compared if not agree(then[name], ratios[name])]
    yield (
        f"**Beside the run of {before['at'][:16].replace('T', ' ')} UTC:** of {len(compared)} "
        f"ratios {len(compared) - len(apart)} agree, which is to say that the median of one run "
        "lies between the least and the most of the other's rounds."
        f"{' Those that do not:' if apart else ''}"
    )
    yield ""
    for name in apart:
        yield f"- {name}: {told(*then[name])} then, {told(*ratios[name])} now"
    if apart:
        yield ""


def agree(one: Ratio, other: Ratio) -> bool:
    """Whether the median of either lies between the least and the most of the other's rounds."""
    return one[1] <= other[0] <= one[2] or other[1] <= one[0] <= other[2]


def told(ratio: float, least: float, most: float) -> str:
    """A ratio with the least and the most of its rounds."""
    return f"{figure(ratio)} ({figure(least)}–{figure(most)})"


def _ratios(result: dict[str, Any]) -> dict[str, Ratio]:
    return {
        ratio_name(row, one): [one.ratio, *one.ratio_spread]
        for row in rows_of(result)
        for one in row.beside
    }
