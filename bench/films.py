"""A log of many films: the sample film's own plan and costs, decided once and told of each."""

import csv
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from events.approval import PersonAppointed, ProductionOpened, Role
from events.budget import BudgetSubmitted
from events.event import Event
from runtime.decider import Command, Context
from runtime.log.contract import Append, NewEvent, Outcome, Store
from runtime.rooms import services
from services.budget.commands import DraftBudget, LockBudget, RecordCosts, SubmitBudget
from services.budget.policies import Known

SAMPLE = Path(__file__).parents[1] / "samples" / "the-last-lighthouse"
AT = datetime(2026, 10, 30, 12, 0, tzinfo=UTC)
AT_US = int(AT.timestamp()) * 1_000_000
COSTS_TIMES = 10
"""The sample keeps a tenth of the ledger that a film of its size has; it is told so often."""
REFERENCES = ("commitment", "posting", "estimate", "reversal")
MARK = "00000000-0000-4000-8000-000000000000"
"""Stands in the facts of the one film for the production, wherever they name it."""

Facts = Mapping[str, Sequence[Event]]
"""Facts by stream, `{}` in its name standing for the production."""


def one_film(costs_times: int = COSTS_TIMES) -> dict[str, Facts]:
    """The facts of the sample film about its team and its money, by log and stream."""
    about = json.loads((SAMPLE / "production.json").read_text())
    opened = ProductionOpened(
        title=about["title"],
        kind=about["kind"],
        currency=about["currency"],
        time_zone=about["time_zone"],
    )
    team = [
        PersonAppointed(person=f"person-{n}", role=Role(row["role"]), starts=None, ends=None)
        for n, row in enumerate(csv.DictReader((SAMPLE / "team.csv").read_text().splitlines()))
    ]
    return {
        "approval": {"production-{}": [opened, *team]},
        "budget": _money(costs_times),
    }


def _money(costs_times: int) -> Facts:
    room = services()["budget"]
    folded: dict[str, Any] = {}
    told: dict[str, list[Event]] = {}

    def give(command: Command) -> None:
        decider = room.decider_of(type(command))
        stream = f"{decider.kind}-{{}}"
        state = folded.get(stream, decider.initial)
        context = Context(
            production=MARK,
            actor="person-0",
            principal="person-0",
            at=AT,
            roles=frozenset(Role),
            known=Known(currency="USD", title="The Last Lighthouse"),
        )
        events = decider.decide(state, command, context)
        told.setdefault(stream, []).extend(events)
        folded[stream] = decider.fold(events, state)

    def file_of(what: str) -> Command:
        return room.imports[what].read((SAMPLE / f"{what}.csv").read_text())

    give(DraftBudget.model_validate(room.examples[DraftBudget]))
    give(file_of("budget"))
    give(SubmitBudget())
    (submitted,) = (
        event for events in told.values() for event in events if isinstance(event, BudgetSubmitted)
    )
    give(
        LockBudget(
            version=submitted.version,
            content_hash=submitted.content_hash,
            request=str(uuid.uuid4()),
        )
    )
    costs = file_of("costs")
    assert isinstance(costs, RecordCosts)
    for time in range(costs_times):
        give(_numbered(costs, time))
    return told


def _numbered(costs: RecordCosts, time: int) -> RecordCosts:
    """The same costs under references of their own."""

    def own(entry: dict[str, Any]) -> dict[str, Any]:
        return {
            name: f"{value}-{time}" if name in REFERENCES and value is not None else value
            for name, value in entry.items()
        }

    return RecordCosts.model_validate(
        {"entries": [own(entry.model_dump(mode="json")) for entry in costs.entries]}
    )


CHUNK_EVENTS = 10
"""What a command records at once: films take turns in the log, as they do in life."""


class Films:
    """As many films as it takes to have so many facts of money, with ids of their own."""

    def __init__(self, events: int, film: dict[str, Facts] | None = None) -> None:
        film = one_film() if film is None else film
        of_money = sum(len(facts) for facts in film["budget"].values())
        self.productions = [str(uuid.uuid4()) for _ in range(-(-events // of_money))]
        self._film = film

    async def record(self, log: str, store: Store) -> int:
        """Appends the facts of one log, the films taking turns; answers how many."""
        recorded = 0
        for batch in self._batches(self._film[log]):
            for answer in await store.append(batch):
                assert answer.outcome is Outcome.RECORDED, answer
                recorded += len(answer.hashes)
        return recorded

    def _batches(self, facts: Facts) -> Iterator[list[Append]]:
        wired = {
            stream: [(*event.wire(), event.encode()) for event in events]
            for stream, events in facts.items()
        }
        for stream, events in wired.items():
            for first in range(0, len(events), CHUNK_EVENTS):
                chunk = events[first : first + CHUNK_EVENTS]
                for start in range(0, len(self.productions), 100):
                    yield [
                        _append(production, stream.format(production), first, chunk)
                        for production in self.productions[start : start + 100]
                    ]


def _append(
    production: str, stream: str, expected: int, facts: Sequence[tuple[str, int, str]]
) -> Append:
    command_id = str(uuid.uuid4())
    return Append(
        command_id=command_id,
        fingerprint=uuid.UUID(command_id).bytes,
        production=production,
        stream=stream,
        expected=expected,
        actor="person-0",
        correlation=command_id,
        events=tuple(NewEvent(str(uuid.uuid4()), *fact, AT_US) for fact in facts),
    )
