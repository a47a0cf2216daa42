"""The timeline in a few dates and counts: the marks, the shoot, conflicts and overages."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from events.schedule import MilestoneKind
from projections.timeline.activities import shoot_days
from projections.timeline.answers import (
    Behind,
    ConflictSeen,
    Item,
    ItemKind,
    Mark,
    OverageSeen,
    Summary,
    end_of,
)
from projections.timeline.items import pages
from projections.timeline.network import Network
from projections.timeline.rows.deals import Conflict, Deal
from projections.timeline.rows.decisions import Overage
from projections.timeline.rows.schedule import Schedule
from runtime.view import Rows

OF_THE_NETWORK = frozenset({ItemKind.MILESTONE, ItemKind.TASK, ItemKind.SHOOT_DAY})
TENTH = Decimal("0.1")


def summary_of(rows: Rows, network: Network, items: Sequence[Item]) -> Summary:
    """The marks are milestones; without one, the shoot days say when photography is."""
    schedule = rows.get(Schedule) or Schedule()
    shot = shoot_days(rows)
    days = [item for item in items if item.kind is ItemKind.SHOOT_DAY]
    starts = _milestones(items, MilestoneKind.PHOTOGRAPHY_START) or days
    wraps = _milestones(items, MilestoneKind.WRAP) or days
    deliveries = _milestones(items, MilestoneKind.DELIVERY)
    eighths_shot = sum(row.eighths_shot or 0 for row in shot)
    eighths_planned = sum(row.eighths_planned for row in shot)
    return Summary(
        phase=schedule.phase,
        version=schedule.version,
        locked_version=schedule.locked_version,
        photography_start=_mark(starts[:1]),
        wrap=_mark(wraps[-1:]),
        delivery=_mark(deliveries[-1:]),
        finish_slip_days=_finish_slip(network, items),
        shoot_days_wrapped=sum(row.wrapped_on is not None for row in shot),
        shoot_days_planned=len(shot),
        eighths_shot=eighths_shot,
        eighths_planned=eighths_planned,
        pages_shot=pages(eighths_shot),
        pages_planned=pages(eighths_planned),
    )


def behind_of(rows: Rows) -> Behind | None:
    """Eighths planned on the days wrapped so far, less what was shot on them."""
    shot = shoot_days(rows)
    wrapped = [row for row in shot if row.wrapped_on is not None]
    if not wrapped:
        return None
    eighths = sum(row.eighths_planned - (row.eighths_shot or 0) for row in wrapped)
    planned = sum(row.eighths_planned for row in shot)
    average_days = Decimal(eighths * len(shot)) / planned if planned else Decimal(0)
    schedule = rows.get(Schedule) or Schedule()
    return Behind(
        after_day=wrapped[-1].day,
        eighths=eighths,
        pages=pages(eighths),
        days=str(average_days.quantize(TENTH, ROUND_HALF_UP)),
        threshold_eighths=schedule.behind_threshold,
    )


def conflicts_of(rows: Rows) -> list[ConflictSeen]:
    """Those that nobody resolved yet."""
    titles = {deal.contract: deal.title for deal in rows.all(Deal)}
    return [
        ConflictSeen(
            contract=row.contract,
            title=titles.get(row.contract, row.contract),
            conflict=row.conflict,
            problem=row.problem,
            cause=row.cause,
            days=[date.fromisoformat(day) for day in row.days.split(",") if day],
        )
        for row in sorted(rows.all(Conflict), key=lambda row: (row.contract, row.conflict))
        if not row.resolved
    ]


def overages_of(rows: Rows) -> list[OverageSeen]:
    """Those that nobody decided yet, by number."""
    return [
        OverageSeen(row.overage, row.number, row.cause, f"{row.amount:.2f}", row.reason)
        for row in sorted(rows.all(Overage), key=lambda row: (row.number, row.overage))
        if row.status == "forecast"
    ]


def _milestones(items: Iterable[Item], kind: MilestoneKind) -> list[Item]:
    return [
        item
        for item in items
        if item.kind is ItemKind.MILESTONE and item.detail["kind"] == kind.value
    ]


def _mark(items: Sequence[Item]) -> Mark:
    for item in items:
        return Mark(
            baseline=end_of(item.baseline),
            forecast=end_of(item.forecast),
            actual=end_of(item.actual),
            slip_days=item.slip_days,
        )
    return Mark()


def _finish_slip(network: Network, items: Iterable[Item]) -> int | None:
    measured = [
        (item.baseline.ends_on, item.forecast.ends_on)
        for item in items
        if item.kind in OF_THE_NETWORK and item.baseline and item.forecast
    ]
    baselines = [baseline for baseline, _ in measured if baseline is not None]
    forecasts = [forecast for _, forecast in measured if forecast is not None]
    return network.slip(max(baselines, default=None), max(forecasts, default=None))
