"""One log, read from its first event to its last and held against its anchors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from events.envelope import Recorded
from runtime.audit.anchors import Anchors
from runtime.audit.causes import Causes
from runtime.audit.findings import Finding, Standing
from runtime.audit.heads import ChainEnd, Head
from runtime.audit.held import Held
from runtime.audit.report import LogReport
from runtime.audit.walk import Walk

PAGE_EVENTS = 1_000
BEFORE_ALL = -(2**63)
"""Behind this position is every row of a table, also one that no log would have written."""


class Readable(Protocol):
    """A log as its database holds it, read by somebody who believes none of it."""

    log: str

    async def standing(self) -> Standing:
        """The head's row and the table behind it, of one moment."""
        ...

    async def page(self, after: int, limit: int, production: str | None) -> Sequence[Recorded]:
        """Events behind a position, of one production or of all."""
        ...

    async def links(self, after: int, limit: int) -> Sequence[tuple[ChainEnd, int]]:
        """Of every event behind a position only its link, and when it was recorded (µs)."""
        ...


@dataclass
class LogVerifier:
    """One log on its way through."""

    source: Readable
    standing: Standing
    anchors: Anchors
    production: str | None
    causes: Causes
    progress: Callable[[str, int, int], None]

    async def run(self) -> LogReport:
        standing, log = self.standing, self.source.log
        report = LogReport(log, standing.incarnation, standing.position)
        held = Held(log, self._applicable(report))
        walk = Walk(log, len(standing.partitions))
        if self.production is None:
            broken = await self._all(report, walk, held)
        else:
            broken = await self._one(report, walk, held)
        report.productions = len(walk.ends)
        if broken is not None:
            report.findings.append(broken)
            report.remarks.append(f"{log}: nothing behind the first break was looked at")
        else:
            held.finish()
            difference = walk.against(standing) if self.production is None else None
            report.findings += [difference] if difference else []
        if held.finding is not None:
            report.findings.append(held.finding)
        if held.failed > 1:
            report.remarks.append(f"{log}: {held.failed} anchors do not agree with it")
        report.held, report.held_to = held.held, held.held_to
        self._tell_the_tail(report)
        return report

    async def _all(self, report: LogReport, walk: Walk, held: Held) -> Finding | None:
        """Every event, up to where the log ended at first; what comes meanwhile has to wait."""
        after, last = BEFORE_ALL, self.standing.last_position
        while page := _up_to(last, await self.source.page(after, PAGE_EVENTS, None)):
            for recorded in page:
                if found := walk.take(recorded):
                    return found
                report.events += 1
                held.take(walk.ends[recorded.production], recorded.recorded_at_us)
            self.causes.take(page)
            after = page[-1].position
            self.progress(report.log, after, self.standing.position)
        return None

    async def _one(self, report: LogReport, walk: Walk, held: Held) -> Finding | None:
        """One production's chain; of the others what the database says of their links, for an
        anchor is over all of them."""
        after = BEFORE_ALL
        while page := await self.source.page(after, PAGE_EVENTS, self.production):
            for recorded in page:
                if found := walk.take_chain(recorded):
                    return found
                report.events += 1
            after = page[-1].position
        after = BEFORE_ALL
        while links := await self.source.links(after, PAGE_EVENTS * 10):
            for end, recorded_at_us in links:
                if end.position <= self.standing.last_position:
                    held.take(end, recorded_at_us)
            after = links[-1][0].position
            self.progress(report.log, after, self.standing.position)
        return None

    def _applicable(self, report: LogReport) -> list[Head]:
        """Anchors of this history, and of the histories that it goes on from as far as it does."""
        found = self.anchors.of_log(report.log)
        if not found:
            return []
        newest = found[-1][1]
        if newest.incarnation != report.incarnation:
            report.findings.append(
                Finding(
                    report.log,
                    "the log was restored or replaced since its last anchor, and nobody who holds "
                    "the key has said so: `reel audit anchor --restored` does",
                    f"incarnation {newest.incarnation} at {newest.position}",
                    f"incarnation {report.incarnation} at {report.position}",
                    newest.position,
                )
            )
        heads = []
        for earlier in dict.fromkeys(head.incarnation for _, head in found):
            of_it = [head for _, head in found if head.incarnation == earlier]
            shared = self.standing.shared_up_to(earlier)
            heads += [head for head in of_it if shared is not None and head.position <= shared]
            last = of_it[-1].position
            if shared is None:
                report.remarks.append(
                    f"{report.log}: the log was restored or replaced since incarnation {earlier}; "
                    f"its {len(of_it)} anchors, up to position {last}, cannot be held against it"
                )
            elif last > shared:
                report.remarks.append(
                    f"{report.log}: a restore went back to position {shared}; incarnation "
                    f"{earlier} was anchored up to {last}, and what was behind is not in this log"
                )
        return heads

    def _tell_the_tail(self, report: LogReport) -> None:
        first, last = report.held_to + 1, report.position
        if last < first:
            return
        some = f"position {last}" if first == last else f"positions {first} to {last}"
        report.remarks.append(
            f"{report.log}: {some} {'is' if first == last else 'are'} covered by no anchor that "
            "holds: who can write the database could have changed that, and chained it anew"
        )


def _up_to(position: int, page: Sequence[Recorded]) -> Sequence[Recorded]:
    if page and page[-1].position > position:
        return [one for one in page if one.position <= position]
    return page
