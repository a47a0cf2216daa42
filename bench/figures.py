"""Figures as they are told: a median over rounds, its spread, what stands beside it, the goal."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

LOOKS = 2
"""How often each number of callers is tried, in turns, to find the quickest."""


class Better(StrEnum):
    """Which way a ratio is good."""

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True)
class Beside:
    """One yardstick of the same run. `ratio` is Reel's figure divided by the yardstick's, taken
    round by round, since machines drift; `goal` is what it is to reach, None where there is no
    goal. `guarded` is whether a later run is held to half of it."""

    peer: str
    value: float
    unit: str
    spread: tuple[float, float]
    ratio: float
    ratio_spread: tuple[float, float]
    goal: float | None = None
    better: Better = Better.MORE
    guarded: bool = True

    @property
    def reached(self) -> bool | None:
        """Whether the goal is; None where there is none."""
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.better is Better.MORE else self.ratio <= self.goal

    @property
    def best(self) -> float:
        """The ratio of the best round."""
        least, most = self.ratio_spread
        return most if self.better is Better.MORE else least


@dataclass
class Row:
    """One row of the table. `counted` is what the loss check went through; a fault voids it."""

    name: str
    value: float
    unit: str
    spread: tuple[float, float]
    p50_ms: float | None = None
    p99_ms: float | None = None
    beside: list[Beside] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Row":
        """The row that `as_json` told."""
        beside = [
            Beside(
                **one
                | {
                    "better": Better(one["better"]),
                    "spread": tuple(one["spread"]),
                    "ratio_spread": tuple(one["ratio_spread"]),
                }
            )
            for one in told["beside"]
        ]
        return cls(**told | {"beside": beside, "spread": tuple(told["spread"])})


class Rounds:
    """What each runner reached, round by round."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.runs: dict[str, list[float]] = {}

    def add(self, runner: str, value: float) -> None:
        """One round's figure."""
        if not value > 0:
            raise ValueError(f"{runner} reached nothing in this round")
        self.runs.setdefault(runner, []).append(value)

    def row(self, name: str, runner: str) -> Row:
        """The row of a runner's median."""
        runs = self.runs[runner]
        return Row(name, told(statistics.median(runs)), self.unit, spread_of(runs))

    def beside(
        self,
        runner: str,
        peer: str,
        label: str,
        *,
        goal: float | None = None,
        better: Better = Better.MORE,
        guarded: bool = True,
    ) -> Beside:
        """A runner beside a peer, round by round."""
        pairs = zip(self.runs[runner], self.runs[peer], strict=True)
        ratios = [own / other for own, other in pairs]
        others = self.runs[peer]
        return Beside(
            peer=label,
            value=told(statistics.median(others)),
            unit=self.unit,
            spread=spread_of(others),
            ratio=told(statistics.median(ratios)),
            ratio_spread=spread_of(ratios),
            goal=goal,
            better=better,
            guarded=guarded,
        )


def own_ratio(label: str, ratios: Sequence[float], goal: float, better: Better) -> Beside:
    """A ratio that has no other runner: of one's own p99 to one's own p50."""
    ratio = told(statistics.median(ratios))
    return Beside(label, 1, "", (1, 1), ratio, spread_of(ratios), goal, better)


def quickest(looks: Sequence[Mapping[int, float]]) -> int:
    """The number of callers that reached most in all looks together: each is short, and two of
    them may differ by more than two numbers do."""
    return max(looks[0], key=lambda callers: sum(look[callers] for look in looks))


def told(value: float) -> float:
    """As many places as mean something: three figures, whole from a hundred on."""
    if abs(value) >= 100:
        return round(value)
    return float(f"{value:.3g}")


def spread_of(values: Sequence[float]) -> tuple[float, float]:
    """The least and the most."""
    return told(min(values)), told(max(values))


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which that share of the others lies; nearest rank."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


@dataclass(frozen=True)
class Figure:
    """What one run reached: so many a second, and latencies in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    done: int


def figure_of(latencies: list[float], seconds: float) -> Figure:
    """The figure of so many things, each with its seconds, done in so many seconds."""
    latencies.sort()
    return Figure(
        per_second=len(latencies) / seconds,
        p50_ms=1000 * percentile(latencies, 0.5),
        p99_ms=1000 * percentile(latencies, 0.99),
        done=len(latencies),
    )
