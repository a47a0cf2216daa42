"""The form of one item, and what every sort of item is made with."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from events.approval import Role
from events.money import shown
from events.names import id_of
from projections.inbox.answers import Kind
from projections.inbox.rows import Deal
from projections.inbox.team import Team
from runtime.view import Rows

NEGOTIATORS = (Role.EXECUTIVE_PRODUCER, Role.PRODUCER, Role.LINE_PRODUCER)
SIGNERS = (Role.EXECUTIVE_PRODUCER, Role.PRODUCER)
PLANNERS = (Role.LINE_PRODUCER,)
LOOKERS = (Role.EXECUTIVE_PRODUCER, Role.LINE_PRODUCER)


@dataclass(frozen=True)
class Desk:
    """A production as its items are made: its rows, its team today, and the moment."""

    production: str
    title: str
    currency: str
    rows: Rows
    team: Team
    now: datetime
    fees: bool

    @property
    def today(self) -> date:
        return self.now.date()

    def todo(self, room: str, command: str, **body: Any) -> dict[str, Any]:
        """A command of one room, as its endpoint takes it."""
        path = f"/v1/productions/{self.production}/{room}/{command}"
        return {"command": command, "method": "POST", "path": path, "body": body}

    def item(
        self,
        kind: Kind,
        key: tuple[str, ...],
        subject: dict[str, Any],
        since: datetime,
        why: str,
        *,
        roles: tuple[Role, ...] = (),
        people: list[dict[str, Any]] | None = None,
        party: Deal | None = None,
        asked_by: str | None = None,
        due_on: date | None = None,
        overdue: bool = False,
        amount: Decimal | None = None,
        blocks: str | None = None,
        todo: tuple[dict[str, Any], ...] = (),
    ) -> dict[str, Any]:
        """One item. Without `people` it is for all who have one of the roles today."""
        return {
            "id": id_of("inbox", self.production, kind, *key),
            "production": self.production,
            "title": self.title,
            "kind": kind,
            "subject": {"version": None, **subject},
            "for_roles": [role.value for role in roles],
            "for_people": self.team.holding(roles) if people is None else people,
            "for_party": {"person": party.party, "name": party.name} if party else None,
            "asked_by": self._named(asked_by),
            "since": since,
            "due_on": due_on,
            "overdue": overdue or (due_on is not None and due_on < self.today),
            "why": why,
            "amount": None if amount is None else shown(amount),
            "currency": None if amount is None else self.currency,
            "blocks": blocks,
            "todo": list(todo),
        }

    def _named(self, person: str | None) -> dict[str, Any] | None:
        return None if person is None else {"person": person, "name": self.team.name_of(person)}
