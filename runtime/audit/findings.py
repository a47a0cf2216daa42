"""What a verification has to say of a log."""

from dataclasses import dataclass

ANCHORS = "anchors"
"""Stands for a log's name where what is wrong is of no log, but of the anchors themselves."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be: where, what was expected there, and what was found.

    `position` is that of the first event that is not what it was, or of the anchor that the log no
    longer agrees with; none where it is of no single one.
    """

    log: str
    what: str
    expected: str
    found: str
    position: int | None = None
    production: str | None = None

    def __str__(self) -> str:
        where = self.log if self.position is None else f"{self.log} {self.position}"
        of = f" (production {self.production})" if self.production else ""
        return f"{where}{of}: {self.what}. Expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Incarnation:
    """One history that a log has had: whose facts it goes on from, and up to which position."""

    id: str
    parent: str | None
    branched_at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A log as its database tells it at one moment: the head's row, and the table behind it.

    `events` counts rows; `last_position` is the highest of them, 0 without any.
    """

    incarnation: str
    position: int
    time_us: int
    partitions: tuple[int, ...]
    events: int
    last_position: int
    incarnations: tuple[Incarnation, ...] = ()

    def shared_up_to(self, incarnation: str) -> int | None:
        """The last position up to which facts of that earlier history are facts of this log; None
        where the log does not tell of it."""
        known = {one.id: one for one in self.incarnations}
        at, shared = self.incarnation, 2**63 - 1
        while at != incarnation:
            one = known.pop(at, None)
            if one is None or one.parent is None:
                return None
            at, shared = one.parent, min(shared, one.branched_at)
        return shared
