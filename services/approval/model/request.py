"""A request for the approval of one exact version."""

from collections.abc import Sequence
from typing import assert_never

from events.approval import (
    ApprovalGiven,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
)
from events.event import Event
from runtime.decider import Context, Decider
from services.approval.commands import (
    LEADERS,
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
    subject_of,
)
from services.approval.model.rejections import (
    OnlyTheRequesterMayVoid,
    RequesterMayNotDecide,
    RequestIsAnother,
    RequestIsClosed,
    RequestIsUnknown,
    RoleMayNotDecide,
    RoleMayNotSetRule,
    SubjectIsSubmitted,
)
from services.approval.policies import SUBMITTED_BY_THEIR_ROOM, Known


def decide(request: Request, command: RequestCommand, context: Context) -> Sequence[Event]:
    """The facts that follow from `command`."""
    match command:
        case RequestApproval():
            return _ask(request, command, context)
        case GrantApproval():
            return _grant(request, command, context)
        case RefuseApproval():
            return _refuse(request, command, context)
        case VoidApproval():
            return _void(request, command, context)
        case _:
            assert_never(command)


REQUEST: Decider[Request, RequestCommand] = Decider(
    kind="request",
    initial=NotRequested(),
    commands=(RequestApproval, GrantApproval, RefuseApproval, VoidApproval),
    decide=decide,
    evolve=evolve,
)


def _ask(request: Request, command: RequestApproval, context: Context) -> Sequence[Event]:
    if not isinstance(request, NotRequested):
        asked = request.asked
        if (asked.subject, asked.amount) == (command.subject, command.amount) and (
            command.rule in (None, asked.rule)
        ):
            return []
        raise RequestIsAnother(
            f"request {command.request} asks for {subject_of(asked)}: ask under another id"
        )
    kind = command.subject.kind
    if kind in SUBMITTED_BY_THEIR_ROOM and not _by_policy(context):
        raise SubjectIsSubmitted(f"submit the {kind}: its room then asks for the approval itself")
    if command.rule is not None and not context.roles & LEADERS:
        raise RoleMayNotSetRule(
            f"leave `rule` out, so that the production's rules hold, or let {_listed(LEADERS)} ask"
        )
    known: Known = context.known or Known()
    return [
        ApprovalRequested(
            request=command.request,
            subject=command.subject,
            amount=command.amount,
            requested_by=context.principal,
            rule=command.rule or known.rule_for(kind, command.amount),
        )
    ]


def _grant(request: Request, command: GrantApproval, context: Context) -> Sequence[Event]:
    if isinstance(request, Open | Granted) and context.actor in request.agreed:
        return []
    still_open = _open_to(request, context, command.request)
    asked = still_open.asked
    if len(still_open.agreed) + 1 < asked.rule.needed:
        return [ApprovalGiven(request=asked.request, by=context.actor, note=command.note)]
    return [
        ApprovalGranted(
            request=asked.request, subject=asked.subject, by=context.actor, note=command.note
        )
    ]


def _refuse(request: Request, command: RefuseApproval, context: Context) -> Sequence[Event]:
    if isinstance(request, Refused) and request.refused.by == context.actor:
        return []
    asked = _open_to(request, context, command.request).asked
    return [
        ApprovalRefused(
            request=asked.request, subject=asked.subject, by=context.actor, reason=command.reason
        )
    ]


def _void(request: Request, command: VoidApproval, context: Context) -> Sequence[Event]:
    # What is unknown or closed needs no voiding: a policy may come late or twice.
    if not isinstance(request, Open):
        return []
    asked = request.asked
    if not (_by_policy(context) or context.actor == asked.requested_by or context.roles & LEADERS):
        raise OnlyTheRequesterMayVoid(
            f"let {asked.requested_by}, who asked, or {_listed(LEADERS)} void it"
        )
    return [ApprovalVoided(request=asked.request, subject=asked.subject, reason=command.reason)]


def _open_to(request: Request, context: Context, request_id: str) -> Open:
    """The request, if it is open and this person may decide on it."""
    match request:
        case NotRequested():
            raise RequestIsUnknown(f"nobody asked under {request_id}: check the request's id")
        case Granted() | Refused() | Voided():
            raise RequestIsClosed(f"{ending_of(request)}: ask again under a new id")
        case Open(asked=asked):
            _check_may_decide(asked, context)
            return request
        case _:
            assert_never(request)


def _check_may_decide(asked: ApprovalRequested, context: Context) -> None:
    if context.actor == asked.requested_by:
        raise RequesterMayNotDecide(
            f"{context.actor} asked for {subject_of(asked)}: somebody else with the role of "
            f"{_listed(asked.rule.roles)} must decide"
        )
    if not context.roles.intersection(asked.rule.roles):
        raise RoleMayNotDecide(
            f"{subject_of(asked)} is for {_listed(asked.rule.roles)} to decide: let one of them"
        )


def _by_policy(context: Context) -> bool:
    return context.actor != context.principal


def _listed(roles: Sequence[str] | frozenset[str]) -> str:
    return " or ".join(sorted(roles))
