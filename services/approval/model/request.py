"""A request for the approval of one exact version."""

from collections.abc import Sequence
from typing import assert_never

from events.approval import (
    ApprovalFellDue,
    ApprovalGiven,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalVoided,
    ConsultationGiven,
)
from events.event import Event
from runtime.decider import Context, Decider
from services.approval.commands import (
    BUDGET,
    CONTRACT,
    LEADERS,
    OVERAGE,
    SCHEDULE,
    FallDue,
    GiveView,
    GrantApproval,
    RefuseApproval,
    RequestApproval,
    RequestCommand,
    VoidApproval,
)
from services.approval.model.phases import (
    Granted,
    NotRequested,
    Open,
    Refused,
    Request,
    Voided,
    ending_of,
    evolve,
    listed,
    subject_of,
)
from services.approval.model.question import ask, by_policy
from services.approval.model.rejections import (
    OnlyItsRoomMayVoid,
    OnlyTheRequesterMayVoid,
    RequestIsClosed,
    RequestIsUnknown,
    RoleIsNotConsulted,
)
from services.approval.model.voices import check_uncounted, given_for, has_agreed

TAKEN_BACK_BY = {
    BUDGET: "reopen the budget",
    CONTRACT: "withdraw the terms",
    OVERAGE: "refuse the overage, with the reason",
    SCHEDULE: "reopen the schedule",
}
"""What makes a room ask no more, or answers it. A request that was voided by hand would leave the
plan submitted and the overage open, with nobody who can answer."""


def decide(request: Request, command: RequestCommand, context: Context) -> Sequence[Event]:
    """The facts that follow from `command`."""
    match command:
        case RequestApproval():
            return ask(request, command, context)
        case GiveView():
            return _give_view(request, command, context)
        case GrantApproval():
            return _grant(request, command, context)
        case RefuseApproval():
            return _refuse(request, command, context)
        case VoidApproval():
            return _void(request, command, context)
        case FallDue():
            return _fall_due(request, context)
        case _:
            assert_never(command)


REQUEST: Decider[Request, RequestCommand] = Decider(
    kind="request",
    initial=NotRequested(),
    commands=(RequestApproval, GiveView, GrantApproval, RefuseApproval, VoidApproval, FallDue),
    decide=decide,
    evolve=evolve,
)


def _give_view(request: Request, command: GiveView, context: Context) -> Sequence[Event]:
    given = ConsultationGiven(request=command.request, by=context.actor, view=command.view)
    if not isinstance(request, NotRequested) and given in request.views:
        return []
    asked = _still_open(request, command.request).asked
    if not context.roles.intersection(asked.rule.consult):
        raise RoleIsNotConsulted(
            f"on {subject_of(asked)} {listed(asked.rule.consult)} is consulted: tell one of them"
            if asked.rule.consult
            else f"on {subject_of(asked)} nobody is consulted: tell those who decide"
        )
    return [given]


def _grant(request: Request, command: GrantApproval, context: Context) -> Sequence[Event]:
    if isinstance(request, Open | Granted) and has_agreed(context.actor, request.votes):
        return []
    still_open = _still_open(request, command.request)
    check_uncounted(still_open, context)
    stands_in_for = given_for(still_open, context)
    asked, number = still_open.asked, still_open.step
    steps = asked.rule.steps
    if number == len(steps) and still_open.missing(number, steps[-1]) == 1:
        return [
            ApprovalGranted(
                request=asked.request,
                subject=asked.subject,
                by=context.actor,
                note=command.note,
                given_for=stands_in_for,
            )
        ]
    return [
        ApprovalGiven(
            request=asked.request,
            by=context.actor,
            note=command.note,
            step=number,
            given_for=stands_in_for,
        )
    ]


def _refuse(request: Request, command: RefuseApproval, context: Context) -> Sequence[Event]:
    if isinstance(request, Refused) and request.refused.by == context.actor:
        return []
    still_open = _still_open(request, command.request)
    return [
        ApprovalRefused(
            request=still_open.asked.request,
            subject=still_open.asked.subject,
            by=context.actor,
            reason=command.reason,
            given_for=given_for(still_open, context),
        )
    ]


def _void(request: Request, command: VoidApproval, context: Context) -> Sequence[Event]:
    # What is unknown or closed needs no voiding: a policy may come late or twice.
    if not isinstance(request, Open):
        return []
    asked = request.asked
    kind = asked.subject.kind
    if kind in TAKEN_BACK_BY and not by_policy(context):
        raise OnlyItsRoomMayVoid(f"{TAKEN_BACK_BY[kind]}: its room asked, and waits for the answer")
    if not (by_policy(context) or context.actor == asked.requested_by or context.roles & LEADERS):
        raise OnlyTheRequesterMayVoid(
            f"let {asked.requested_by}, who asked, or {listed(LEADERS)} void it"
        )
    return [ApprovalVoided(request=asked.request, subject=asked.subject, reason=command.reason)]


def _fall_due(request: Request, context: Context) -> Sequence[Event]:
    # A timer may come late, early or twice: what it says is judged by its own time.
    if not isinstance(request, Open) or request.fell_due:
        return []
    asked = request.asked
    if asked.due_on is None or context.at.date() <= asked.due_on:
        return []
    return [ApprovalFellDue(request=asked.request, subject=asked.subject, due_on=asked.due_on)]


def _still_open(request: Request, request_id: str) -> Open:
    match request:
        case NotRequested():
            raise RequestIsUnknown(f"nobody asked under {request_id}: check the request's id")
        case Granted() | Refused() | Voided():
            raise RequestIsClosed(f"{ending_of(request)}: ask again under a new id")
        case Open():
            return request
        case _:
            assert_never(request)
