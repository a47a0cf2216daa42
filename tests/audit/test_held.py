"""Logs held against anchors, one position after the other."""

from dataclasses import replace

import pytest

from events.names import id_of
from runtime.audit.causes import Causes
from runtime.audit.findings import Incarnation
from runtime.audit.heads import ChainEnd, Head
from runtime.audit.held import Held
from tests.audit.making import FILMS, head_of, kept_books, standing_of

pytestmark = pytest.mark.unit

BUDGET = kept_books().logs["budget"][:12]
INCARNATION = id_of("incarnation", "one")


def head_at(position: int) -> Head:
    return head_of("budget", INCARNATION, BUDGET[:position])


def held(*anchored: Head, events: int = len(BUDGET)) -> Held:
    found = Held("budget", anchored)
    for one in BUDGET[:events]:
        end = ChainEnd(one.production, one.position, one.hash)
        found.take(end, one.recorded_at_us)
    found.finish()
    return found


def test_every_anchor_of_every_position_holds() -> None:
    every = [head_at(position) for position in range(len(BUDGET) + 1)]
    found = held(*reversed(every), *every)
    assert (found.held, found.held_to, found.finding) == (2 * len(every), len(BUDGET), None)


def test_an_empty_log_is_what_its_anchor_says() -> None:
    assert held(head_at(0), events=0).held == 1
    lies = replace(head_at(0), root=head_at(1).root)
    assert held(lies, events=0).failed == 1


def test_what_is_wrong_lies_between_the_last_that_holds_and_the_first_that_does_not() -> None:
    wrong = replace(head_at(8), root="00" * 32)
    found = held(head_at(3), wrong, head_at(10))
    assert (found.held, found.failed, found.held_to) == (2, 1, 3)
    assert found.finding is not None
    assert found.finding.position == 8
    assert "something between 4 and 8 is changed" in found.finding.what
    assert wrong.root in found.finding.expected
    assert head_at(8).root in found.finding.found


def test_a_log_that_ends_before_its_anchor_is_cut_off() -> None:
    found = held(head_at(3), head_at(9), head_at(12), events=7)
    assert (found.failed, found.held_to) == (2, 3)
    assert found.finding is not None and found.finding.position == 9
    assert "cut off" in found.finding.what
    assert found.finding.found == "7 events"


@pytest.mark.parametrize("change", [{"recorded_at_us": 5}, {"productions": 9}])
def test_the_rest_of_a_head_counts_as_well(change: dict[str, int]) -> None:
    found = held(replace(head_at(5), **change))  # type: ignore[arg-type]
    assert found.finding is not None and found.finding.what == "an anchor says otherwise"


# --- causes ----------------------------------------------------------------------------------


def told(*, restored: bool = False, cause_at: int = 5, known: bool = True) -> list[str]:
    cause = replace(BUDGET[0], recorded_at_us=cause_at, causation=None)
    effect = replace(BUDGET[1], log="approval", recorded_at_us=6, causation=cause.id)
    with Causes() as causes:
        causes.take([effect])
        if known:
            causes.take([cause])
        return [one.what for one in causes.findings(restored=restored)]


def test_a_cause_is_earlier_than_its_effect() -> None:
    assert told() == []
    assert told(cause_at=6) == ["it is not later than its cause"]
    assert told(cause_at=6, restored=True) == ["it is not later than its cause"]


def test_a_cause_may_be_gone_where_a_log_was_restored() -> None:
    assert told(known=False) == ["no log holds its cause"]
    assert told(known=False, restored=True) == []


def test_what_comes_meanwhile_is_a_cause_and_no_more() -> None:
    late = replace(BUDGET[1], causation=id_of("event", "of nobody"))
    with Causes() as causes:
        causes.take([late], effects=False)
        assert list(causes.findings(restored=False)) == []


def test_one_command_in_two_logs_is_no_repeat() -> None:
    other = replace(BUDGET[0], log="approval", id=id_of("event", "other"), production=FILMS[1])
    with Causes() as causes:
        causes.take([BUDGET[0], other])
        assert list(causes.findings(restored=False)) == []


# --- histories -------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(20, 10), (10, 20)])
def test_what_two_restores_left_is_what_the_earlier_went_back_to(first: int, second: int) -> None:
    histories = (
        Incarnation("a", None, 0),
        Incarnation("b", "a", first),
        Incarnation("c", "b", second),
    )
    standing = replace(standing_of(BUDGET, "c"), incarnations=histories)
    assert standing.shared_up_to("a") == 10
    assert standing.shared_up_to("b") == second
    assert standing.shared_up_to("c") == 2**63 - 1
    assert standing.shared_up_to("d") is None
