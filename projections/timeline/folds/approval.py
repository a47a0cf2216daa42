"""What the facts of approvals and test screenings change."""

from collections.abc import Iterable

from events import approval as facts
from events.envelope import Recorded
from projections.timeline.rows.decisions import Approval, Screening
from runtime.changing import changed
from runtime.view import Row, Rows


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact of the approval log changes."""
    on = recorded.effective_at.date()
    match recorded.event:
        case facts.ApprovalRequested() as asked:
            row = _approval(rows, asked.request, asked.subject)
            yield changed(row, due_on=asked.due_on, asked_on=on)
        case facts.ApprovalGranted(request=request, subject=subject, note=note):
            row = _approval(rows, request, subject)
            yield changed(row, status="granted", decided_on=on, reason=note)
        case facts.ApprovalRefused(request=request, subject=subject, reason=reason):
            row = _approval(rows, request, subject)
            yield changed(row, status="refused", decided_on=on, reason=reason)
        case facts.ApprovalVoided(request=request, subject=subject, reason=reason):
            row = _approval(rows, request, subject)
            yield changed(row, status="voided", decided_on=on, reason=reason)
        case facts.ApprovalFellDue(request=request, subject=subject, due_on=due_on):
            yield changed(_approval(rows, request, subject), due_on=due_on, fell_due=True)
        case facts.CutScreened() as screened:
            yield changed(
                _screening(rows, screened.screening, screened.cut),
                held_on=screened.held_on,
                place=screened.place,
                audience=screened.audience,
            )
        case facts.ScoresRecorded() as scored:
            yield changed(
                _screening(rows, scored.screening, scored.cut),
                answers=scored.answers,
                top_two_box=scored.top_two_box,
                definite_recommend=scored.definite_recommend,
                margin=scored.margin,
            )
        case facts.ScreeningDecided() as decided:
            yield changed(
                _screening(rows, decided.screening, decided.cut),
                decision=decided.decision.value,
                reason=decided.reason,
            )
        case _:
            return


def _approval(rows: Rows, request: str, subject: facts.Subject) -> Approval:
    return rows.get(Approval, request) or Approval(
        request, subject.kind, subject.name, subject.version
    )


def _screening(rows: Rows, screening: str, cut: facts.Subject) -> Screening:
    return rows.get(Screening, screening) or Screening(screening, cut.name, cut.version)
