"""The items of the timeline: everything with a date, of whatever log, in one form."""

from dataclasses import replace

from projections.timeline.activities import key, shoot_days
from projections.timeline.answers import Item, Span, end_of
from projections.timeline.deals import items_of_deals, on
from projections.timeline.kinds import ItemKind
from projections.timeline.network import Network, row_of
from projections.timeline.rows.deals import Deal
from projections.timeline.rows.decisions import Approval, Screening
from projections.timeline.rows.schedule import Milestone, ShootDay, Task
from runtime.view import Rows

DEAL = "contract"
"""What approvals of deals are about, whose subjects are named by an id."""


def items_of(rows: Rows, network: Network) -> list[Item]:
    """Every item, in the order of the list."""
    items = [
        *(_milestone(rows, network, row) for row in rows.all(Milestone)),
        *(_task(rows, network, row) for row in rows.all(Task)),
        *(_shoot_day(rows, network, row) for row in shoot_days(rows)),
        *items_of_deals(rows, network),
        *(_approval(rows, row) for row in rows.all(Approval)),
        *(_screening(row) for row in rows.all(Screening)),
    ]
    return sorted(items, key=lambda item: item.place)


def pages(eighths: int) -> str:
    """Eighths of a page as the trade prints them: 11 is 1 3/8, 16 is 2, -3 is -3/8."""
    whole, rest = divmod(abs(eighths), 8)
    parts = [str(whole)] if whole or not rest else []
    if rest:
        parts.append(f"{rest}/8")
    return ("-" if eighths < 0 else "") + " ".join(parts)


def _milestone(rows: Rows, network: Network, row: Milestone) -> Item:
    forecast = network.milestone(row)
    slip = network.slip(row.baseline, forecast)
    item = Item(
        kind=ItemKind.MILESTONE,
        id=row.milestone,
        name=row.name,
        baseline=on(row.baseline),
        forecast=on(forecast),
        actual=on(row.reached_on),
        slip_days=slip,
        status="reached" if row.reached_on else _standing(slip),
        reason=row.reason,
        cause=row.cause,
        detail={"kind": row.kind, "territory": row.territory},
    )
    return _linked(rows, network, item, is_driven=forecast > row.falls_on)


def _task(rows: Rows, network: Network, row: Task) -> Item:
    baseline, forecast = network.baseline(row), network.task(row)
    slip = network.slip(end_of(baseline), forecast.ends_on)
    item = Item(
        kind=ItemKind.TASK,
        id=row.task,
        name=row.name,
        baseline=baseline,
        forecast=forecast,
        actual=None if row.finished_on is None else Span(None, row.finished_on),
        slip_days=slip,
        status="finished" if row.finished_on else _standing(slip),
        reason=row.reason,
        cause=row.cause,
        detail={"kind": row.kind, "days": row.days},
    )
    return _linked(rows, network, item)


def _shoot_day(rows: Rows, network: Network, row: ShootDay) -> Item:
    forecast = network.shoot_day(row)
    slip = network.slip(row.baseline, forecast)
    status = _standing(slip)
    if row.wrapped_on is not None:
        status = "behind" if row.fell_behind else "wrapped"
    item = Item(
        kind=ItemKind.SHOOT_DAY,
        id=str(row.day),
        name=f"Shoot day {row.day}",
        baseline=on(row.baseline),
        forecast=on(forecast),
        actual=on(row.wrapped_on),
        slip_days=slip,
        status=status,
        reason=row.reason,
        cause=row.cause,
        detail={
            "eighths_planned": row.eighths_planned,
            "pages_planned": pages(row.eighths_planned),
            "eighths_shot": row.eighths_shot,
            "pages_shot": None if row.eighths_shot is None else pages(row.eighths_shot),
        },
    )
    return _linked(rows, network, item)


def _linked(rows: Rows, network: Network, item: Item, is_driven: bool = True) -> Item:
    """With its slack; of what is driven, the reason is that of what drives it in the end."""
    times = network.times[key(item.kind, item.id)]
    driver = network.driver_of(key(item.kind, item.id)) if is_driven else None
    moved = None if driver is None else row_of(rows, network.root_of(driver))
    if moved is not None and moved.cause is not None:
        item = replace(item, reason=moved.reason, cause=moved.cause)
    return replace(
        item,
        critical=times.critical,
        total_slack_days=None if times.done else times.total_slack,
        driven_by=driver,
    )


def _approval(rows: Rows, row: Approval) -> Item:
    overdue = row.fell_due and row.decided_on is None
    return Item(
        kind=ItemKind.APPROVAL,
        id=row.request,
        name=f"{_subject(rows, row)}, version {row.subject_version}",
        baseline=on(row.due_on),
        forecast=on(row.decided_on or row.due_on),
        actual=on(row.decided_on),
        slip_days=None,
        status="overdue" if overdue else row.status,
        reason=row.reason,
        detail={
            "subject_kind": row.subject_kind,
            "version": row.subject_version,
            "asked_on": row.asked_on,
            "fell_due": row.fell_due,
        },
    )


def _subject(rows: Rows, row: Approval) -> str:
    """What is to be approved: deals by their titles, since their names are ids."""
    deal = rows.get(Deal, row.subject_name) if row.subject_kind == DEAL else None
    return row.subject_name if deal is None else deal.title


def _screening(row: Screening) -> Item:
    scores = (row.top_two_box, row.definite_recommend, row.margin)
    top_two_box, definite_recommend, margin = (
        None if score is None else f"{score:.4f}" for score in scores
    )
    scored = "held" if row.top_two_box is None else "scored"
    return Item(
        kind=ItemKind.SCREENING,
        id=row.screening,
        name=f"{row.cut_name}, version {row.cut_version}",
        baseline=None,
        forecast=on(row.held_on),
        actual=on(row.held_on),
        slip_days=None,
        status="decided" if row.decision else scored,
        reason=row.reason,
        detail={
            "place": row.place,
            "audience": row.audience,
            "answers": row.answers,
            "top_two_box": top_two_box,
            "definite_recommend": definite_recommend,
            "margin": margin,
            "decision": row.decision,
        },
    )


def _standing(slip: int | None) -> str:
    """How what is not done yet stands against its baseline."""
    if slip is None:
        return "planned"
    if slip == 0:
        return "on-plan"
    return "slipped" if slip > 0 else "early"
