"""Who is on the team, who decides in whose place, and what was asked."""

from collections.abc import Iterator
from typing import assert_never

from events import approval as facts
from events.approval import Rule
from events.envelope import Recorded
from events.event import read_back
from projections.inbox.rows import (
    SEPARATOR,
    Appointment,
    Delegation,
    Request,
    with_one,
)
from runtime.changing import changed
from runtime.view import Row, Rows

People = (
    facts.PersonAppointed
    | facts.AppointmentEnded
    | facts.AuthorityDelegated
    | facts.DelegationEnded
)
Asked = (
    facts.ApprovalRequested
    | facts.ConsultationGiven
    | facts.ApprovalGiven
    | facts.ApprovalGranted
    | facts.ApprovalRefused
    | facts.ApprovalVoided
    | facts.ApprovalFellDue
)


def people_after(rows: Rows, event: People) -> Iterator[Row]:
    """The appointment or delegation that a fact changes."""
    match event:
        case facts.PersonAppointed():
            yield Appointment(event.person, event.role.value, event.name, event.starts, event.ends)
        case facts.AppointmentEnded():
            appointed = rows.get(Appointment, event.person, event.role.value)
            if appointed is not None:
                yield changed(appointed, ends=event.ends)
        case facts.AuthorityDelegated():
            kinds = SEPARATOR.join(event.subject_kinds)
            yield Delegation(event.delegator, event.delegate, kinds, event.starts, event.ends)
        case facts.DelegationEnded():
            delegated = rows.get(Delegation, event.delegator, event.delegate)
            if delegated is not None:
                yield changed(delegated, ends=event.ends)
        case _:
            assert_never(event)


def request_after(rows: Rows, event: Asked, recorded: Recorded) -> Iterator[Request]:
    """The request after a fact; an answer to what was never asked changes nothing."""
    if isinstance(event, facts.ApprovalRequested):
        yield _asked(event, recorded)
        return
    request = rows.get(Request, event.request)
    if request is None:
        return
    match event:
        case facts.ConsultationGiven():
            yield changed(request, consulted=with_one(request.consulted, event.by))
        case facts.ApprovalGiven():
            yield _given(request, event, recorded)
        case facts.ApprovalGranted() | facts.ApprovalRefused() | facts.ApprovalVoided():
            yield changed(request, closed=True)
        case facts.ApprovalFellDue():
            yield changed(request, fell_due=True)
        case _:
            assert_never(event)


def _asked(event: facts.ApprovalRequested, recorded: Recorded) -> Request:
    return Request(
        request=event.request,
        kind=event.subject.kind,
        name=event.subject.name,
        version=event.subject.version,
        amount=event.amount,
        requested_by=event.requested_by,
        rule=event.rule.model_dump_json(),
        asked_at=recorded.recorded_at,
        step_since=recorded.recorded_at,
        due_on=event.due_on,
    )


def _given(request: Request, event: facts.ApprovalGiven, recorded: Recorded) -> Request:
    """One more agreed; with the last one that a step needs, the next step begins."""
    steps = read_back(Rule, request.rule).steps
    given = request.given + 1 if event.step == request.step else 1
    agreed = with_one(request.agreed, event.by)
    if event.given_for is not None:
        agreed = with_one(agreed, event.given_for)
    now = changed(request, agreed=agreed, step=event.step, given=given)
    if event.step < len(steps) and given >= steps[event.step - 1].needed:
        return changed(now, step=event.step + 1, given=0, step_since=recorded.recorded_at)
    return now
