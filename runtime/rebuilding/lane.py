"""A lane: some partitions of one log, folded in memory, and written a great many events at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from events.envelope import Recorded
from runtime.garbage import let_go
from runtime.log.contract import Heads
from runtime.people.team import TEAM_LOG, fold_team
from runtime.points import point
from runtime.reading.place import NO_OFFSET, Place, Places
from runtime.reading.tables import Changed, OfProductions, Tables, of_productions
from runtime.reading.trouble import Divergence
from runtime.reading.views import fold_into
from runtime.view import Row, Rows

WRITTEN_EVENTS = 600_000
"""In one transaction: fewer of them write the same rows less often. What is killed loses no more
than these, some twenty seconds of work."""
WRITTEN_ROWS = 200_000
"""Or of so many rows that have to be remembered for it."""
PRODUCTIONS_HELD = 4_096


@dataclass(frozen=True)
class Lane:
    """Some partitions of one log, which one task fills in the order of positions."""

    log: str
    partitions: tuple[int, ...]


def lanes_of(heads: Mapping[str, Heads], jobs: int) -> list[list[Lane]]:
    """One list of lanes for each job: every log, cut into as many lanes as there are jobs."""
    return [
        [
            Lane(log, partitions)
            for log, head in sorted(heads.items())
            if (partitions := tuple(range(job, len(head.partitions), jobs)))
        ]
        for job in range(jobs)
    ]


class Folding:
    """What a lane has folded and not written yet, and where in its partitions that ends.

    Rows are read without a lock: if anybody else has moved a place since, the transaction that
    writes finds it moved, and all of it is forgotten.
    """

    def __init__(self, tables: Tables, at: Places, places: Mapping[int, Place]) -> None:
        self.places = dict(places)
        self._tables = tables
        self._at = at
        self._from = dict(places)
        self._held: dict[str, Rows] = {}
        self._changed: Changed = {}
        self._team: list[Recorded] = []
        self._events = 0
        # From the very beginning, there are no rows but those that are held.
        self._nothing_written = _is_beginning(places)

    @property
    def is_full(self) -> bool:
        """Whether it should be written before more is folded."""
        rows = sum(len(of_table) for of_table in self._changed.values())
        return self._events >= WRITTEN_EVENTS or rows >= WRITTEN_ROWS

    async def take(self, pool: Any, page: list[Recorded]) -> None:
        """Folds what of a page is not folded yet: partitions of a lane may stand at different
        positions, where a fill was stopped or somebody else moved one.

        Empties the page.

        Raises:
            Divergence: a partition's first fact does not follow its place.
        """
        places = self.places
        if any(place.position >= page[0].position for place in places.values()):
            page[:] = [one for one in page if one.position > places[one.partition].position]
        if not page:
            return
        moved = _after(page, places)
        self._events += len(page)
        if any(place.parked for place in places.values()):
            # What is parked waits behind its place, and is folded when it is tried again.
            page[:] = [one for one in page if one.production not in places[one.partition].parked]
        missing = {one.production for one in page} - self._held.keys()
        if self._nothing_written:
            self._held |= {one: Rows() for one in missing}
        elif missing:
            read_back = self._tables.view.read_back
            self._held |= await self._tables.load(pool, list(missing), read_back)
        if page and page[0].log == TEAM_LOG:
            self._team += page
        tell_held = not _is_beginning(self._from)
        fold_into(self._held, self._tables.view, let_go(page), self._changed, tell_held=tell_held)
        self.places |= moved

    async def write(self, pool: Any) -> None:
        """Rows and places, in one transaction.

        Raises:
            PlaceMoved: somebody else has moved a place; nothing is written.
        """
        if not self._events:
            return
        async with pool.acquire() as connection, connection.transaction():
            for at, place in sorted(self._from.items()):
                if not place.is_at(self.places[at]):
                    await self._at.move(connection, place, self.places[at])
            if _is_beginning(self._from):
                # Each log writes rows of its own, so that no other lane has written one of these.
                await self._tables.add_all(connection, self._all())
            else:
                await self._tables.save_all(connection, self._changed)
            await fold_team(connection, self._tables.schema, self._team)
            point("before-fill-commit")
        point("after-fill")
        self._from = dict(self.places)
        self._changed, self._team, self._events = {}, [], 0
        if len(self._held) > PRODUCTIONS_HELD:
            self._held, self._nothing_written = {}, False

    def _all(self) -> dict[type[Row], OfProductions]:
        rows = of_productions(self._changed)
        for table in self._tables.view.read_back:
            rows[table] = [
                (one, row) for one, held in self._held.items() for row in held.all(table)
            ]
        return rows


def _is_beginning(places: Mapping[int, Place]) -> bool:
    return all(place.position == 0 for place in places.values())


def _after(events: Sequence[Recorded], places: Mapping[int, Place]) -> dict[int, Place]:
    firsts = {one.partition: one for one in reversed(events)}
    lasts = {one.partition: one for one in events}
    moved = {}
    for at, first in firsts.items():
        place, last = places[at], lasts[at]
        if first.previous != place.position:
            raise Divergence(
                f"{place.log}/{at} has {first.position} behind {first.previous}, and the place is "
                f"at {place.position}: `reel rewind` lets this version begin again"
            )
        moved[at] = replace(place, position=last.position, hash=last.hash, offset=NO_OFFSET)
    return moved
