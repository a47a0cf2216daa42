"""What a verification has seen: of each log, and of all."""

from dataclasses import dataclass, field

from runtime.audit.findings import Finding


@dataclass
class LogReport:
    """What was seen of one log.

    `held` counts the anchors that it agrees with; from `held_to` on (positions) it rests on its
    chains alone. Findings stand in the order in which they were met.
    """

    log: str
    incarnation: str
    position: int
    events: int = 0
    productions: int = 0
    held: int = 0
    held_to: int = 0
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What was seen of all logs, and of so many anchors, the newest of `newest_us` (µs, UTC)."""

    logs: list[LogReport]
    findings: list[Finding]
    remarks: list[str]
    anchors: int = 0
    newest_us: int = 0

    @property
    def all_findings(self) -> list[Finding]:
        """The anchors' own, then log by log, then what is between logs."""
        return [one for log in self.logs for one in log.findings] + self.findings

    @property
    def all_remarks(self) -> list[str]:
        """What could not be shown, or is worth knowing, log by log."""
        return [one for log in self.logs for one in log.remarks] + self.remarks
