"""One partition of a topic, held against the log: what it lacks, and what the log does not have."""

from dataclasses import dataclass, field

from aiokafka.structs import ConsumerRecord

from events.envelope import GENESIS, Recorded, from_cloud_event
from runtime.audit.findings import Finding
from runtime.audit.replay.told import Outcome
from runtime.log.contract import Store

PAGE_EVENTS = 2_000
NOT_THERE = "none"


@dataclass
class TopicCheck:
    """Records in the order of their offsets, then the log's facts in the order of positions.

    What was `confirmed` must be there; what the log has beyond may not have been sent yet, and is
    taken from it. `kept` has every fact as the topic told it first.
    """

    log: str
    incarnation: str
    confirmed: int
    only: str | None
    outcome: Outcome
    kept: dict[int, Recorded] = field(default_factory=dict)
    read_until: int = 0
    _last: int = 0
    _repeats: int = 0
    _of_another_history: int = 0
    _not_sent: int = 0

    def take(self, record: ConsumerRecord) -> None:
        """The next record of the topic."""
        try:
            incarnation, fact = from_cloud_event(
                dict(record.headers), record.value, record.partition
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            where = f"partition {record.partition}, offset {record.offset} of its topic"
            self._find(
                f"a record that is no fact stands in {where}", "a fact", type(error).__name__
            )
            return
        if incarnation != self.incarnation:
            self._of_another_history += 1
            return
        if self.only not in (None, fact.production):
            return
        first = self.kept.get(fact.position)
        if first is not None:
            self._repeats += 1
            if first != fact:
                self._find("Kafka tells it twice, and not alike", *_apart(first, fact), fact)
            return
        if fact.position < self._last:
            what = f"Kafka tells it behind position {self._last}"
            self._find(what, "the order of the log", f"offset {record.offset}", fact)
        self._last = max(self._last, fact.position)
        self.kept[fact.position] = fact

    async def against(self, store: Store, partition: int) -> None:
        """Compares what was taken with the log, fact by fact in every field."""
        ends: dict[str, bytes] = {}
        missing: list[Recorded] = []
        unknown = set(self.kept)
        self.read_until = max(self.confirmed, self._last)
        after = 0
        while page := await store.page(after, PAGE_EVENTS, partition=partition):
            for fact in page:
                after = fact.position
                if after > self.read_until:
                    break
                if self.only not in (None, fact.production):
                    continue
                told = self.kept.get(after)
                unknown.discard(after)
                if told is None:
                    if after <= self.confirmed:
                        missing.append(fact)
                    else:
                        self.kept[after] = fact
                        self._not_sent += 1
                elif told != fact:
                    self._find_other(fact, told, ends.get(fact.production, GENESIS))
                if told is not None and missing:
                    self._find_missing(missing)
                    missing = []
                ends[fact.production] = fact.hash
            if after > self.read_until or len(page) < PAGE_EVENTS:
                break
        # What is recorded from now on is read from the log, whatever positions a topic tells of.
        self.read_until = min(self.read_until, after)
        if missing:
            self._find_missing(missing)
        for position in sorted(unknown):
            fact = self.kept[position]
            self._find("the log does not have it", NOT_THERE, fact.hash.hex()[:16], fact)
        self._remark(partition)

    def _find_other(self, fact: Recorded, told: Recorded, previous: bytes) -> None:
        """Whose chain holds is told, since it may be the log that was changed."""
        expected, found = _apart(fact, told)
        for one, name in ((fact, "the log's"), (told, "Kafka's")):
            if one.hash_after(previous) != one.hash:
                found += f"; {name} does not follow from the fact before it"
        self._find("Kafka tells it otherwise than the log", expected, found, fact)

    def _find_missing(self, missing: list[Recorded]) -> None:
        first, last = missing[0], missing[-1]
        to = f"up to position {last.position}" if len(missing) > 1 else "at that position"
        expected = f"{len(missing):,} facts" if len(missing) > 1 else first.type
        whose = first.production if len({one.production for one in missing}) == 1 else None
        self.outcome.find(
            Finding(
                self.log,
                f"Kafka had confirmed it and lacks what is {to} in partition {first.partition}",
                expected,
                NOT_THERE,
                first.position,
                whose,
            )
        )

    def _find(self, what: str, expected: str, found: str, fact: Recorded | None = None) -> None:
        at = (fact.position, fact.production) if fact else (None, None)
        self.outcome.find(Finding(self.log, what, expected, found, *at))

    def _remark(self, partition: int) -> None:
        for count, what in (
            (self._repeats, "records that came again, and are dropped"),
            (
                self._of_another_history,
                "records of another history of the log, which consumers drop",
            ),
            (self._not_sent, "facts that had not been sent yet, and were taken from the log"),
        ):
            if count:
                self.outcome.remarks.append(f"{self.log}/{partition}: {what}: {count:,}")


def _apart(right: Recorded, wrong: Recorded) -> tuple[str, str]:
    """The first field in which two records differ, as each has it."""
    for name in Recorded.__dataclass_fields__:
        one, other = getattr(right, name), getattr(wrong, name)
        if one != other:
            return f"{name} {_told(one)}", _told(other)
    return "", ""


def _told(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
