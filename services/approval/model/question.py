"""The question: what is asked, by which rule, and until when."""

from collections.abc import Sequence
from datetime import date, timedelta

from events.approval import ApprovalRequested, Rule
from events.event import Event
from runtime.decider import Context
from services.approval.commands import LEADERS, SUBMITTED_BY_THEIR_ROOM, RequestApproval
from services.approval.model.known import Known
from services.approval.model.phases import NotRequested, Request, listed, subject_of
from services.approval.model.rejections import (
    AnswerIsDueBeforeTheQuestion,
    RequestIsAnother,
    RoleMayNotSetRule,
    SubjectIsSubmitted,
)


def ask(request: Request, command: RequestApproval, context: Context) -> Sequence[Event]:
    """The fact that this was asked."""
    if not isinstance(request, NotRequested):
        asked = request.asked
        if (
            (asked.subject, asked.amount) == (command.subject, command.amount)
            and command.rule in (None, asked.rule)
            and command.due_on in (None, asked.due_on)
        ):
            return []
        raise RequestIsAnother(
            f"request {command.request} asks for {subject_of(asked)}: ask under another id"
        )
    kind = command.subject.kind
    if kind in SUBMITTED_BY_THEIR_ROOM and not by_policy(context):
        raise SubjectIsSubmitted(f"submit the {kind}: its room then asks for the approval itself")
    if command.rule is not None and not context.roles & LEADERS:
        raise RoleMayNotSetRule(
            f"leave `rule` out, so that the production's rules hold, or let {listed(LEADERS)} ask"
        )
    known: Known = context.known or Known()
    rule = command.rule or known.rule_for(kind, command.amount)
    return [
        ApprovalRequested(
            request=command.request,
            subject=command.subject,
            amount=command.amount,
            requested_by=context.principal,
            rule=rule,
            due_on=_due_on(command.due_on, rule, context.at.date()),
        )
    ]


def _due_on(due_on: date | None, rule: Rule, today: date) -> date | None:
    if due_on is None:
        return None if rule.due_days is None else today + timedelta(days=rule.due_days)
    if due_on < today:
        raise AnswerIsDueBeforeTheQuestion(
            f"the answer would be due on {due_on}, and today is {today}: leave time for it"
        )
    return due_on


def by_policy(context: Context) -> bool:
    """Whether a policy acts for somebody."""
    return context.actor != context.principal
