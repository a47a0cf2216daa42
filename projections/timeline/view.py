"""The fold of the timeline: every log has rows of its own; what spans logs is told when read."""

from collections.abc import Iterable

from events.envelope import Recorded
from projections.timeline.folds import approval, budget, contract, schedule
from projections.timeline.rows.deals import OF_DEALS
from projections.timeline.rows.decisions import OF_APPROVALS, OF_BUDGET
from projections.timeline.rows.schedule import OF_SCHEDULE
from runtime.view import Row, Rows, View

FOLDS = {
    "approval": approval.evolve,
    "budget": budget.evolve,
    "contract": contract.evolve,
    "schedule": schedule.evolve,
}


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact changes."""
    return FOLDS[recorded.log](rows, recorded) if recorded.log in FOLDS else ()


VIEW = View(
    logs=tuple(FOLDS),
    tables=(*OF_SCHEDULE, *OF_DEALS, *OF_APPROVALS, *OF_BUDGET),
    evolve=evolve,
)
