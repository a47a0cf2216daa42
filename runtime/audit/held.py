"""Holds a log, as it is read, against what anchors say it held before."""

from collections.abc import Iterable
from uuid import UUID

from runtime.audit.findings import Finding
from runtime.audit.heads import ChainEnd, Head
from runtime.audit.merkle import leaf, root


class Held:
    """Takes the last links of a log's chains position by position, and compares at every anchor.

    After `finish`, `finding` is the first anchor that the log does not agree with, `failed` counts
    such anchors, and `held_to` is the last position before the first of them that an anchor covers.
    """

    def __init__(self, log: str, anchored: Iterable[Head]) -> None:
        self._log = log
        self._due = sorted(anchored, key=lambda head: head.position, reverse=True)
        self._leaves: dict[bytes, bytes] = {}
        self._moved: dict[str, ChainEnd] = {}
        self._time_us = 0
        self._position = 0
        self._root: str | None = None
        self.finding: Finding | None = None
        self.failed = 0
        self.held = 0
        self.held_to = 0
        self._compare()

    def take(self, end: ChainEnd, recorded_at_us: int) -> None:
        """The next event of the log: where its production's chain ends now."""
        self._moved[end.production] = end
        self._position, self._time_us, self._root = end.position, recorded_at_us, None
        if self._due and self._due[-1].position <= end.position:
            self._compare()

    def finish(self) -> None:
        """The log ends here: anchors of what was behind it have nothing to agree with."""
        while self._due:
            head = self._due.pop()
            self._fails(
                head,
                "the log ends before an anchored position: what was behind is cut off",
                f"{head.position} events at least",
                f"{self._position} events",
            )

    def _compare(self) -> None:
        while self._due and self._due[-1].position <= self._position:
            head = self._due.pop()
            present = self._present(head.incarnation)
            if present == head:
                self.held += 1
                self.held_to = self.held_to if self.failed else head.position
            elif present.root != head.root:
                between = f"between {self.held_to + 1} and {head.position}"
                what = (
                    f"the events are not those that were anchored: something {between} is changed"
                )
                self._fails(head, what, f"the root {head.root}", f"the root {present.root}")
            else:
                self._fails(head, "an anchor says otherwise", str(head), str(present))

    def _present(self, incarnation: str) -> Head:
        if self._root is None:
            for end in self._moved.values():
                link = leaf(end.production, end.position, end.hash)
                self._leaves[UUID(end.production).bytes] = link
            self._moved.clear()
            self._root = root([self._leaves[one] for one in sorted(self._leaves)]).hex()
        size = len(self._leaves)
        return Head(self._log, incarnation, self._position, self._time_us, size, self._root)

    def _fails(self, head: Head, what: str, expected: str, found: str) -> None:
        self.failed += 1
        if self.finding is None:
            self.finding = Finding(self._log, what, expected, found, head.position)
