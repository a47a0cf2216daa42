"""What deals, approvals and screenings bring: each date stands in a row of its own."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from projections.timeline.answers import Item
from projections.timeline.explained.dates import (
    DAY,
    Made,
    details_of,
    read_dates,
    slip_of,
)
from projections.timeline.kinds import ItemKind
from projections.timeline.rows.deals import Deliverable, Engagement, Option, Payment, Window
from projections.timeline.rows.decisions import Approval, Screening
from runtime.explaining.figures import Figure
from runtime.view import Rows

Columns = Mapping[str, tuple[str, ...]]

TABLES: Mapping[ItemKind, type[Any]] = {
    ItemKind.ENGAGEMENT: Engagement,
    ItemKind.PAYMENT: Payment,
    ItemKind.OPTION_WINDOW: Option,
    ItemKind.RELEASE_WINDOW: Window,
    ItemKind.DELIVERABLE: Deliverable,
    ItemKind.APPROVAL: Approval,
    ItemKind.SCREENING: Screening,
}

READ_FROM: Mapping[ItemKind, Columns] = {
    ItemKind.ENGAGEMENT: {
        "baseline_start": ("baseline_starts_on",),
        "baseline": ("baseline_ends_on",),
        "forecast_start": ("starts_on",),
        "forecast": ("ends_on",),
        "actual": (),
    },
    ItemKind.PAYMENT: {"baseline": ("baseline",), "forecast": ("due_on",), "actual": ()},
    ItemKind.OPTION_WINDOW: {
        "baseline": ("baseline",),
        "forecast": ("exercise_by", "exercised_on"),
        "actual": ("exercised_on",),
        "needed_on": ("needed_by",),
    },
    ItemKind.RELEASE_WINDOW: {
        "baseline_start": ("baseline_opens_on",),
        "baseline": ("baseline_closes_on",),
        "forecast_start": ("opens_on",),
        "forecast": ("closes_on",),
        "actual": (),
    },
    ItemKind.DELIVERABLE: {
        "baseline": ("baseline",),
        "forecast": ("due_on", "received_on", "accepted_on"),
        "actual": ("accepted_on",),
    },
    ItemKind.APPROVAL: {
        "baseline": ("due_on",),
        "forecast": ("due_on", "decided_on"),
        "actual": ("decided_on",),
        "version": ("subject_version",),
    },
    ItemKind.SCREENING: {"baseline": (), "forecast": ("held_on",), "actual": ("held_on",)},
}
"""The columns of an item's row that its dates and figures are read from; its other figures are
columns of their own names."""

SLIPS: Mapping[ItemKind, tuple[str, str]] = {
    ItemKind.ENGAGEMENT: ("baseline", "forecast"),
    ItemKind.PAYMENT: ("baseline", "forecast"),
    ItemKind.OPTION_WINDOW: ("baseline", "exercise_by"),
    ItemKind.RELEASE_WINDOW: ("baseline_start", "forecast_start"),
    ItemKind.DELIVERABLE: ("baseline", "forecast"),
}
"""Between which two of its dates an item slips."""


def others(
    rows: Rows,
    items: Iterable[Item],
    linked: Mapping[str, Made],
    calendar: Figure,
    fees: bool,
) -> Iterator[Made]:
    """The figures of every item that hangs on no other; `linked` are those of the network.

    What a deal has several of is named by the deal's id, which has no slash, and its own.
    """
    for item in items:
        if item.kind not in TABLES:
            continue
        row: Any = rows.get(TABLES[item.kind], *item.id.split("/", 1))
        columns = READ_FROM[item.kind]
        made = Made(item)
        read_dates(made, row, columns)
        details_of(made, row, columns, fees)
        if item.kind is ItemKind.OPTION_WINDOW:
            _needed_on(made, linked)
        if item.kind in SLIPS:
            slip_of(made, *SLIPS[item.kind], calendar)
        yield made


def _needed_on(made: Made, linked: Mapping[str, Made]) -> None:
    """When the milestone is expected that needs the right."""
    needed_by = linked.get(f"{ItemKind.MILESTONE.value}/{made.item.detail['needed_by']}")
    terms = () if needed_by is None else (needed_by.figures["forecast"],)
    said = "when the milestone is expected that needs the right"
    own = made.figures["needed_on"].cells
    made.add("needed_on", "needed on", made.item.detail["needed_on"], DAY, said, terms, own)
