"""The summary: the marks are dates of items, the shoot is the sum of its days."""

from collections.abc import Iterator, Mapping, Sequence

from projections.timeline.activities import key_of, shoot_days
from projections.timeline.answers import Item, end_of
from projections.timeline.explained.dates import DAY, EIGHTHS, WORKING_DAYS, Made
from projections.timeline.network import Network
from projections.timeline.rows.schedule import Schedule, ShootDay
from projections.timeline.summary import behind_of, marked, measured, summary_of
from runtime.explaining.figures import Cells, Figure, cells, text
from runtime.view import Rows

Linked = Mapping[str, Made]


def summary_figures(
    rows: Rows, network: Network, items: Sequence[Item], linked: Linked, calendar: Figure
) -> Iterator[Figure]:
    """Every date and count of the summary, and how far the shoot is behind."""
    told = summary_of(rows, network, items)
    marks = zip(("photography_start", "wrap", "delivery"), marked(items), strict=True)
    for name, item in marks:
        yield from _mark(name, item, linked)
    yield from _finish(told.finish_slip_days, items, linked, calendar)
    for name in ("version", "locked_version"):
        of = (Cells(Schedule, (), (name,)),)
        label = f"{name.replace('_', ' ').capitalize()} of the schedule"
        yield Figure(f"schedule/{name}", label, text(getattr(told, name)), cells=of)
    shot = shoot_days(rows)
    yield Figure(
        "shoot_days_wrapped",
        "Shoot days wrapped",
        text(told.shoot_days_wrapped),
        "days",
        "how many of the shoot days are wrapped",
        cells=tuple(cells(row, "wrapped_on") for row in shot),
    )
    planned = Figure(
        "shoot_days_planned",
        "Shoot days planned",
        text(told.shoot_days_planned),
        "days",
        "how many have a date, or were shot",
        cells=tuple(cells(row, "planned_for", "wrapped_on") for row in shot),
    )
    yield planned
    eighths = {
        name: _sum(name, shot, linked, getattr(told, name))
        for name in ("eighths_shot", "eighths_planned")
    }
    yield from eighths.values()
    for name in ("shot", "planned"):
        value = getattr(told, f"pages_{name}")
        rule, terms = "eighths / 8", (eighths[f"eighths_{name}"],)
        yield Figure(f"pages_{name}", f"Pages {name}", value, "pages", rule, terms)
    yield from _behind(rows, shot, linked, planned, eighths["eighths_planned"])


def _mark(name: str, item: Item | None, linked: Linked) -> Iterator[Figure]:
    made = None if item is None else linked[f"{item.kind.value}/{item.id}"]
    label = name.replace("_", " ").capitalize()
    for figure in ("baseline", "forecast", "actual", "slip"):
        term = None if made is None else made.figures[figure]
        yield Figure(
            f"{name}/{figure}",
            f"{label}, {figure}",
            None if term is None else term.value,
            WORKING_DAYS if figure == "slip" else DAY,
            "nothing on the timeline is this mark" if made is None else f"that of {made.place}",
            () if term is None else (term,),
        )


def _finish(
    slip: int | None, items: Sequence[Item], linked: Linked, calendar: Figure
) -> Iterator[Figure]:
    """The end of all that has a baseline: as it was to be, as it is expected, and the slip."""
    locked = tuple(cell for made in linked.values() for cell in made.figures["baseline"].cells)
    ends = []
    for name in ("baseline", "forecast"):
        dated = [(on, one) for one in measured(items) if (on := end_of(getattr(one, name)))]
        last = max(dated, key=lambda one: (one[0], one[1].place), default=None)
        term = last and linked[f"{last[1].kind.value}/{last[1].id}"].figures[name]
        ends.append(
            Figure(
                f"finish/{name}",
                f"End of all, {name}",
                None if term is None else term.value,
                DAY,
                "the last of all that has a baseline",
                () if term is None else (term,),
                locked,
            )
        )
    yield from ends
    rule = "working days from the one date to the other, by the calendar"
    yield Figure(
        "finish/slip", "Slip of the end of all", text(slip), WORKING_DAYS, rule, (*ends, calendar)
    )


def _sum(name: str, of: Sequence[ShootDay], linked: Linked, value: int, within: str = "") -> Figure:
    terms = tuple(linked[key_of(row)].figures[name] for row in of)
    label = name.replace("_", " ").capitalize() + (" on the days wrapped" if within else "")
    rule = f"the sum of {len(terms)} days"
    return Figure(f"{within}{name}", label, text(value), EIGHTHS, rule, terms)


def _behind(
    rows: Rows, shot: Sequence[ShootDay], linked: Linked, days: Figure, planned: Figure
) -> Iterator[Figure]:
    behind = behind_of(rows)
    if behind is None:
        return
    wrapped = [row for row in shot if row.wrapped_on is not None]
    of_plan = sum(row.eighths_planned for row in wrapped)
    terms = (
        _sum("eighths_planned", wrapped, linked, of_plan, "behind/"),
        _sum("eighths_shot", wrapped, linked, of_plan - behind.eighths, "behind/"),
    )
    yield from terms
    eighths = Figure(
        "behind/eighths",
        "Behind",
        text(behind.eighths),
        EIGHTHS,
        "planned - shot on the days wrapped so far; negative = ahead",
        terms,
    )
    yield eighths
    yield Figure(
        "behind/pages", "Pages behind", behind.pages, "pages", "eighths behind / 8", (eighths,)
    )
    rule = "eighths behind x shoot days / eighths planned, half up to a tenth"
    yield Figure(
        "behind/days", "Days behind", behind.days, "average days", rule, (eighths, days, planned)
    )
    yield Figure(
        "behind/after_day",
        "The last shoot day wrapped",
        text(behind.after_day),
        formula="the last, by date, of those wrapped",
        cells=(cells(wrapped[-1], "wrapped_on"),),
    )
    yield Figure(
        "behind/threshold_eighths",
        "From when on the shoot counts as behind",
        text(behind.threshold_eighths),
        EIGHTHS,
        cells=(Cells(Schedule, (), ("behind_threshold",)),),
    )
