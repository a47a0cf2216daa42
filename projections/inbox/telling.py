"""The inbox as it is told: every item of some productions, and their order."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from events.approval import Role
from events.contract import FEES_ARE_FOR
from projections.inbox.approvals import approvals
from projections.inbox.deals import deals
from projections.inbox.items import Desk
from projections.inbox.plans import plans, refusals
from projections.inbox.team import Team
from runtime.reading.query import Reading


def waiting(reading: Reading, person: str, mine: bool, now: datetime) -> Iterator[dict[str, Any]]:
    """What waits on those productions: all of it, or what waits for that person today."""
    for production, rows in reading.rows.items():
        team = Team(rows, now.date())
        roles = frozenset(Role(role) for role in team.roles_of(person))
        about = reading.about[production]
        desk = Desk(
            production,
            about["title"],
            about["currency"],
            rows,
            team,
            now,
            fees=bool(roles & FEES_ARE_FOR),
        )
        for source in (approvals, deals, plans, refusals):
            for item in source(desk):
                if not mine or any(one["person"] == person for one in item["for_people"]):
                    yield item


def place(item: dict[str, Any]) -> str:
    """Where an item stands in the order: the one that waits longest comes first."""
    return f"{item['since']:%Y-%m-%dT%H:%M:%S.%f}~{item['id']}"
