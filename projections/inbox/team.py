"""Who may do something today: by role, or in the place of somebody who has it."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from projections.inbox.rows import Appointment, Delegation, Request, listed
from runtime.view import Rows


class Team:
    """A production's people as they stand on one day."""

    def __init__(self, rows: Rows, today: date) -> None:
        self._names = {one.person: one.name for one in rows.all(Appointment) if one.name}
        self._appointed = sorted(
            (one for one in rows.all(Appointment) if _holds(one.starts, one.ends, today)),
            key=lambda one: (one.person, one.role),
        )
        self._delegated = sorted(
            (one for one in rows.all(Delegation) if one.starts <= today <= one.ends),
            key=lambda one: (one.delegate, one.delegator),
        )

    def name_of(self, person: str) -> str | None:
        """The person's name, sealed, where one is known."""
        return self._names.get(person)

    def roles_of(self, person: str) -> frozenset[str]:
        """What somebody is appointed to today."""
        return frozenset(one.role for one in self._appointed if one.person == person)

    def holding(self, roles: Iterable[str], without: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Everybody in one of those roles, once."""
        left, gone = set(roles), set(without)
        found: dict[str, dict[str, Any]] = {}
        for one in self._appointed:
            if one.role in left and one.person not in gone and one.person not in found:
                found[one.person] = self._told(one.person, one.role)
        return list(found.values())

    def deciding(self, request: Request, roles: Iterable[str]) -> list[dict[str, Any]]:
        """Who may decide on a request in a step of those roles: those who have one, and their
        delegates. Nobody who asked or is counted already, and nobody for such a one."""
        wanted = frozenset(roles)
        silent = {request.requested_by, *listed(request.agreed)}
        found = {one["person"]: one for one in self.holding(wanted, silent)}
        for delegation in self._standing_in(request.kind):
            held = self.roles_of(delegation.delegator) & wanted
            if held and not silent & {delegation.delegate, delegation.delegator}:
                told = self._told(delegation.delegate, min(held), delegation.delegator)
                found.setdefault(delegation.delegate, told)
        return list(found.values())

    def _standing_in(self, kind: str) -> Iterator[Delegation]:
        return (one for one in self._delegated if not one.kinds or kind in listed(one.kinds))

    def _told(self, person: str, role: str, in_place_of: str | None = None) -> dict[str, Any]:
        return {
            "person": person,
            "name": self.name_of(person),
            "role": role,
            "in_place_of": in_place_of,
            "in_place_of_name": None if in_place_of is None else self.name_of(in_place_of),
        }


def _holds(starts: date | None, ends: date | None, today: date) -> bool:
    return (starts is None or starts <= today) and (ends is None or today <= ends)
