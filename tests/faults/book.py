"""The client's book, and what it was shown, held against the logs."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from tests.faults.client import Client, Sample
from tests.faults.truth import Fact, Status, Truth

COST, COMMITTED = "cost to date", "committed"
Sums = dict[tuple[str, str], Decimal]
"""Money by production and what it is."""


@dataclass
class Audit:
    """What an audit found: everything that is not right, in words, and what it counted.

    Each problem begins with the name of the invariant that it breaks.
    """

    problems: list[str] = field(default_factory=list)
    lost: list[float] = field(default_factory=list)
    """When each command was sent that was acknowledged and is not in a log."""
    doubled: int = 0

    @property
    def reordered(self) -> int:
        """How many problems say that something is not in its place or out of order."""
        return sum(problem.startswith("I2") for problem in self.problems)


def hold_book(audit: Audit, client: Client, truth: Truth) -> None:
    """What was acknowledged is in the logs once, as it was said; and nothing else is."""
    logged = {fact["id"]: fact for facts in truth.logs.values() for fact in facts}
    booked = {event["id"] for sent in client.book for event in sent.events}
    for sent in client.book:
        if not sent.status:
            audit.problems.append(f"I6: {sent.path} {sent.key} had no answer")
        for event in sent.events:
            said = {name: event[name] for name in ("type", "stream", "version", "position", "data")}
            fact = logged.get(event["id"])
            if fact is None:
                audit.lost.append(sent.first_sent_at)
                audit.problems.append(f"I1: acknowledged, and not in the log: {said}")
                continue
            kept = {name: fact[name] for name in said}
            if "name" in said["data"]:  # sealed in the log, opened in the answer
                said["data"] = said["data"] | {"name": kept["data"]["name"]}
            if said != kept:
                audit.problems.append(f"I1: acknowledged as {said}, recorded as {kept}")
    productions = {sent.production for sent in client.book}
    for fact in logged.values():
        theirs = fact["production"] in productions and not fact["actor"].startswith(
            ("policy:", "timer:")
        )
        if theirs and fact["id"] not in booked:
            audit.doubled += 1
            audit.problems.append(
                f"I1: recorded, and not acknowledged: {fact['type']} {fact['id']}"
            )


def money_apart(client: Client, truth: Truth) -> list[str]:
    """Three books have the same money: the client's, the log and the read model's rows.

    A fact that several answers tell, as under one key, is one fact.
    """
    productions = {sent.production for sent in client.book}
    told = {
        event["id"]: (sent.production, event["type"], event["data"])
        for sent in client.book
        for event in sent.events
    }
    acknowledged = _sums(told.values())
    logged = _sums(
        (fact["production"], fact["type"], fact["data"]) for fact in truth.logs["budget"]
    )
    shown: Sums = defaultdict(Decimal)
    for (production, _), row in truth.accounts().items():
        shown[production, COST] += row[5]
        shown[production, COMMITTED] += row[4]
    return [
        f"I5: {what} of {production} is {acknowledged[key]} as acknowledged, {logged[key]} in the "
        f"log and {shown[key]} in the read model"
        for production in productions
        for what in (COST, COMMITTED)
        for key in [(production, what)]
        if not acknowledged[key] == logged[key] == shown[key]
    ]


def _sums(events: Iterable[tuple[str, str, dict[str, Any]]]) -> Sums:
    """Postings less reversals; commitments less what relieved and released them."""
    sums: Sums = defaultdict(Decimal)
    for production, kind, data in events:
        match kind:
            case "budget.CostPosted":
                sums[production, COST] += Decimal(data["amount"])
                sums[production, COMMITTED] -= Decimal(data["relieved"])
            case "budget.CostReversed":
                sums[production, COST] -= Decimal(data["amount"])
                sums[production, COMMITTED] += Decimal(data["restored"])
            case "budget.CommitmentRaised":
                sums[production, COMMITTED] += Decimal(data["amount"])
            case "budget.CommitmentClosed":
                sums[production, COMMITTED] -= Decimal(data["released"])
    return sums


def samples_apart(samples: list[Sample], truth: Truth) -> list[str]:
    """Every answer that the read model gave is the fold of the log up to the place it named."""
    found = []
    by_production = facts_by_production(truth)
    in_order = sorted(samples, key=attrgetter("production", "position"))
    for production, of_one in groupby(in_order, attrgetter("production")):
        fold, facts = Status(), deque(by_production.get(production, []))
        for sample in of_one:
            while facts and facts[0]["position"] <= sample.position:
                fact = facts.popleft()
                fold.take(fact["type"], fact["data"])
            found += _sample_apart(sample, fold)
    return found


def _sample_apart(sample: Sample, fold: Status) -> Iterator[str]:
    folded = {
        account: [f"{row[index]:.2f}" for index in (1, 2, 3, 4, 5)]
        for account, row in fold.account_rows()
    }
    names = ("working", "original", "approved", "committed", "cost_to_date")
    shown = {row["key"]: [row[name] for name in names] for row in sample.rows}
    for key in shown | folded:
        if shown.get(key) != folded.get(key):
            yield (
                f"I7: budget-status of {sample.production} at {sample.position} showed {key} "
                f"as {shown.get(key)}, the fold has {folded.get(key)}"
            )


def facts_by_production(truth: Truth) -> dict[str, list[Fact]]:
    """The facts of the budget log, in order."""
    by_production: dict[str, list[Fact]] = {}
    for fact in truth.logs["budget"]:
        by_production.setdefault(fact["production"], []).append(fact)
    return by_production
