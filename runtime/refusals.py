"""Many refusals told at once."""

from collections.abc import Sequence
from typing import Any

from runtime.decider import Rejection

PROBLEMS_MAX = 200

Problem = dict[str, Any]


def problem(rejection: Rejection, **where: Any) -> Problem:
    """What one part of a command was refused for, and where it stands."""
    return {**where, "problem": rejection.code, "cure": str(rejection)}


def listed(problems: Sequence[Problem]) -> Sequence[Problem]:
    """The first of them, and how many more there are."""
    more = len(problems) - PROBLEMS_MAX
    if more <= 0:
        return problems
    return [
        *problems[:PROBLEMS_MAX],
        {"problem": f"{more} more problems", "cure": "mend these first, then send it again"},
    ]
