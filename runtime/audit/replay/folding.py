"""Folds one production again and compares it in every read model at once: facts are read once."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from events.envelope import Recorded
from runtime.audit.findings import Finding
from runtime.audit.replay.comparing import differences, differing
from runtime.audit.replay.live import Databases, Live, live
from runtime.audit.replay.plan import Plan
from runtime.audit.replay.remembered import (
    Known,
    Timer,
    as_heard_otherwise,
    fired,
    waiting_ones,
)
from runtime.audit.replay.told import Outcome, Told
from runtime.view import Key, Rows, key_of

PAGE_EVENTS = 2_000

Differing = set[tuple[type[Any], Key]]


class Facts(Protocol):
    """Where a production's facts come from; they may be asked for twice."""

    def of(self, log: str, production: str, until: int) -> AsyncIterator[Sequence[Recorded]]:
        """The production's facts of one log up to a position, in their order, in pages."""
        ...


class LogFacts:
    """Facts as the logs hold them."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    async def of(
        self, log: str, production: str, until: int, after: int = 0
    ) -> AsyncIterator[Sequence[Recorded]]:
        store = await self._databases.store(log)
        while page := await store.of_production(production, after, PAGE_EVENTS, until=until):
            after = page[-1].position
            yield page
            if len(page) < PAGE_EVENTS:
                break


@dataclass
class _Fold:
    """One read model on its way through the facts."""

    live: Live
    rows: Rows = field(default_factory=Rows)
    at: Recorded | None = None
    failed: Exception | None = None

    def take(self, facts: Iterable[Recorded]) -> None:
        if self.failed is not None:
            return
        try:
            self.live.view.fold(self._noted(facts), self.rows)
        except Exception as error:
            self.failed = error

    def _noted(self, facts: Iterable[Recorded]) -> Iterator[Recorded]:
        for one in facts:
            self.at = one
            yield one

    def within(self, log: str, facts: Sequence[Recorded]) -> Sequence[Recorded]:
        """Those of the facts that the live rows hold."""
        until = self.live.until[log]
        if facts[-1].position <= until:
            return facts
        return [one for one in facts if one.position <= until]


async def replay_all(
    plan: Plan, databases: Databases, facts: Facts, tell: Callable[[int], None]
) -> Outcome:
    """Folds the plan's productions and compares them; `tell` hears of so many further facts."""
    outcome = Outcome()
    for part in plan.packed():
        productions = list(part.facts)
        lives = [
            await live(await databases.of(one.name), one, productions, plan.heads)
            for one in plan.folded
        ]
        for production in productions:
            of_it = [one.pop(production) for one in lives]
            outcome.add(await replayed(production, of_it, facts, databases))
            tell(plan.facts[production])
    return outcome


async def replayed(
    production: str, lives: Sequence[Live], facts: Facts, databases: Databases
) -> Outcome:
    """Folds a production into the read models whose live rows are given, and compares them."""
    outcome = Outcome(productions=1)
    folds = [_Fold(live) for live in lives if not live.is_astray]
    for log in dict.fromkeys(log for one in folds for log in one.live.view.logs):
        hearing = [one for one in folds if log in one.live.view.logs]
        until = max(one.live.until[log] for one in hearing)
        async for page in facts.of(log, production, until):
            outcome.facts += len(page)
            for fold in hearing:
                fold.take(fold.within(log, page))
    for fold in folds:
        await _compare(production, fold, facts, databases, outcome)
    return outcome


async def _compare(
    production: str, fold: _Fold, facts: Facts, databases: Databases, outcome: Outcome
) -> None:
    live = fold.live
    for waits in live.parked.values():
        outcome.remarks.append(
            f"{live.schema}: production {production} is parked and was compared up to {waits}"
        )
    if fold.failed is not None:
        outcome.find(_not_folded(production, fold))
        return
    outcome.rows += sum(map(len, live.rows.values()))
    rows = fold.rows if live.model.service is None else waiting_ones(fold.rows)
    which = differing(rows, live.rows)
    if which and live.model.service is not None:
        which -= await _as_good(production, live, which, rows, facts, databases)
    if which:
        changed = await _last_changes(production, live, which, facts)
        outcome.differ(differences(live.model.told, production, which, rows, live.rows, changed))


async def _as_good(
    production: str,
    live: Live,
    which: Differing,
    rows: Rows,
    facts: Facts,
    databases: Databases,
) -> Differing:
    """Those of the rows that are as they may be: timers that have fired, and what is remembered of
    logs that were heard in another order."""
    service = live.model.service
    assert service is not None
    there = {key_of(row) for row in live.rows[Timer]}
    missing = [key for table, key in which if table is Timer and key not in there]
    log = await databases.store(service.name)
    good: Differing = {(Timer, key) for key in await fired(service, production, rows, missing, log)}
    doubtful = {key_of(row): row.value for row in live.rows[Known] if (Known, key_of(row)) in which}
    if doubtful:
        heard: dict[str, list[Recorded]] = {one: [] for one in live.view.logs}
        for one in heard:
            async for page in facts.of(one, production, live.until[one]):
                heard[one] += page
        for known in as_heard_otherwise(live.view, heard):
            good |= {
                (Known, key)
                for key, value in doubtful.items()
                if key[0] in known and known[key[0]] == value
            }
    return good


async def _last_changes(
    production: str, live: Live, which: Differing, facts: Facts
) -> dict[tuple[type[Any], Key], Told]:
    """The fact that last changed each of those rows, found by folding once more."""
    rows, changed = Rows(), {}
    for log in live.view.logs:
        async for page in facts.of(log, production, live.until[log]):
            for change in live.view.trace(page, rows):
                at = (type(change.after), key_of(change.after))
                if at in which:
                    changed[at] = Told.by(change.recorded)
    return changed


def _not_folded(production: str, fold: _Fold) -> Finding:
    at, error = fold.at, fold.failed
    assert at is not None
    return Finding(
        at.log,
        f"{fold.live.schema} cannot fold the {at.type} with this build, and was not compared",
        "a fact that it folds",
        type(error).__name__,
        at.position,
        production,
    )
