"""What the facts of the budget change: overages, as far as they are open."""

from collections.abc import Iterable

from events import budget as facts
from events.envelope import Recorded
from projections.timeline.rows.decisions import Overage
from runtime.changing import changed
from runtime.view import Row, Rows


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact of the budget changes."""
    match recorded.event:
        case facts.OverageForecast() as one:
            yield Overage(
                one.overage, one.amount, one.number, one.cause.value, "forecast", one.reason
            )
        case facts.OverageApproved(overage=overage, amount=amount):
            row = rows.get(Overage, overage) or Overage(overage, amount)
            yield changed(row, amount=amount, status="approved")
        case facts.OverageRefused(overage=overage, amount=amount):
            row = rows.get(Overage, overage) or Overage(overage, amount)
            yield changed(row, amount=amount, status="refused")
        case _:
            return
