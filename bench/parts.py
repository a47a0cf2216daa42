"""The parts of the bench: one module of `bench.rows` each, in the order in which they run."""

import importlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bench.figures import Row
from bench.ground import Ground

Measure = Callable[[Ground], Coroutine[Any, Any, list[Row]]]


@dataclass(frozen=True)
class Part:
    """One part: the module that measures it, whether it needs Kafka, whether the short form has
    it, and the minutes after which it is ended, in the full form and in the short one."""

    name: str
    kafka: bool = False
    quick: bool = True
    minutes: float = 12
    quick_minutes: float = 5

    def measure(self) -> Measure:
        """What measures it, imported only where it runs."""
        measured: Measure = importlib.import_module(f"bench.rows.{self.name}").measured
        return measured


PARTS = {
    part.name: part
    for part in (
        Part("append"),
        Part("command"),
        Part("hot"),
        Part("bulk"),
        Part("rebuild"),
        Part("moment"),
        Part("cold"),
        Part("http", kafka=True),
        Part("relay", kafka=True),
        Part("projection", kafka=True),
        Part("visible", kafka=True),
        Part("slate", kafka=True),
        Part("large", kafka=True, quick=False, minutes=25),
    )
}
