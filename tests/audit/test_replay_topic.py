"""What a topic lacks, and what it has that the log has not, is told record by record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from events.envelope import GENESIS, Recorded, cloud_event_headers
from runtime.audit.replay.told import Outcome
from runtime.audit.replay.topic import TopicCheck
from runtime.log.memory import MemoryStore
from tests.audit.making import commands_of, record
from tests.carrying.history import done

pytestmark = pytest.mark.unit

STRANGE = "11111111-2222-4333-8444-555555555555"


@dataclass
class Record:
    """As Kafka gives it."""

    offset: int
    partition: int
    headers: list[tuple[str, bytes]]
    value: bytes


@dataclass
class Kept:
    """One partition of a log."""

    store: MemoryStore
    partition: int
    facts: list[Recorded]

    def held_against(
        self,
        told: Sequence[Recorded | Record],
        confirmed: int | None = None,
        only: str | None = None,
    ) -> tuple[Outcome, TopicCheck]:
        """What is found where the topic tells that."""
        outcome = Outcome()
        last = self.facts[-1].position if confirmed is None else confirmed
        check = TopicCheck("budget", self.store.incarnation, last, only, outcome)
        for offset, one in enumerate(told):
            check.take(one if isinstance(one, Record) else self.record(one, offset))  # type: ignore[arg-type]
        done(check.against(self.store, self.partition))
        return outcome, check

    def record(self, fact: Recorded, offset: int, incarnation: str | None = None) -> Record:
        headers = cloud_event_headers(fact, incarnation or self.store.incarnation)
        return Record(offset, self.partition, headers, fact.payload.encode())


@pytest.fixture(scope="module")
def kept() -> Kept:
    store = MemoryStore("budget", partitions=1)
    order = [(log, append) for log, append in commands_of(3) if log == "budget"]
    done(record({"budget": store}, order))
    partition = store.events[0].partition
    facts = [one for one in store.events if one.partition == partition]
    assert len(facts) > 12 and len({one.production for one in facts}) > 1
    return Kept(store, partition, facts)


def found(outcome: Outcome) -> list[tuple[int | None, str]]:
    return [(one.position, one.what) for one in outcome.findings]


def test_a_topic_that_tells_the_log_is_clean(kept: Kept) -> None:
    outcome, check = kept.held_against(kept.facts)
    assert outcome == Outcome()
    assert list(check.kept.values()) == kept.facts


def test_what_comes_again_is_dropped_and_counted(kept: Kept) -> None:
    outcome, check = kept.held_against([*kept.facts[:6], *kept.facts[2:]])
    assert outcome.findings == [] and list(check.kept.values()) == kept.facts
    assert outcome.remarks == [
        f"budget/{kept.partition}: records that came again, and are dropped: 4"
    ]


def test_what_was_confirmed_and_is_not_there_is_told_run_by_run(kept: Kept) -> None:
    left = [*kept.facts[:2], *kept.facts[5:8], *kept.facts[9:]]
    outcome, check = kept.held_against(left)
    assert [one.position for one in outcome.findings] == [
        kept.facts[2].position,
        kept.facts[8].position,
    ]
    assert outcome.findings[0].expected == "3 facts"
    assert outcome.findings[1].expected == kept.facts[8].type
    assert [check.kept[one] for one in sorted(check.kept)] == left


def test_a_lost_tail_is_told_and_one_that_was_not_sent_is_taken_from_the_log(kept: Kept) -> None:
    outcome, _ = kept.held_against(kept.facts[:-3])
    assert [one.expected for one in outcome.findings] == ["3 facts"]
    outcome, check = kept.held_against(kept.facts[:-3], confirmed=kept.facts[-4].position)
    assert outcome == Outcome() and check.read_until == kept.facts[-4].position


def test_what_had_not_been_sent_between_is_taken_from_the_log(kept: Kept) -> None:
    told = [*kept.facts[:-3], *kept.facts[-2:]]
    outcome, check = kept.held_against(told, confirmed=kept.facts[-4].position)
    assert outcome.findings == [] and len(check.kept) == len(kept.facts)
    assert outcome.remarks == [
        f"budget/{kept.partition}: facts that had not been sent yet, and were taken from the log: 1"
    ]


def test_another_order_is_told(kept: Kept) -> None:
    facts = list(kept.facts)
    facts[3], facts[4] = facts[4], facts[3]
    outcome, check = kept.held_against(facts)
    behind = f"Kafka tells it behind position {facts[3].position}"
    assert found(outcome) == [(facts[4].position, behind)]
    assert [check.kept[one] for one in sorted(check.kept)] == kept.facts


@pytest.mark.parametrize(
    "change",
    [
        lambda fact: replace(fact, payload=fact.payload + " "),
        lambda fact: replace(fact, actor="somebody else"),
        lambda fact: replace(fact, effective_at_us=fact.effective_at_us + 1),
        lambda fact: replace(fact, hash=bytes(32)),
        lambda fact: replace(fact, previous=fact.previous + 1),
        lambda fact: replace(fact, id=STRANGE),
    ],
)
def test_a_record_of_other_bytes_is_told(
    kept: Kept, change: Callable[[Recorded], Recorded]
) -> None:
    facts = list(kept.facts)
    facts[5] = change(facts[5])
    outcome, check = kept.held_against(facts)
    assert found(outcome) == [(facts[5].position, "Kafka tells it otherwise than the log")]
    assert check.kept[facts[5].position] == facts[5]


def test_of_two_that_differ_the_one_that_does_not_follow_is_named(kept: Kept) -> None:
    facts = list(kept.facts)
    facts[5] = replace(facts[5], actor="somebody else")
    outcome, _ = kept.held_against(facts)
    (one,) = outcome.findings
    assert "Kafka's does not follow" in one.found and "the log's does not" not in one.found

    store = MemoryStore("budget")
    store.incarnation = kept.store.incarnation
    store.events = [
        replace(one, actor="somebody else") if one == kept.facts[5] else one
        for one in kept.store.events
    ]
    outcome, _ = Kept(store, kept.partition, kept.facts).held_against(kept.facts)
    (one,) = outcome.findings
    assert "the log's does not follow" in one.found and "Kafka's does not" not in one.found


def test_a_fact_that_is_told_again_in_other_bytes_is_told(kept: Kept) -> None:
    other = replace(kept.facts[4], actor="somebody else")
    outcome, check = kept.held_against([*kept.facts, other])
    assert found(outcome) == [(other.position, "Kafka tells it twice, and not alike")]
    assert check.kept[other.position] == kept.facts[4]


def test_what_the_log_does_not_have_is_told(kept: Kept) -> None:
    last = kept.facts[-1]
    forged = replace(last, position=last.position + 100, previous=last.position, id=STRANGE)
    forged = replace(forged, hash=forged.hash_after(last.hash))
    outcome, check = kept.held_against([*kept.facts, forged])
    assert found(outcome) == [(forged.position, "the log does not have it")]
    assert check.read_until <= kept.store.events[-1].position


def test_a_record_that_is_no_fact_is_told_with_its_offset(kept: Kept) -> None:
    outcome, _ = kept.held_against([*kept.facts, Record(77, kept.partition, [], b"hello")])
    (one,) = outcome.findings
    assert "offset 77" in one.what and one.position is None


def test_records_of_another_history_are_dropped_as_consumers_do(kept: Kept) -> None:
    old = kept.record(replace(kept.facts[0], actor="somebody else"), 0, incarnation=STRANGE)
    outcome, _ = kept.held_against([old, *kept.facts])
    assert outcome.findings == []
    assert "another history" in outcome.remarks[0]


def test_of_one_production_only_its_own_facts_are_held_against_the_log(kept: Kept) -> None:
    production = kept.facts[0].production
    own = [one for one in kept.facts if one.production == production]
    outcome, check = kept.held_against(kept.facts, only=production)
    assert outcome == Outcome() and list(check.kept.values()) == own
    outcome, _ = kept.held_against([one for one in kept.facts if one != own[2]], only=production)
    assert [(one.position, one.production) for one in outcome.findings] == [
        (own[2].position, production)
    ]
    assert GENESIS != own[0].hash
