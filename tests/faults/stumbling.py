"""A build that stumbles: it refuses one posting's text, and its budget status raises at another's.

Imported into one process before `reel` runs. It is cured, as by an upgrade, once a file is there.
"""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import model_validator

from events.budget import CostPosted
from events.envelope import Recorded
from events.event import catalogue
from runtime import rooms
from runtime.view import Row, Rows

OUT_OF_BOUNDS = "out of this build's bounds"
RAISES = "the fold raises"
CURED = "REEL_TEST_CURED"


def _stumbles() -> bool:
    return CURED in os.environ and not Path(os.environ[CURED]).exists()


class _Narrow(CostPosted):
    @model_validator(mode="after")
    def _in_bounds(self) -> Any:
        if self.description == OUT_OF_BOUNDS and _stumbles():
            raise ValueError("a description that this build does not take")
        return self

    def upcast(self) -> CostPosted:
        return CostPosted.model_construct(**self.__dict__)


def _narrow_the_catalogue() -> None:
    catalogue()["budget.CostPosted", 1] = _Narrow


def _break_the_fold() -> None:
    projection = rooms.projections()["budget_status"]
    fold = projection.view.evolve

    def evolve(held: Rows, recorded: Recorded) -> Iterable[Row]:
        fact = recorded.event
        if isinstance(fact, CostPosted) and fact.description == RAISES and _stumbles():
            raise ArithmeticError("this cannot be added up")
        return fold(held, recorded)

    view = replace(projection.view, evolve=evolve)
    object.__setattr__(projection, "view", view)


if CURED in os.environ:
    _narrow_the_catalogue()
    _break_the_fold()
