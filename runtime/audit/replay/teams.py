"""The team and title rows that every read model keeps beside its own, folded in memory.

Written from what the facts mean, apart from `runtime.people.team.fold_team`, whose SQL it checks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from events.approval import AppointmentEnded, PersonAppointed, ProductionOpened
from events.envelope import Recorded
from runtime.changing import changed
from runtime.view import Row, Rows, View


@dataclass(frozen=True)
class Opened:
    """What the production was opened as."""

    TABLE: ClassVar[str] = "production"
    KEY: ClassVar[tuple[str, ...]] = ()

    title: str
    kind: str
    currency: str
    time_zone: str


@dataclass(frozen=True)
class Appointed:
    """One role of one person, from and until when."""

    TABLE: ClassVar[str] = "team"
    KEY: ClassVar[tuple[str, ...]] = ("person", "role")

    person: str
    role: str
    starts: date | None
    ends: date | None


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact changes; only the approval log's are read at all."""
    if not recorded.type.startswith("approval."):
        return
    match recorded.event:
        case ProductionOpened() as opened:
            before = rows.get(Opened) or Opened(
                opened.title, opened.kind, opened.currency, opened.time_zone
            )
            yield changed(before, title=opened.title)
        case PersonAppointed() as fact:
            yield Appointed(fact.person, fact.role, fact.starts, fact.ends)
        case AppointmentEnded() as ended:
            if before_it := rows.get(Appointed, ended.person, ended.role):
                yield changed(before_it, ends=ended.ends)
        case _:
            pass


def with_teams(view: View) -> View:
    """The view with those rows among its own, as its schema has them."""

    def both(rows: Rows, recorded: Recorded) -> Iterable[Row]:
        yield from view.evolve(rows, recorded)
        yield from evolve(rows, recorded)

    return replace(view, tables=(*view.tables, Opened, Appointed), evolve=both)
