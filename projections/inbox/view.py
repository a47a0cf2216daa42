"""The fold that keeps what waits."""

from collections.abc import Iterable, Iterator

from events import budget, schedule
from events.envelope import Recorded
from events.reaction import ReactionRefused
from projections.inbox.asking import Asked, People, people_after, request_after
from projections.inbox.dealing import Cleared, Looked, Talked, deal_after, matter_after
from projections.inbox.rows import (
    Appointment,
    Deal,
    Delegation,
    Matter,
    Overage,
    Refusal,
    Request,
    Returned,
)
from runtime.changing import changed
from runtime.view import Row, Rows, View


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact changes; each log has rows of its own."""
    event = recorded.event
    match event:
        case _ if isinstance(event, People):
            yield from people_after(rows, event)
        case _ if isinstance(event, Asked):
            yield from request_after(rows, event, recorded)
        case _ if isinstance(event, Talked | Cleared):
            yield from deal_after(rows, event, recorded)
        case _ if isinstance(event, Looked):
            yield from matter_after(rows, event, recorded)
        case budget.BudgetReturned() | schedule.ScheduleReturned():
            yield Returned(recorded.log, event.version, event.reason, recorded.recorded_at)
        case (
            budget.BudgetSubmitted()
            | budget.BudgetLocked()
            | schedule.ScheduleSubmitted()
            | schedule.ScheduleLocked()
        ):
            yield from _submitted_again(rows, recorded.log)
        case budget.OverageForecast():
            yield Overage(event.overage, event.number, event.reason)
        case ReactionRefused():
            yield Refusal(
                log=recorded.log,
                event=recorded.id,
                at=recorded.recorded_at,
                **event.model_dump(),
            )
        case _:
            return


def _submitted_again(rows: Rows, log: str) -> Iterator[Returned]:
    returned = rows.get(Returned, log)
    if returned is not None and returned.open:
        yield changed(returned, open=False)


VIEW = View(
    logs=("approval", "budget", "contract", "schedule"),
    tables=(Appointment, Delegation, Request, Deal, Matter, Returned, Overage, Refusal),
    evolve=evolve,
    written_only=frozenset({Overage, Refusal}),
)
