"""Facts as their logs hold them, and orders in which a reader may hear them."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from events.envelope import Recorded
from events.event import Event
from events.names import id_of
from tests.services.given import recorded


def log_of(event: Event) -> str:
    """The log is named in the fact's own."""
    return event.wire()[0].partition(".")[0]


def told(*events: Event) -> list[Recorded]:
    """The facts in that order, each in its log; a fact told twice is two facts."""
    return [
        replace(recorded(event, log_of(event)), id=id_of("fact", str(n)), position=n)
        for n, event in enumerate(events, 1)
    ]


def by_log(facts: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    """Each log's facts in their order."""
    logs: dict[str, list[Recorded]] = {}
    for fact in facts:
        logs.setdefault(fact.log, []).append(fact)
    return logs


def interleaved(logs: Mapping[str, Sequence[Recorded]], chance: random.Random) -> list[Recorded]:
    """One order of all facts in which each log keeps its own."""
    left = {log: list(facts) for log, facts in logs.items() if facts}
    order = []
    while left:
        log = chance.choice(sorted(left))
        order.append(left[log].pop(0))
        if not left[log]:
            del left[log]
    return order
