"""What a replay has to say: rows that are not what the log makes of them, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from events.envelope import Recorded
from runtime.audit.findings import Finding

KEPT_MAX = 1_000
"""So many of each kind are kept; all are counted."""


@dataclass(frozen=True, slots=True)
class Told:
    """The fact that last changed a row in the fold."""

    log: str
    position: int
    type: str
    id: str
    actor: str
    recorded_at: str

    @classmethod
    def by(cls, recorded: Recorded) -> "Told":
        """What is told of a fact."""
        return cls(
            recorded.log,
            recorded.position,
            recorded.type,
            recorded.id,
            recorded.actor,
            recorded.recorded_at.isoformat(),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """One column in which a live row is not what the fold makes of it.

    Without a `column` it is the row as a whole: one that is missing has nothing `found`, one that
    is too much nothing `expected`. Without an `event` no fact explains the row.
    """

    projection: str
    production: str
    table: str
    key: str
    column: str | None
    expected: str | None
    found: str | None
    event: Told | None = None


@dataclass
class Outcome:
    """What came of some productions, or of all: how much was looked at, and what is wrong.

    `facts` were read, each once however many read models hear it. Not everything wrong is a row:
    `findings` are places and records of Kafka that are not the log's, and facts that cannot be
    folded. `remarks` are no fault.
    """

    productions: int = 0
    facts: int = 0
    rows: int = 0
    differing: int = 0
    found: int = 0
    differences: list[Difference] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything is what the fold makes of it."""
        return not (self.differing or self.found)

    def differ(self, differences: Sequence[Difference]) -> None:
        """Counts differences, and keeps the first of them."""
        self.differing += len(differences)
        self.differences += differences[: max(0, KEPT_MAX - len(self.differences))]

    def find(self, *findings: Finding) -> None:
        """Counts what is wrong and no row, and keeps the first of it."""
        self.found += len(findings)
        self.findings += findings[: max(0, KEPT_MAX - len(self.findings))]

    def add(self, other: "Outcome") -> None:
        """Takes in what came of other productions."""
        self.productions += other.productions
        self.facts += other.facts
        self.rows += other.rows
        self.differ(other.differences)
        self.differing += other.differing - len(other.differences)
        self.find(*other.findings)
        self.found += other.found - len(other.findings)
        self.remarks += other.remarks
