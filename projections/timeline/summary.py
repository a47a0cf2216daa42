"""The timeline in a few dates and counts: the marks, the shoot, conflicts and overages."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from events.money import shown
from events.schedule import MilestoneKind
from projections.timeline.activities import shoot_days
from projections.timeline.answers import (
    Behind,
    ConflictSeen,
    Item,
    Mark,
    OverageSeen,
    Summary,
    end_of,
)
from projections.timeline.deals import open_conflicts
from projections.timeline.items import pages
from projections.timeline.kinds import ItemKind
from projections.timeline.network import Network
from projections.timeline.rows.deals import Deal
from projections.timeline.rows.decisions import Overage
from projections.timeline.rows.schedule import Schedule
from runtime.view import Rows

OF_THE_NETWORK = frozenset({ItemKind.MILESTONE, ItemKind.TASK, ItemKind.SHOOT_DAY})
TENTH = Decimal("0.1")


def summary_of(rows: Rows, network: Network, items: Sequence[Item]) -> Summary:
    """The marks are milestones; without one, the shoot days say when photography is."""
    schedule = rows.get(Schedule) or Schedule()
    shot = shoot_days(rows)
    starts, wraps, deliveries = marked(items)
    eighths_shot = sum(row.eighths_shot or 0 for row in shot)
    eighths_planned = sum(row.eighths_planned for row in shot)
    return Summary(
        phase=schedule.phase,
        version=schedule.version,
        locked_version=schedule.locked_version,
        photography_start=_mark(starts),
        wrap=_mark(wraps),
        delivery=_mark(deliveries),
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
        for row in sorted(open_conflicts(rows), key=lambda row: (row.contract, row.conflict))
    ]


def overages_of(rows: Rows) -> list[OverageSeen]:
    """Those that nobody decided yet, by number."""
    return [
        OverageSeen(row.overage, row.number, row.cause, shown(row.amount), row.reason)
        for row in sorted(rows.all(Overage), key=lambda row: (row.number, row.overage))
        if row.status == "forecast"
    ]


def _milestones(items: Iterable[Item], kind: MilestoneKind) -> list[Item]:
    return [
        item
        for item in items
        if item.kind is ItemKind.MILESTONE and item.detail["kind"] == kind.value
    ]


def marked(items: Sequence[Item]) -> tuple[Item | None, Item | None, Item | None]:
    """What the marks are of: start of photography, wrap and delivery."""
    days = [item for item in items if item.kind is ItemKind.SHOOT_DAY]
    starts = _milestones(items, MilestoneKind.PHOTOGRAPHY_START) or days
    wraps = _milestones(items, MilestoneKind.WRAP) or days
    deliveries = _milestones(items, MilestoneKind.DELIVERY)
    return next(iter(starts), None), next(reversed(wraps), None), next(reversed(deliveries), None)


def _mark(item: Item | None) -> Mark:
    if item is None:
        return Mark()
    return Mark(
        baseline=end_of(item.baseline),
        forecast=end_of(item.forecast),
        actual=end_of(item.actual),
        slip_days=item.slip_days,
    )


def measured(items: Iterable[Item]) -> list[Item]:
    """What the end of all is measured by: all that has a baseline."""
    return [
        item
        for item in items
        if item.kind in OF_THE_NETWORK and item.baseline is not None and item.forecast is not None
    ]


def _finish_slip(network: Network, items: Iterable[Item]) -> int | None:
    ends = [(end_of(item.baseline), end_of(item.forecast)) for item in measured(items)]
    baselines = [baseline for baseline, _ in ends if baseline is not None]
    forecasts = [forecast for _, forecast in ends if forecast is not None]
    return network.slip(max(baselines, default=None), max(forecasts, default=None))
