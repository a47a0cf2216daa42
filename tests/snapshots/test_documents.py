"""What a state is made of comes back to the last digit, and large maps as they were."""

import random
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map

from events.budget import CommitmentRaised, Level
from runtime.snapshots import codec, document, pages
from runtime.snapshots.codec import Classes, NotStorable, decode, encode
from runtime.snapshots.document import UNREADABLE, Writing, read, read_page
from runtime.snapshots.pages import NotLoaded
from services.budget.model.ledger import Ledger, OpenCommitment
from tests.snapshots.keeping import Bodies, asked, kept, plain, small_pages

pytestmark = pytest.mark.unit

RAISED = CommitmentRaised(
    commitment="PO-1",
    account="2302",
    amount=Decimal("1250.00"),
    description="Timber “first growth”",
    raised_on=date(2026, 9, 7),
)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**62),
        "",
        "7",
        Decimal("1250.00"),
        Decimal("-0.00"),
        Decimal("1E+3"),
        date(2026, 9, 7),
        datetime(2026, 9, 7, 12, 0, 0, 1, tzinfo=UTC),
        (),
        (1, ("a", None), False),
        frozenset({"a", "b"}),
        Level.POST,
        RAISED,
        OpenCommitment(RAISED, open=Decimal("12.50")),
        Map({"a": (Decimal("1.0"),)}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_comes_back_to_the_last_digit(value: Any):
    classes = Classes()
    tree = encode(value, classes)
    back = decode(tree, Classes(classes.names))
    assert type(back) is type(value)
    assert back == value
    assert repr(back) == repr(value) or isinstance(value, frozenset)


@pytest.mark.parametrize("value", [1.5, 2**63, [1], {"a": 1}, b"", object(), {1}])
def test_what_no_state_should_hold_is_not_kept(value: Any):
    with pytest.raises(NotStorable):
        encode((value,), Classes())


@pytest.mark.parametrize("name", ["os:system", "builtins:eval", "subprocess:Popen", "runtime:x"])
def test_no_class_is_made_that_is_none_of_a_state(name: str):
    with pytest.raises(UNREADABLE):
        Classes([name])


def test_a_function_of_a_room_is_no_class():
    assert "services.budget.model.ledger" in sys.modules
    with pytest.raises(NotStorable):
        Classes(["services.budget.model.ledger:evolve"])


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 30), st.integers(-(2**63), 2**63 - 1)),
        st.tuples(st.just("delete"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("keep"), st.just(0), st.just(0)),
    ),
    max_size=60,
)


@given(changes=CHANGES)
@settings(deadline=None)
def test_a_map_on_pages_is_the_map(changes: list[tuple[str, int, int]]):
    """Set, taken out, counted, walked, kept again and again: like the map that was never kept."""
    bodies: Bodies = {}
    with small_pages():
        whole: Any = Map()
        ours: Any = kept(Ledger(estimate_counts=whole), bodies).estimate_counts
        for what, number, value in changes:
            key = f"account-{number}"
            if what == "set":
                whole, ours = whole.set(key, value), ours.set(key, value)
            elif what == "keep":
                ours = kept(Ledger(estimate_counts=ours), bodies).estimate_counts
            elif key in whole:
                whole = whole.delete(key)
                ours = asked(partial(ours.delete, key), bodies)
            else:
                with pytest.raises(KeyError):
                    asked(partial(ours.delete, key), bodies)
            assert asked(partial(ours.get, key, "none"), bodies) == whole.get(key, "none")
            assert asked(partial(len, ours), bodies) == len(whole)
        assert asked(partial(dict, ours), bodies) == dict(whole)
        assert asked(partial(sorted, ours), bodies) == sorted(whole)


def test_only_pages_that_changed_are_written_again():
    ledger = Ledger(estimate_counts=Map({f"account-{n}": n for n in range(5_000)}))
    bodies: Bodies = {}
    ours = kept(ledger, bodies)
    assert len(bodies) == pages.pages_for(5_000) == 64
    changed = Writing()
    state = Ledger(estimate_counts=ours.estimate_counts.set("account-7", 70))
    with pytest.raises(NotLoaded) as needed:
        changed.begin(state)
    assert len(needed.value.missing) == 1
    again: Bodies = dict(bodies)
    back = kept(state, again)
    assert len(again) == len(bodies) + 1
    assert plain(back, again).estimate_counts["account-7"] == 70


def test_one_entry_asks_for_one_page():
    ledger = Ledger(estimate_counts=Map({f"account-{n}": n for n in range(5_000)}))
    bodies: Bodies = {}
    ours = kept(ledger, bodies)
    with pytest.raises(NotLoaded) as needed:
        ours.estimate_counts.get("account-7")
    assert len(needed.value.missing) == 1
    assert asked(lambda: ours.estimate_counts.get("account-7"), bodies) == 7
    assert asked(lambda: ours.estimate_counts.get("nobody"), bodies) is None


def test_cut_off_or_scribbled_documents_are_unreadable():
    written = Writing()
    written.begin(Ledger(commitments=Map({"PO-1": OpenCommitment(RAISED, Decimal(1))})))
    for _ in written.pages():
        pass
    root = written.root()
    rolled = random.Random(7)
    for _ in range(300):
        at = rolled.randrange(len(root))
        broken = root[:at] + bytes([rolled.randrange(256)]) + root[at + 1 :]
        for one in (root[:at], broken):
            try:
                plain(read(one), {})
            except UNREADABLE:
                continue
    with pytest.raises(UNREADABLE):
        read_page(b'{"classes": [], "entries": 7}')


def test_the_limits_are_what_the_record_says():
    assert (document.WHOLE_ENTRIES_MAX, document.BESIDE_ENTRIES_MAX) == (32, 512)
    assert codec.FIRST_CLASS == 7
