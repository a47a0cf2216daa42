"""Who approved what when, from the facts of the approval room."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from events import approval as facts
from events.envelope import Recorded
from events.event import Event
from runtime.sheets import Cell, Sheet

COLUMNS = (
    *("Asked (UTC)", "What", "Content hash", "Amount", "Asked by"),
    *("Answer", "When (UTC)", "By", "Reason or note"),
)

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Request:
    """One request and its answer. `agreed` are those who decided, in their order."""

    asked_at: datetime
    subject: facts.Subject
    amount: Decimal | None
    by: str
    answer: str = "open"
    at: datetime | None = None
    agreed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def approvals(events: Iterable[Recorded], called: Callable[[str], str]) -> Sheet:
    """Every request of a production in the order of asking; `called` names people."""
    requests: dict[str, Request] = {}
    titles: dict[str, str] = {}
    for recorded in events:
        event = recorded.event
        titles |= _titles(event)
        if isinstance(event, facts.ApprovalRequested):
            requests[event.request] = Request(
                recorded.recorded_at, event.subject, event.amount, event.requested_by
            )
        elif (before := requests.get(getattr(event, "request", ""))) is not None:
            requests[event.request] = _after(before, recorded)  # type: ignore[attr-defined]
    return Sheet(
        title="Approvals",
        columns=COLUMNS,
        rows=tuple(_row(request, called, titles) for request in requests.values()),
        nothing="Nothing was submitted for approval.",
    )


def _titles(event: Event) -> dict[str, str]:
    """What the things are called that a fact with a title is about, by their ids."""
    title = str(getattr(event, "title", ""))
    ids = (getattr(event, name) for name in type(event).model_fields) if title else ()
    return {one: title for one in ids if isinstance(one, str) and _ID.fullmatch(one)}


def _after(request: Request, recorded: Recorded) -> Request:
    match recorded.event:
        case facts.ApprovalGiven(by=by, note=note):
            return _agreed(request, by, note)
        case facts.ApprovalGranted(by=by, note=note):
            return replace(_agreed(request, by, note), answer="granted", at=recorded.recorded_at)
        case facts.ApprovalRefused(by=by, reason=reason):
            return replace(_agreed(request, by, reason), answer="refused", at=recorded.recorded_at)
        case facts.ApprovalVoided(reason=reason):
            return replace(
                request,
                answer="voided",
                at=recorded.recorded_at,
                notes=(*request.notes, reason),
            )
        case _:
            return request


def _agreed(request: Request, by: str, note: str | None) -> Request:
    notes = (*request.notes, note) if note else request.notes
    return replace(request, agreed=(*request.agreed, by), notes=notes)


def _row(
    request: Request, called: Callable[[str], str], titles: Mapping[str, str]
) -> tuple[Cell, ...]:
    subject = request.subject
    name = titles.get(subject.name, subject.name)
    return (
        request.asked_at,
        f"{subject.kind}{'' if name == subject.kind else f': {name}'}, version {subject.version}",
        subject.content_hash[:12],
        request.amount,
        called(request.by),
        request.answer,
        request.at,
        ", ".join(map(called, request.agreed)),
        " · ".join(request.notes),
    )
