"""What callers were told, and what must be true because of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from events.budget import CommitmentClosed, CommitmentRaised, CostPosted
from events.envelope import Recorded, verified
from runtime.handling import Handled
from runtime.log.memory import MemoryStore
from runtime.view import Rows, View
from tests.simulation.broker import Broker
from tests.simulation.database import Database
from tests.simulation.machines import LEDGER, YARD_SCHEMA
from tests.simulation.rooms import DESK, LOGS, MOST, YARD, Heard


class Broken(AssertionError):
    """A promise is broken."""


def held(holds: bool, promise: str, found: Any = "") -> None:
    """Raises `Broken` unless the promise holds."""
    if not holds:
        raise Broken(f"{promise}: {found}" if found != "" else promise)


Told = tuple[tuple[Recorded, ...], str | None]


def told(handled: Handled) -> Told:
    """What an answer says, whether it is the first one or comes again."""
    refusal = handled.refusal
    return handled.recorded, refusal["code"] if refusal else None


@dataclass
class Book:
    """The callers' own book."""

    answers: dict[str, Told] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    def is_told(self, key: str, handled: Handled) -> None:
        """A key has one answer, however often it is asked."""
        answer = told(handled)
        before = self.answers.setdefault(key, answer)
        held(answer == before, "a key that comes again has its first answer", (before, answer))


@dataclass
class Promises:
    """What must hold at every commit, and what at the end."""

    logs: dict[str, MemoryStore]
    database: Database
    broker: Broker
    view: View
    book: Book

    # --- at every commit -----------------------------------------------------------------------

    def at_commit(self, schemas: set[str]) -> None:
        """Checks what a commit has changed."""
        if LEDGER in schemas:
            self._ledger_is_behind_nothing()
        if YARD_SCHEMA in schemas:
            self._yard_is_behind_nothing()
        for log in schemas.intersection(LOGS):
            self._cursor_is_confirmed(log)

    def passed(self, schema: str) -> dict[tuple[str, str], tuple[int, ...]]:
        """By production and log, the facts that a consumer's places have passed, but for those of
        productions that are parked."""
        tables = self.database.tables
        parked = tables.get((schema, "parked"), {})
        passed: dict[tuple[str, str], list[int]] = defaultdict(list)
        for (log, partition), place in tables.get((schema, "place"), {}).items():
            for fact in self.logs[log].events[: place.position]:
                if fact.partition == partition:
                    row = parked.get((log, partition, fact.production))
                    if row is None or fact.position < row.position:
                        passed[fact.production, log].append(fact.position)
        return {key: tuple(facts) for key, facts in passed.items()}

    def _ledger_is_behind_nothing(self) -> None:
        rows = self.database.tables.get((LEDGER, "trail"), {})
        folded = {(of, row.log): row.positions for (of, _), row in rows.items()}
        passed = self.passed(LEDGER)
        held(folded == passed, "rows hold what the places have passed", (folded, passed))

    def _yard_is_behind_nothing(self) -> None:
        known: dict[tuple[str, str], tuple[int, ...]] = {}
        for production, body in self.database.tables.get((YARD_SCHEMA, "known"), {}).items():
            facts = sorted(Heard.model_validate_json(body).facts, key=lambda one: one[0])
            for log, heard in groupby(facts, key=lambda one: one[0]):
                known[production, log] = tuple(position for _, position in heard)
        passed = self.passed(YARD_SCHEMA)
        held(known == passed, "a room knows what its places have passed", (known, passed))
        answered = {one.causation for one in self.logs[YARD].events}
        for (production, log), facts in passed.items():
            for position in facts if log == DESK else ():
                fact = self.logs[DESK].events[position - 1]
                if isinstance(fact.event, CommitmentRaised):
                    held(fact.id in answered, "a place moves behind the answers", (production, log))

    def _cursor_is_confirmed(self, log: str) -> None:
        _, _, cursor = self.database.tables[log, "relay"][()]
        for fact in self.logs[log].events[: cursor.position]:
            where = log, fact.partition
            held(
                fact.position in self.broker.lost[where]
                or any(one.position == fact.position for one in self.broker.kept[where]),
                "the cursor passes nothing that the broker has not taken",
                (log, cursor.position, fact.position),
            )

    # --- at the end ------------------------------------------------------------------------------

    def at_the_end(self, *, broker_lost: bool) -> None:
        """Checks everything, once all that was held up has gone on."""
        for log in LOGS:
            self._log_is_sound(self.logs[log])
            self._topic_is_whole(log, in_order=not broker_lost)
        self._acknowledged_once()
        self._nothing_was_decided_from_an_old_state()
        self._answered_once()
        self._is_the_fold()

    def _log_is_sound(self, store: MemoryStore) -> None:
        facts = store.events
        numbers = list(range(1, len(facts) + 1))
        held([one.position for one in facts] == numbers, "positions are 1, 2, 3 …")
        times = [one.recorded_at_us for one in facts]
        held(times == sorted(set(times)), "times rise with positions")
        for stream in _grouped(facts, "stream").values():
            versions = [one.version for one in stream]
            held(versions == list(range(1, len(stream) + 1)), "versions are 1, 2, 3 …", versions)
        for chain in _grouped(facts, "production").values():
            verified(chain)
        for commands in _grouped(facts, "command_id").values():
            ordinals = [one.ordinal for one in commands]
            held(ordinals == list(range(len(ordinals))), "a command records once", commands[0])
        by_id = {one.id: one for of in LOGS for one in self.logs[of].events}
        for one in facts:
            cause = by_id.get(one.causation or "")
            held(
                cause is None or cause.recorded_at_us < one.recorded_at_us,
                "a cause is earlier than its effect",
                one,
            )

    def _topic_is_whole(self, log: str, *, in_order: bool) -> None:
        for (topic, partition), records in self.broker.kept.items():
            if topic != log or (topic, partition) in self.broker.unprovable:
                continue
            there = list(dict.fromkeys(one.position for one in records))
            wanted = [one.position for one in self.logs[log].events if one.partition == partition]
            held(set(there) == set(wanted), "everything is on the topic", (there, wanted))
            if in_order:
                held(there == wanted, "what is new on the topic is in order", (there, wanted))

    def _acknowledged_once(self) -> None:
        by_command = _grouped(self.logs[DESK].events, "command_id")
        for key, (recorded, _) in self.book.answers.items():
            there = tuple(by_command.get(key, ()))
            held(there == recorded, "what was acknowledged is there, once", (recorded, there))
        strangers = by_command.keys() - self.book.given
        held(not strangers, "nothing is there that nobody gave", strangers)

    def _nothing_was_decided_from_an_old_state(self) -> None:
        for stream, facts in _grouped(self.logs[DESK].events, "stream").items():
            total = sum(one.event.amount for one in facts if isinstance(one.event, CostPosted))
            held(total <= MOST, "costs stay below their limit", (stream, total))

    def _answered_once(self) -> None:
        asked = [one.id for one in self.logs[DESK].events if one.type.endswith("CommitmentRaised")]
        answers = [
            one.causation
            for one in self.logs[YARD].events
            if isinstance(one.event, CommitmentClosed)
        ]
        held(sorted(asked) == sorted(map(str, answers)), "each hire is answered once", answers)

    def _is_the_fold(self) -> None:
        facts = [one for log in LOGS for one in self.logs[log].events]
        for production, own in _grouped(facts, "production").items():
            found = [
                row
                for (of, _), row in self.database.tables[LEDGER, "trail"].items()
                if of == production
            ]
            held(Rows.of(found) == self.view.fold(own), "rows are the fold of the log", found)


def _grouped(facts: Sequence[Recorded], name: str) -> dict[str, list[Recorded]]:
    found: dict[str, list[Recorded]] = defaultdict(list)
    for one in facts:
        found[getattr(one, name)].append(one)
    return found
