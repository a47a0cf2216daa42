"""Every date and figure of the timeline: its items, its summary, and what stands beside it."""

from collections.abc import Iterator

from events.calendar import Calendar
from events.event import read_back
from projections.timeline.explained.linked import Linked
from projections.timeline.explained.others import others
from projections.timeline.explained.summary import summary_figures
from projections.timeline.items import items_of
from projections.timeline.network import network
from projections.timeline.rows.deals import Conflict, Deal
from projections.timeline.rows.decisions import Overage
from projections.timeline.rows.schedule import Schedule
from projections.timeline.summary import OF_THE_NETWORK, conflicts_of, overages_of
from runtime.explaining.figures import Asker, Cells, Figure, cells, text
from runtime.view import Rows


def explained(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """Every date and figure of the timeline."""
    times = network(rows)
    items = items_of(rows, times)
    calendar = _calendar(rows)
    linked = Linked(rows, times, (one for one in items if one.kind in OF_THE_NETWORK), calendar)
    yield calendar
    yield from summary_figures(rows, times, items, linked.made, calendar)
    for made in linked.made.values():
        yield from made.figures.values()
    for made in others(rows, items, linked.made, calendar, asker.fees):
        yield from made.figures.values()
    yield from _overages(rows, asker)
    yield from _conflicts(rows)


def _calendar(rows: Rows) -> Figure:
    """By which working days are counted; what is shot is worked whatever it says."""
    schedule = rows.get(Schedule)
    said = "Saturdays and Sundays off, while none is chosen"
    if schedule is not None and schedule.calendar:
        calendar = read_back(Calendar, schedule.calendar)
        said = " and ".join(day.capitalize() for day in calendar.days_off) or "no day of the week"
        said += f" off, {len(calendar.free_days)} free days, {len(calendar.worked_days)} worked"
    cell = Cells(Schedule, (), ("calendar",))
    return Figure("calendar", "The calendar", said, cells=(cell,))


def _overages(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """Those that nobody decided yet, and how many they are."""
    found = overages_of(rows)
    yield Figure(
        "overages/open",
        "Overages that nobody decided yet",
        text(len(found)),
        formula="forecast, and neither approved nor refused",
        cells=tuple(cells(row, "amount", "status") for row in rows.all(Overage)),
    )
    for one in found:
        yield Figure(
            f"overage/{one.overage}/amount",
            f"Overage {one.number}",
            one.amount,
            asker.currency,
            cells=(Cells(Overage, (one.overage,), ("amount", "status")),),
        )


def _conflicts(rows: Rows) -> Iterator[Figure]:
    """Those that nobody resolved yet: how many they are, and how many days each has."""
    found = conflicts_of(rows)
    deals = {one.contract for one in rows.all(Conflict)}
    yield Figure(
        "conflicts/open",
        "Conflicts that nobody resolved yet",
        text(len(found)),
        formula="recorded, and not resolved; a deal that is over has none",
        cells=(
            *(cells(row, "conflict", "resolved") for row in rows.all(Conflict)),
            *(cells(row, "phase") for row in rows.all(Deal) if row.contract in deals),
        ),
    )
    for one in found:
        yield Figure(
            f"conflict/{one.contract}/{one.conflict}/days",
            f"Days that do not fit: {one.title}",
            text(len(one.days)),
            "days",
            cells=(Cells(Conflict, (one.contract, one.conflict), ("problem", "days")),),
        )
