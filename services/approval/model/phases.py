"""The phases of a request, and how facts lead from one to the next."""

from dataclasses import dataclass, replace
from typing import assert_never

from events.approval import (
    ApprovalGiven,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
)


@dataclass(frozen=True)
class NotRequested:
    """Nobody has asked."""


@dataclass(frozen=True)
class Open:
    """It waits for those who decide; `agreed` are those who did so far."""

    asked: ApprovalRequested
    agreed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Granted:
    """Everybody needed agreed."""

    asked: ApprovalRequested
    agreed: frozenset[str]


@dataclass(frozen=True)
class Refused:
    """Somebody refused."""

    asked: ApprovalRequested
    refused: ApprovalRefused


@dataclass(frozen=True)
class Voided:
    """It fell away undecided."""

    asked: ApprovalRequested
    voided: ApprovalVoided


Closed = Granted | Refused | Voided
Request = NotRequested | Open | Closed
RequestEvent = (
    ApprovalRequested | ApprovalGiven | ApprovalGranted | ApprovalRefused | ApprovalVoided
)


def evolve(request: Request, event: RequestEvent) -> Request:
    """The request after `event`."""
    if isinstance(event, ApprovalRequested):
        return Open(event)
    assert isinstance(request, Open)
    match event:
        case ApprovalGiven():
            return replace(request, agreed=request.agreed | {event.by})
        case ApprovalGranted():
            return Granted(request.asked, request.agreed | {event.by})
        case ApprovalRefused():
            return Refused(request.asked, event)
        case ApprovalVoided():
            return Voided(request.asked, event)
        case _:
            assert_never(event)


def ending_of(request: Closed) -> str:
    """How the request was closed, in words."""
    match request:
        case Granted(agreed=agreed):
            return f"the approval was granted by {', '.join(sorted(agreed))}"
        case Refused(refused=refused):
            return f"the approval was refused by {refused.by} ({refused.reason})"
        case Voided(voided=voided):
            return f"the request fell away ({voided.reason})"
        case _:
            assert_never(request)


def subject_of(asked: ApprovalRequested) -> str:
    """What was asked about, in words."""
    subject = asked.subject
    return f"version {subject.version} of {subject.kind} {subject.name}"
