"""The whole replay: plan, parts, and what came of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from runtime.audit.replay.folding import LogFacts, replay_all
from runtime.audit.replay.jobs import EVENTS_WORTH_A_JOB, Part, done
from runtime.audit.replay.live import opened
from runtime.audit.replay.plan import Plan, planned
from runtime.audit.replay.told import Outcome
from runtime.audit.replay.topics import Sent, TopicsPart, sent
from runtime.log.contract import PARTITIONS
from runtime.log.partition import partition_of
from runtime.settings import Settings


class Source(StrEnum):
    """Where facts are read from."""

    LOG = "log"
    KAFKA = "kafka"


@dataclass
class Replayed:
    """Which read models and services were replayed, from where, in how many seconds, and what came
    of it."""

    source: Source
    models: Sequence[str]
    outcome: Outcome = field(default_factory=Outcome)
    seconds: float = 0.0


@dataclass(frozen=True)
class LogPart:
    """Some productions, from the logs."""

    plan: Plan

    async def run(self, settings: Settings, tell: Callable[[int], None]) -> Outcome:
        """Folds and compares them."""
        async with opened(settings) as databases:
            return await replay_all(self.plan, databases, LogFacts(databases), tell)


async def replay(
    settings: Settings,
    source: Source,
    models: Sequence[str],
    production: str | None,
    jobs: int,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """Folds again what read models show and services remember, and compares every row; `tell`
    hears how many facts of how many are done.

    Raises:
        LookupError: nobody knows the production; no Kafka is named.
        JobKilled: a process that folded was killed.
        KafkaError: Kafka is not there, or not all of a topic's partitions are.
    """
    began = time.monotonic()
    found = Replayed(source, models)
    async with opened(settings) as databases:
        # Before the places: what Kafka had confirmed by then must be on the topics.
        confirmed = await sent(settings, databases, models) if source is Source.KAFKA else None
        plan = await planned(databases, models, production, found.outcome)
    parts: Sequence[Part]
    if confirmed is None:
        parts = [LogPart(one) for one in plan.packed()]
    else:
        parts = _partitions(plan, confirmed, production)
    total = sum(plan.facts.values())
    jobs = max(1, min(jobs, len(parts), 1 + total // EVENTS_WORTH_A_JOB))
    tell(0, total)
    found.outcome.add(await done(parts, settings, jobs, lambda facts: tell(facts, total)))
    found.seconds = time.monotonic() - began
    return found


def _partitions(plan: Plan, confirmed: Sent, production: str | None) -> list[TopicsPart]:
    """Every partition, since each of them may hold what is no log's."""
    productions: dict[int, list[str]] = {n: [] for n in range(PARTITIONS)}
    for one in plan.facts:
        productions[partition_of(one, PARTITIONS)].append(one)
    return [
        TopicsPart(plan.of(own), at, confirmed, production)
        for at, own in productions.items()
        if own or production is None
    ]
