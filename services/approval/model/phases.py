"""The phases of a request, and how facts lead from one to the next."""

from dataclasses import dataclass
from typing import assert_never

from events.approval import (
    ApprovalFellDue,
    ApprovalGiven,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
    ConsultationGiven,
    Step,
)
from runtime.changing import changed

Vote = ApprovalGiven | ApprovalGranted


@dataclass(frozen=True)
class NotRequested:
    """Nobody has asked."""


@dataclass(frozen=True)
class Open:
    """It waits for those who decide: who agreed so far, and what those said who were consulted."""

    asked: ApprovalRequested
    votes: tuple[ApprovalGiven, ...] = ()
    views: frozenset[ConsultationGiven] = frozenset()
    fell_due: bool = False

    @property
    def step(self) -> int:
        """The number of the step that is being decided, from 1."""
        for number, step in enumerate(self.asked.rule.steps, start=1):
            if self.missing(number, step) > 0:
                return number
        raise AssertionError("a request with all its votes is granted")

    def missing(self, number: int, step: Step) -> int:
        """How many people a step still needs."""
        return step.needed - sum(1 for vote in self.votes if vote.step == number)


@dataclass(frozen=True)
class Granted:
    """Everybody needed agreed."""

    asked: ApprovalRequested
    votes: tuple[Vote, ...]
    views: frozenset[ConsultationGiven]


@dataclass(frozen=True)
class Refused:
    """Somebody refused."""

    asked: ApprovalRequested
    refused: ApprovalRefused
    views: frozenset[ConsultationGiven]


@dataclass(frozen=True)
class Voided:
    """It fell away undecided."""

    asked: ApprovalRequested
    voided: ApprovalVoided
    views: frozenset[ConsultationGiven]


Closed = Granted | Refused | Voided
Request = NotRequested | Open | Closed
RequestEvent = (
    ApprovalRequested
    | ConsultationGiven
    | ApprovalGiven
    | ApprovalGranted
    | ApprovalRefused
    | ApprovalVoided
    | ApprovalFellDue
)


def evolve(request: Request, event: RequestEvent) -> Request:
    """The request after `event`."""
    if isinstance(event, ApprovalRequested):
        return Open(event)
    assert isinstance(request, Open)
    asked, views = request.asked, request.views
    match event:
        case ConsultationGiven():
            return changed(request, views=views | {event})
        case ApprovalGiven():
            return changed(request, votes=(*request.votes, event))
        case ApprovalGranted():
            return Granted(asked, (*request.votes, event), views)
        case ApprovalRefused():
            return Refused(asked, event, views)
        case ApprovalVoided():
            return Voided(asked, event, views)
        case ApprovalFellDue():
            return changed(request, fell_due=True)
        case _:
            assert_never(event)


def ending_of(request: Closed) -> str:
    """How the request was closed, in words."""
    match request:
        case Granted(votes=votes):
            return f"the approval was granted by {', '.join(sorted(vote.by for vote in votes))}"
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


def listed(roles: tuple[str, ...] | frozenset[str]) -> str:
    """Roles, in words."""
    return " or ".join(sorted(roles))
