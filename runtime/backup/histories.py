"""What a log shares with the histories that came before a restore of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Begun:
    """A history: since when, whose facts it goes on from, and up to which position."""

    since_us: int
    parent: str | None
    branched_at: int


@dataclass(frozen=True)
class History:
    """A log as it stands: its present incarnation, and all that it has had."""

    log: str
    incarnation: str
    position: int
    begun: Mapping[str, Begun]

    def shared_with(self, other: str) -> int | None:
        """The last position that this history shares with that one; None where nothing is known
        of it."""
        ours, theirs = self._way_back(self.incarnation), self._way_back(other)
        meeting = [one for one in ours if one in theirs]
        return min(ours[meeting[0]], theirs[meeting[0]]) if meeting else None

    def _way_back(self, of: str) -> dict[str, int]:
        """Every ancestor of a history, the nearest first, with the last position shared."""
        found, at, shared = {of: 2**62}, of, 2**62
        while (begun := self.begun.get(at)) is not None and begun.parent is not None:
            shared = min(shared, begun.branched_at)
            if begun.parent in found:
                break
            found[begun.parent] = shared
            at = begun.parent
        return found


async def history_of(connection: Any, log: str) -> History:
    """What the log itself tells."""
    head = await connection.fetchrow(f"SELECT incarnation::text, position FROM {log}.head")
    rows = await connection.fetch(
        f"SELECT incarnation::text, since, parent::text, branched_at FROM {log}.incarnation"
    )
    return History(log, head[0], head[1], {row[0]: Begun(*row[1:]) for row in rows})
