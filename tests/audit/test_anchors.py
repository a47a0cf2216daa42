"""Anchors from several places: which count, whether they agree, and what a restore leaves of them."""

import random
from dataclasses import replace

import pytest

from events.names import id_of
from runtime.audit.anchors import Anchors, Source
from runtime.audit.findings import ANCHORS, Finding, Incarnation
from runtime.audit.heads import Statement
from runtime.audit.lines import SignedHeads
from runtime.audit.report import Report
from runtime.audit.signing import key_id, sign
from runtime.audit.verifying import verify
from tests.audit.attacker import Attack, chained_anew
from tests.audit.making import KEY, LOGS, STRANGER, Books, MemoryLog, head_of, kept_books
from tests.carrying.history import done

pytestmark = pytest.mark.unit

BOOKS = kept_books()
LINES = BOOKS.lines
STATEMENTS = [SignedHeads.of_line(line).statement for line in LINES]


def whole(name: str, lines: list[str]) -> Source:
    return Source(name, lines, whole=True)


def read(*sources: Source) -> Anchors:
    return Anchors.of(sources, [KEY.public_key()])


def findings(*sources: Source) -> list[str]:
    return [one.what for one in read(*sources).findings]


def test_lines_of_file_and_topic_agree() -> None:
    anchors = read(whole("file", LINES), whole("topic", LINES))
    assert (anchors.statements, anchors.findings, anchors.remarks) == (STATEMENTS, [], [])


def test_empty_lines_between_them_say_nothing() -> None:
    assert findings(whole("file", [LINES[0], "", *LINES[1:], "  "])) == []


@pytest.mark.parametrize("number", range(1, len(LINES) - 1))
def test_a_line_that_was_taken_out_of_the_middle_is_missed(number: int) -> None:
    less = [*LINES[:number], *LINES[number + 1 :]]
    assert findings(whole("file", less)) == [
        "an anchor names one before it that is nowhere: a line was taken away"
    ]


def test_a_beginning_that_was_taken_away_is_missed() -> None:
    (found,) = read(whole("file", LINES[1:])).findings
    assert (found.log, found.expected) == (ANCHORS, STATEMENTS[0].digest)


def test_what_the_file_lacks_of_the_topic_was_taken_away() -> None:
    for less in (LINES[:-1], LINES[1:], [LINES[0], *LINES[2:]]):
        assert "file lacks what topic has: lines were taken away" in findings(
            whole("file", less), whole("topic", LINES)
        )


def test_what_the_topic_has_not_got_yet_is_no_more_than_worth_knowing() -> None:
    behind = read(whole("file", LINES), whole("topic", LINES[:-1]))
    assert behind.findings == []
    assert behind.remarks == ["topic has not got the last line of file yet"]
    emptied = read(whole("file", LINES), whole("topic", []))
    assert emptied.remarks == [f"topic has not got the last {len(LINES)} lines of file yet"]
    gap = findings(whole("file", LINES), whole("topic", [LINES[0], *LINES[2:]]))
    assert gap == ["topic lacks what file has: lines were taken away"]


def test_what_somebody_noted_now_and_then_may_have_gaps() -> None:
    assert findings(Source("paper", [LINES[0], LINES[-1]])) == []


def test_lines_that_count_nowhere_are_named_with_their_place() -> None:
    stranger = sign(replace(STATEMENTS[-1], key=key_id(STRANGER.public_key())), STRANGER).line
    forged = sign(STATEMENTS[-1], STRANGER).line
    found = read(whole("file", [*LINES[:-1], stranger, forged, LINES[-1][:90]])).findings
    assert [one.what.partition(":")[0] for one in found] == [
        f"line {number} of file is no anchor" for number in (4, 5, 6)
    ]
    assert "not one that counts" in found[0].what
    assert "signature is not of" in found[1].what


def signed(*, after: Statement | None, at_us: int, **heads: Statement) -> str:
    statement = heads["like"]
    previous = after.digest if after else None
    return sign(replace(statement, at_us=at_us, previous=previous), KEY).line


def test_two_lines_behind_the_same_one_are_a_fork() -> None:
    fork = signed(after=STATEMENTS[-2], at_us=STATEMENTS[-1].at_us + 5, like=STATEMENTS[-1])
    assert "line forks" in findings(whole("file", [*LINES, fork]))[0]


def test_two_beginnings_are_a_fork() -> None:
    again = signed(after=None, at_us=STATEMENTS[-1].at_us + 5, like=STATEMENTS[-1])
    (found,) = read(whole("file", [*LINES, again])).findings
    assert "the beginning" in found.expected
    (found,) = read(whole("file", [again]), Source("paper", LINES[:1])).findings
    assert "the beginning" in found.expected


def test_a_line_that_is_not_later_than_the_one_before_it_is_noticed() -> None:
    early = signed(after=STATEMENTS[-1], at_us=STATEMENTS[-1].at_us, like=STATEMENTS[-1])
    assert findings(whole("file", [*LINES, early])) == [
        "an anchor is not later than the one that it follows"
    ]


def test_positions_that_go_back_are_noticed_though_each_line_is_signed() -> None:
    back = signed(after=STATEMENTS[-1], at_us=STATEMENTS[-1].at_us + 5, like=STATEMENTS[1])
    found = read(whole("file", [*LINES, back])).findings
    assert "budget" in {one.log for one in found}
    assert {one.what for one in found} == {"a later anchor is of an earlier position"}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"root": "00" * 32}, "two anchors of the same position say different things"),
        ({"position": 10**6, "productions": 0}, "a later anchor has an earlier time, or fewer"),
        ({"position": 10**6, "recorded_at_us": 1}, "a later anchor has an earlier time, or fewer"),
    ],
)
def test_heads_that_cannot_be_of_one_history_are_noticed(
    change: dict[str, object], what: str
) -> None:
    head = replace(STATEMENTS[-1].heads[1], **change)  # type: ignore[arg-type]
    like = replace(STATEMENTS[-1], heads=(STATEMENTS[-1].heads[0], head))
    after = signed(after=STATEMENTS[-1], at_us=STATEMENTS[-1].at_us + 5, like=like)
    assert [one[: len(what)] for one in findings(whole("file", [*LINES, after]))] == [what]


# --- held against logs -----------------------------------------------------------------------

RESTORED = id_of("incarnation", "restored")


def restored_at(position: int, *, acknowledged: bool) -> tuple[Books, Incarnation]:
    """Books whose budget went back to that position, and on from there with other facts."""
    books = Books(dict(BOOKS.logs), dict(BOOKS.incarnations), list(LINES))
    books.incarnations["budget"] = RESTORED
    attack = Attack(random.Random(1), dict(books.logs), {}, "budget", 1)
    attack.logs["budget"] = list(BOOKS.logs["budget"][:position])
    attack.logs["budget"].append(
        replace(attack.events[0], id=id_of("a", "1"), command_id=id_of("a", "2"))
    )
    attack.logs["approval"] = list(BOOKS.logs["approval"])
    chained_anew(attack)
    books.logs = attack.logs
    if acknowledged:
        books.anchor()
    return books, Incarnation(RESTORED, BOOKS.incarnations["budget"], position)


def held(books: Books, *histories: Incarnation) -> Report:
    logs = [
        MemoryLog(
            log, books.logs[log], books.incarnations[log], histories if log == "budget" else ()
        )
        for log in LOGS
    ]
    return done(verify(logs, books.anchors()))


def of(report: Report, log: str) -> list[Finding]:
    return [one for one in report.all_findings if one.log == log]


def test_a_restore_that_nobody_has_signed_for_is_wrong() -> None:
    books, history = restored_at(STATEMENTS[1].heads[1].position + 1, acknowledged=False)
    (found,) = of(held(books, history), "budget")
    assert "restored or replaced since its last anchor" in found.what


def test_a_restore_that_was_signed_for_is_told_and_the_anchors_before_it_hold() -> None:
    position = STATEMENTS[1].heads[1].position + 1
    books, history = restored_at(position, acknowledged=True)
    report = held(books, Incarnation(BOOKS.incarnations["budget"], None, 0), history)
    assert of(report, "budget") == []
    assert report.logs[1].held == 3, "two of the history before, and the one that followed"
    (told,) = (one for one in report.all_remarks if one.startswith("budget"))
    assert f"a restore went back to position {position}" in told


def test_what_was_changed_before_a_restore_is_found_by_the_anchors_before_it() -> None:
    position = STATEMENTS[1].heads[1].position + 1
    books, history = restored_at(position, acknowledged=False)
    attack = Attack(random.Random(1), books.logs, {}, "budget", 1)
    attack.change(0, payload='{"forged":true}')
    chained_anew(attack)
    books.anchor()
    report = held(books, history)
    (found,) = of(report, "budget")
    assert found.position == STATEMENTS[0].heads[1].position


def test_a_history_that_the_log_does_not_tell_of_cannot_be_held_against_it() -> None:
    books, _ = restored_at(20, acknowledged=True)
    report = held(books)
    assert of(report, "budget") == []
    assert any("cannot be held against it" in one for one in report.all_remarks)


def test_histories_in_a_circle_are_none() -> None:
    books, _ = restored_at(20, acknowledged=True)
    old = BOOKS.incarnations["budget"]
    other = id_of("incarnation", "other")
    report = held(books, Incarnation(RESTORED, other, 20), Incarnation(other, RESTORED, 20))
    assert any(f"since incarnation {old}" in one for one in report.all_remarks)


def test_an_end_that_is_cut_off_is_missed_by_every_anchor_of_it() -> None:
    books = Books(dict(BOOKS.logs), dict(BOOKS.incarnations), list(LINES))
    books.logs["budget"] = books.logs["budget"][: STATEMENTS[1].heads[1].position]
    report = held(books)
    assert "cut off" in of(report, "budget")[0].what
    assert "budget: 2 anchors do not agree with it" in report.all_remarks


def test_a_log_that_was_anchored_and_is_gone_is_missed() -> None:
    (found,) = done(verify(BOOKS.readable()[:1], BOOKS.anchors())).all_findings
    assert (found.log, found.found) == ("budget", "no log")


def test_an_anchor_that_lies_about_time_is_noticed() -> None:
    head = head_of("budget", BOOKS.incarnations["budget"], BOOKS.logs["budget"])
    like = replace(STATEMENTS[-1], heads=(replace(head, recorded_at_us=head.recorded_at_us + 1),))
    line = sign(replace(like, previous=None), KEY).line
    report = done(verify(BOOKS.readable(), read(Source("paper", [line]))))
    assert [one.what for one in of(report, "budget")] == ["an anchor says otherwise"]
