"""Latencies of a row over its rounds."""

import statistics
from dataclasses import dataclass, field

from bench.figures import Figure, Row


@dataclass
class Latencies:
    """Medians of the rounds' own medians and of their slowest hundredths."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        """One round's."""
        self.figures.append(figure)

    @property
    def ratios(self) -> list[float]:
        """How many times the median the slowest hundredth takes, round by round."""
        return [one.p99_ms / one.p50_ms for one in self.figures]

    def onto(self, row: Row) -> Row:
        """The row with them."""
        row.p50_ms = round(statistics.median(one.p50_ms for one in self.figures), 2)
        row.p99_ms = round(statistics.median(one.p99_ms for one in self.figures), 2)
        return row
