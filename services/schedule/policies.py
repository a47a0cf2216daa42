"""How the schedule room answers the approval room."""

from collections.abc import Sequence
from typing import Any

from events.approval import ApprovalGranted, ApprovalRefused, Subject
from events.envelope import Recorded
from events.schedule import ScheduleLocked, ScheduleReturned
from runtime.decider import Command, Policies, Reaction
from services.schedule.commands import LockSchedule, ReturnSchedule


def _lock(recorded: Recorded, _: Any) -> Sequence[Command]:
    match recorded.event:
        case ApprovalGranted(subject=Subject(kind="schedule") as subject, request=request):
            return [
                LockSchedule(
                    version=subject.version, content_hash=subject.content_hash, request=request
                )
            ]
        case _:
            return []


def _return(recorded: Recorded, _: Any) -> Sequence[Command]:
    match recorded.event:
        case ApprovalRefused(subject=Subject(kind="schedule") as subject, reason=reason, by=by):
            return [ReturnSchedule(version=subject.version, reason=reason, by=by)]
        case _:
            return []


REACTIONS = (
    Reaction(
        on=ApprovalGranted,
        because="an approved schedule is locked",
        gives={LockSchedule: (ScheduleLocked,)},
        react=_lock,
    ),
    Reaction(
        on=ApprovalRefused,
        because="a refused schedule comes back",
        gives={ReturnSchedule: (ScheduleReturned,)},
        react=_return,
    ),
)

policies = Policies(logs=("approval",), reactions=REACTIONS)
