"""Two runs held against each other: whether the second says what the first said."""

from collections.abc import Iterator
from typing import Any

from bench.showing import figure, ratio_name, rows_of

Spread = tuple[float, float]


def kept(result: dict[str, Any], form: str) -> dict[str, Any]:
    """What is kept of an earlier run: when it was, and each ratio with its least and its most.

    Raises:
        ValueError: it is of another form.
    """
    if result["form"] != form:
        raise ValueError(f"the run before is of the {result['form']} form, this one of the {form}")
    ratios = {
        ratio_name(row, one): [one.ratio, *one.ratio_spread]
        for row in rows_of(result)
        for one in row.beside
    }
    return {"at": result["at"], "ratios": ratios}


def agreement(result: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """How many ratios of a run agree with one that was kept, and which do not."""
    compared, apart = 0, []
    for row in rows_of(result):
        for one in row.beside:
            name = ratio_name(row, one)
            if name not in before["ratios"]:
                continue
            compared += 1
            ratio, *spread = before["ratios"][name]
            then = ratio, (spread[0], spread[1])
            now = one.ratio, one.ratio_spread
            if not agree(then, now):
                apart.append(f"- {name}: {told(*then)} then, {told(*now)} now")
    yield (
        f"**Beside the run of {before['at'][:16].replace('T', ' ')} UTC:** of {compared} ratios "
        f"{compared - len(apart)} agree, which is to say that the median of one run lies between "
        f"the least and the most of the other's rounds.{' Those that do not:' if apart else ''}"
    )
    yield ""
    yield from apart
    if apart:
        yield ""


def agree(one: tuple[float, Spread], other: tuple[float, Spread]) -> bool:
    """Whether the median of either lies between the least and the most of the other's rounds."""
    return _holds(one[1], other[0]) or _holds(other[1], one[0])


def told(ratio: float, spread: Spread) -> str:
    """A ratio with the least and the most of its rounds."""
    least, most = spread
    return f"{figure(ratio)} ({figure(least)}–{figure(most)})"


def _holds(spread: Spread, ratio: float) -> bool:
    least, most = spread
    return least <= ratio <= most
