"""What is seen in a log alone: every promise, broken by somebody who mends nothing behind it."""

import random
from dataclasses import replace
from typing import Any

import pytest

from events.envelope import Recorded
from runtime.audit import one_log
from runtime.audit.anchors import Anchors
from runtime.audit.findings import Finding, Standing
from runtime.audit.verifying import verify
from tests.audit.attacker import Attack, chained_anew
from tests.audit.making import FILMS, KEY, LOGS, MemoryLog, kept_books, standing_of
from tests.carrying.history import done

pytestmark = pytest.mark.unit

BOOKS = kept_books()
BUDGET = BOOKS.logs["budget"]
SOMEWHERE = 30
ID = "99999999-0000-4000-8000-000000000009"


def findings(
    events: list[Recorded], standing: Standing | None = None, production: str | None = None
) -> list[Finding]:
    logs = [
        MemoryLog("approval", BOOKS.logs["approval"], BOOKS.incarnations["approval"]),
        MemoryLog("budget", events, BOOKS.incarnations["budget"], standing_=standing),
    ]
    return done(verify(logs, Anchors(), production)).all_findings


def with_one(index: int, **fields: Any) -> list[Recorded]:
    events = list(BUDGET)
    events[index] = replace(events[index], **fields)
    return events


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("production", FILMS[0], "partition"),
        ("stream", f"costs-{ID}", "versions"),
        ("version", 7_000, "versions"),
        ("position", 7_000, "positions"),
        ("partition", 11, "partition"),
        ("previous", 0, "position before it"),
        ("id", ID, "hash"),
        ("ordinal", 1, "first event is missing"),
        ("type", "budget.LineLost", "hash"),
        ("schema_version", 9, "hash"),
        ("payload", "{}", "hash"),
        ("recorded_at_us", 1, "not recorded after"),
        ("effective_at_us", 1, "hash"),
        ("actor", "somebody", "hash"),
        ("command_id", ID, "hash"),
        ("correlation", "another", "hash"),
        ("causation", ID, "hash"),
        ("hops", 5, "hash"),
        ("hash", bytes(32), "hash"),
    ],
)
def test_a_changed_field_is_named_with_its_place_and_what_was_expected(
    field: str, value: Any, what: str
) -> None:
    index = next(
        n
        for n in range(SOMEWHERE, len(BUDGET))
        if BUDGET[n].production != FILMS[0] and BUDGET[n].previous and not BUDGET[n].ordinal
    )
    found = findings(with_one(index, **{field: value}))[0]
    assert what in found.what
    assert found.log == "budget"
    assert found.position == (value if field == "position" else index + 1)
    assert found.production == (value if field == "production" else BUDGET[index].production)
    assert found.expected != found.found


def test_two_events_have_no_time_in_common() -> None:
    same = BUDGET[SOMEWHERE - 1].recorded_at_us
    found = findings(with_one(SOMEWHERE, recorded_at_us=same))
    assert (found[0].expected, found[0].found) == (f"after {same}", str(same))


def test_a_field_that_is_none_of_the_envelopes_would_be_noticed_here() -> None:
    assert len(Recorded.__dataclass_fields__) == 20, "break it above too"


def test_the_first_of_several_is_the_one_that_is_named() -> None:
    events = with_one(SOMEWHERE, payload="{}")
    events[10] = replace(events[10], payload="{}")
    assert findings(events)[0].position == 11
    assert len(findings(events)) == 1, "what comes behind a break says nothing"


@pytest.mark.parametrize("index", [0, SOMEWHERE, len(BUDGET) - 2])
def test_a_missing_event_is_a_gap(index: int) -> None:
    found = findings([one for one in BUDGET if one.position != index + 1], standing_of(BUDGET, "x"))
    assert (found[0].position, found[0].expected) == (index + 2, str(index + 1))


def test_a_missing_end_is_what_the_head_lacks() -> None:
    found = findings(BUDGET[:-1], standing_of(BUDGET, "x"))
    assert (found[0].expected, found[0].found) == (str(len(BUDGET) - 1), str(len(BUDGET)))


def test_an_event_that_stands_there_twice_is_noticed() -> None:
    found = findings([*BUDGET[:10], BUDGET[9], *BUDGET[10:]])
    assert "comes twice" in found[0].what
    assert (found[0].expected, found[0].found) == ("11", "10")


def test_events_of_one_command_stay_together_and_agree() -> None:
    index = next(n for n, one in enumerate(BUDGET) if one.ordinal == 1)
    assert "out of order" in findings(with_one(index, ordinal=2))[0].what
    assert "differ in their actor" in findings(with_one(index, actor="somebody"))[0].what


def test_a_stream_belongs_to_one_production() -> None:
    attack = Attack(random.Random(1), dict(BOOKS.logs), {}, "budget", 1)
    attack.logs["budget"] = list(BUDGET)
    one = next(n for n, event in enumerate(BUDGET) if event.version == 2)
    attack.change(one, production=ID)
    chained_anew(attack)
    assert "another production's" in findings(attack.events)[0].what


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"position": 5}, "head is not at the last event"),
        ({"last_position": len(BUDGET) + 1}, "events behind the head"),
        ({"events": len(BUDGET) + 1}, "another number of events"),
        ({"partitions": (0,) * 12}, "partitions"),
        ({"time_us": 1}, "head's time"),
    ],
)
def test_a_head_that_is_not_where_the_log_ends_is_noticed(
    change: dict[str, Any], what: str
) -> None:
    found = findings(list(BUDGET), replace(standing_of(BUDGET, "x"), **change))
    assert what in found[0].what


def test_a_heads_time_may_be_later_than_its_last_event() -> None:
    later = replace(standing_of(BUDGET, "x"), time_us=BUDGET[-1].recorded_at_us + 1)
    assert findings(list(BUDGET), later) == []


def cheated(**fields: Any) -> list[Finding]:
    """A reaction whose envelope was changed and chained anew, so that its hash says nothing."""
    logs = {log: list(BOOKS.logs[log]) for log in LOGS}
    index = next(n for n, one in enumerate(logs["budget"]) if one.causation)
    attack = Attack(random.Random(1), logs, {}, "budget", 1)
    attack.change(index, **fields)
    links: dict[str, bytes] = {}
    for n, one in enumerate(attack.events):
        links[one.production] = one.hash_after(links.get(one.production, bytes(32)))
        attack.change(n, hash=links[one.production])
    return findings(attack.events)


def test_an_effect_without_its_cause_is_noticed() -> None:
    (found,) = cheated(causation=ID)
    assert ("no log holds its cause", ID) == (found.what, found.expected)


def test_an_effect_that_is_not_later_than_its_cause_is_noticed() -> None:
    later = BUDGET[-1].id
    (found,) = cheated(causation=later)
    assert "not later than its cause" in found.what


def test_an_id_or_a_command_that_comes_twice_is_noticed() -> None:
    assert "same id" in cheated(id=BUDGET[0].id)[0].what
    assert "recorded twice" in cheated(command_id=BUDGET[0].command_id)[0].what


def test_one_production_is_read_alone() -> None:
    index = next(n for n, one in enumerate(BUDGET) if one.production == FILMS[1])
    events = with_one(index, payload="{}")
    assert findings(events, production=FILMS[0]) == []
    (found,) = findings(events, production=FILMS[1])
    assert (found.position, found.production) == (index + 1, FILMS[1])


def test_pages_of_any_size_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = done(verify(BOOKS.readable(), BOOKS.anchors()))
    for size in (1, 7, len(BUDGET)):
        monkeypatch.setattr(one_log, "PAGE_EVENTS", size)
        assert done(verify(BOOKS.readable(), BOOKS.anchors())) == whole


def test_progress_comes_to_the_end_of_every_log() -> None:
    heard: dict[str, tuple[int, int]] = {}

    def hear(log: str, seen: int, total: int) -> None:
        heard[log] = (seen, total)

    done(verify(BOOKS.readable(), Anchors.of([], [KEY.public_key()]), None, hear))
    assert heard == {log: (len(BOOKS.logs[log]),) * 2 for log in LOGS}


def test_what_is_recorded_while_it_reads_is_left_for_the_next_time() -> None:
    early = standing_of(BUDGET[:50], "x")
    assert findings(list(BUDGET), early) == []


def test_a_cause_that_came_while_it_read_is_a_cause_all_the_same() -> None:
    """The budget had been told its end when the approval recorded what follows from the rest."""
    approval, budget = BOOKS.logs["approval"], BOOKS.logs["budget"]
    ids = {one.id: one.position for one in budget}
    cause = max(ids[one.causation] for one in approval if one.causation in ids)
    assert cause > 1
    assert findings(list(budget), standing_of(budget[: cause - 1], "x")) == []
