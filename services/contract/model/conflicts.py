"""Where the deal no longer fits what moved elsewhere. The same conflict again is none."""

from collections.abc import Sequence
from typing import assert_never

from events.contract import ConflictResolved, EngagementConflicted
from events.event import Event
from services.contract.commands import ConflictCommand, RecordConflict, ResolveConflict
from services.contract.model.phases import Contract, Executed


def decide_conflict(contract: Contract, command: ConflictCommand) -> Sequence[Event]:
    """The facts that follow from what was found. A deal that is not performed has no conflicts:
    a policy may come early or late."""
    if not isinstance(contract, Executed):
        return []
    before = contract.conflicts.get(command.conflict)
    match command:
        case RecordConflict():
            if before and (before.problem, before.days) == (command.problem, command.days):
                return []
            return [EngagementConflicted(**dict(command))]
        case ResolveConflict():
            return [ConflictResolved(**dict(command))] if before else []
        case _:
            assert_never(command)
