"""When the approval room does something of its own accord."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from events.approval import (
    ApprovalFellDue,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
)
from events.envelope import Recorded
from events.names import Id
from runtime.decider import Timer
from services.approval.commands import FallDue


def timers(recorded: Recorded) -> Sequence[Timer]:
    """An answer falls due when its last day is over (days are UTC days), unless it came before."""
    match recorded.event:
        case ApprovalRequested(request=request, due_on=date() as due_on) if due_on < date.max:
            day = datetime(due_on.year, due_on.month, due_on.day, tzinfo=UTC)
            due_at = day + timedelta(days=1)
            return [Timer(key=_due(request), due_at=due_at, command=FallDue(request=request))]
        case (
            ApprovalGranted(request=request)
            | ApprovalRefused(request=request)
            | ApprovalVoided(request=request)
            | ApprovalFellDue(request=request)
        ):
            return [Timer(key=_due(request), due_at=None)]
        case _:
            return []


def _due(request: Id) -> str:
    return f"due {request}"
