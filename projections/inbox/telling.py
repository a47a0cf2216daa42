"""The inbox as it is told: every item of some productions, and their order."""

from collections.abc import Iterator, Mapping
from typing import Any

from events.approval import Role
from events.contract import FEES_ARE_FOR
from projections.inbox.approvals import approvals
from projections.inbox.deals import deals
from projections.inbox.items import Desk
from projections.inbox.plans import plans, refusals
from projections.inbox.team import Team
from runtime.reading.asked import Reading


def waiting(
    reading: Reading, person: str, roles: Mapping[str, frozenset[Role]], mine: bool
) -> Iterator[dict[str, Any]]:
    """What waits on those productions: all of it, or what waits for that person. `roles` are his
    by production today, whatever the moment of the reading is: they decide what he may see."""
    for production, rows in reading.rows.items():
        team = Team(rows, reading.now.date())
        about = reading.about[production]
        desk = Desk(
            production,
            about["title"],
            about["currency"],
            rows,
            team,
            reading.now,
            fees=bool(roles[production] & FEES_ARE_FOR),
        )
        for item in items_of(desk):
            if not mine or any(one["person"] == person for one in item["for_people"]):
                yield item


def items_of(desk: Desk) -> Iterator[dict[str, Any]]:
    """Everything that waits on one production."""
    for source in (approvals, deals, plans, refusals):
        yield from source(desk)


def place(item: dict[str, Any]) -> str:
    """Where an item stands in the order: the one that waits longest comes first."""
    return f"{item['since']:%Y-%m-%dT%H:%M:%S.%f}~{item['id']}"
