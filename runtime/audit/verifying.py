"""Verifies logs: each by itself, causes between them, and logs that are gone."""

from collections.abc import Callable, Sequence

from runtime.audit.anchors import Anchors
from runtime.audit.causes import Causes
from runtime.audit.findings import Finding
from runtime.audit.heads import Statement
from runtime.audit.one_log import PAGE_EVENTS, LogVerifier, Readable
from runtime.audit.report import Report


async def verify(
    logs: Sequence[Readable],
    anchors: Anchors,
    production: str | None = None,
    progress: Callable[[str, int, int], None] = lambda log, done, total: None,
) -> Report:
    """Reads all of `logs` in pages, or of one production its chains, and says what is wrong.

    `progress` hears of a log how many positions out of how many were read.
    """
    findings, remarks = list(anchors.findings), list(anchors.remarks)
    gone = _gone(anchors.statements, {log.log for log in logs})
    findings += gone
    reports = []
    with Causes() as causes:
        standings = [await log.standing() for log in logs]
        for log, standing in zip(logs, standings, strict=True):
            verifier = LogVerifier(log, standing, anchors, production, causes, progress)
            reports.append(await verifier.run())
        if production is None and not (gone or any(report.findings for report in reports)):
            # An effect may be there of a cause that came when its log had been told its end.
            for log, standing in zip(logs, standings, strict=True):
                await _take_the_rest(log, standing.last_position, causes)
            restored = any(len(standing.incarnations) > 1 for standing in standings)
            findings += causes.findings(restored=restored)
    newest_us = anchors.statements[-1].at_us if anchors.statements else 0
    return Report(reports, findings, remarks, len(anchors.statements), newest_us)


async def _take_the_rest(log: Readable, after: int, causes: Causes) -> None:
    while page := await log.page(after, PAGE_EVENTS, None):
        causes.take(page, effects=False)
        after = page[-1].position


def _gone(statements: Sequence[Statement], logs: set[str]) -> list[Finding]:
    """Logs that were anchored and are not here at all."""
    anchored = {head.log: head for statement in statements for head in statement.heads}
    return [
        Finding(log, "a log that was anchored is not here", f"{head.position} events", "no log")
        for log, head in sorted(anchored.items())
        if log not in logs
    ]
