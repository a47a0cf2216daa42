"""Two runs held against each other: whether the second says what the first said."""

from collections.abc import Iterator
from typing import Any

from bench.figures import Beside, Row
from bench.showing import figure, rows_of, without_numbers


class Before:
    """The ratios of an earlier run of the same form."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.at = result["at"][:16].replace("T", " ")
        self._ratios = {_name(row, one): one for row in rows_of(result) for one in row.beside}

    def of(self, row: Row, one: Beside) -> Beside | None:
        """The same ratio in that run, if it had it."""
        return self._ratios.get(_name(row, one))


def agree(one: Beside, other: Beside) -> bool:
    """Whether the median of either lies between the least and the most of the other's rounds."""
    return _holds(one.ratio_spread, other.ratio) or _holds(other.ratio_spread, one.ratio)


def agreement(result: dict[str, Any], before: Before) -> Iterator[str]:
    """How many ratios agree with the run before, and which do not."""
    pairs = [
        (row, one, then)
        for row in rows_of(result)
        for one in row.beside
        if (then := before.of(row, one)) is not None
    ]
    apart = [pair for pair in pairs if not agree(*pair[1:])]
    yield (
        f"**Beside the run of {before.at} UTC:** of {len(pairs)} ratios {len(pairs) - len(apart)} "
        "agree, which is to say that the median of one run lies between the least and the most of "
        f"the other's rounds.{' Those that do not:' if apart else ''}"
    )
    yield ""
    for row, one, then in apart:
        yield f"- {row.name} × {one.peer}: {spread(then)} then, {spread(one)} now"
    if apart:
        yield ""


def spread(one: Beside) -> str:
    """A ratio with the least and the most of its rounds."""
    least, most = (figure(ratio) for ratio in one.ratio_spread)
    return f"{figure(one.ratio)} ({least}–{most})"


def _name(row: Row, one: Beside) -> str:
    return f"{row.name} × {without_numbers(one.peer)}"


def _holds(spread: tuple[float, float], ratio: float) -> bool:
    least, most = spread
    return least <= ratio <= most
