"""The dates on paper: baseline, forecast and slip of everything, and the marks of the shoot."""

from collections.abc import Sequence

from projections.timeline.answers import Item, Mark, Span
from projections.timeline.items import items_of
from projections.timeline.kinds import ItemKind
from projections.timeline.network import network
from projections.timeline.summary import conflicts_of, summary_of
from runtime.sheets import Cell, Sheet, Told

COLUMNS = ("What", "", "Baseline", "Forecast", "Actual", "Slip (working days)", "Status", "Why")


def sheets(told: Told) -> Sequence[Sheet]:
    """Everything with a date but approvals, which are told for themselves; what conflicts."""
    linked = network(told.rows)
    items = items_of(told.rows, linked)
    summary = summary_of(told.rows, linked, items)
    marks = (
        ("Photography", summary.photography_start),
        ("Wrap", summary.wrap),
        ("Delivery", summary.delivery),
    )
    phase = "none yet" if not summary.version else f"version {summary.version}, {summary.phase}"
    return (
        Sheet(
            title="Dates",
            columns=COLUMNS,
            rows=tuple(_row(item) for item in items if item.kind is not ItemKind.APPROVAL),
            nothing="Nothing has a date.",
            glance=(
                ("Schedule", phase),
                *((name, _mark(mark)) for name, mark in marks),
                (
                    "Shoot days wrapped",
                    f"{summary.shoot_days_wrapped} of {summary.shoot_days_planned}",
                ),
            ),
        ),
        Sheet(
            title="Conflicts",
            columns=("Deal", "Problem", "Days"),
            rows=tuple(
                (one.title, one.problem, ", ".join(map(str, one.days)))
                for one in conflicts_of(told.rows)
            ),
            nothing="No deal conflicts with the schedule.",
        ),
    )


def _row(item: Item) -> tuple[Cell, ...]:
    return (
        item.name,
        ItemKind(item.kind).value.replace("-", " "),
        _span(item.baseline),
        _span(item.forecast),
        _span(item.actual),
        item.slip_days,
        item.status,
        item.reason,
    )


def _span(span: Span | None) -> str | None:
    if span is None:
        return None
    if span.starts_on == span.ends_on or span.starts_on is None:
        return str(span.ends_on)
    return f"{span.starts_on} to {span.ends_on or 'no end'}"


def _mark(mark: Mark) -> str:
    if mark.forecast is None:
        return "no date"
    slip = f" ({mark.slip_days:+d} working days)" if mark.slip_days else ""
    return f"{mark.forecast}{slip}"
