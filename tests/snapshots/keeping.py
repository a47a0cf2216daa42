"""A state kept as a snapshot and taken up again, without a database, in pages of two entries."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from immutables import Map

from events.event import Event
from runtime.decider import Decider, Rejection
from runtime.snapshots import document, pages
from runtime.snapshots.document import Writing, digest_of, read, read_page
from runtime.snapshots.pages import NotLoaded

T = TypeVar("T")
Bodies = dict[bytes, bytes]


@contextmanager
def small_pages() -> Iterator[None]:
    """So that histories of some events have maps that are large."""
    before = document.WHOLE_ENTRIES_MAX, document.BESIDE_ENTRIES_MAX, pages.ENTRIES_A_PAGE
    document.WHOLE_ENTRIES_MAX, document.BESIDE_ENTRIES_MAX, pages.ENTRIES_A_PAGE = 0, 1, 2
    try:
        yield
    finally:
        document.WHOLE_ENTRIES_MAX, document.BESIDE_ENTRIES_MAX, pages.ENTRIES_A_PAGE = before


def bring(needed: NotLoaded, bodies: Bodies) -> None:
    """Puts the pages there that somebody asked for."""
    assert needed.missing
    for number in needed.missing:
        digest = needed.pages.digests[number]
        assert digest is not None and digest_of(bodies[digest]) == digest
        needed.pages.put(number, read_page(bodies[digest]))


def asked(question: Callable[[], T], bodies: Bodies) -> T:
    """What a pure question answers, once the pages that it asks for are there."""
    while True:
        try:
            return question()
        except NotLoaded as needed:
            bring(needed, bodies)


def kept(state: Any, bodies: Bodies) -> Any:
    """The state behind a snapshot; `bodies` are the pages there are, and gain its own."""
    while True:
        written = Writing()
        try:
            written.begin(state)
            for _ in written.pages():
                pass
            break
        except NotLoaded as needed:
            bring(needed, bodies)
    bodies |= written.bodies
    assert written.digests <= set(bodies)
    return read(written.root())


def fold(decider: Decider[Any, Any], events: Sequence[Event], state: Any, bodies: Bodies) -> Any:
    """The state after those events."""
    for event in events:
        state = asked(partial(decider.evolve, state, event), bodies)
    return state


def plain(value: Any, bodies: Bodies) -> Any:
    """The value with ordinary maps in place of those that have pages."""
    if isinstance(value, Mapping):
        entries = asked(lambda: dict(value.items()), bodies)
        return Map({key: plain(one, bodies) for key, one in entries.items()})
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [getattr(value, one.name) for one in dataclasses.fields(value)]
        return type(value)(*(plain(one, bodies) for one in fields))
    if type(value) is tuple:
        return tuple(plain(one, bodies) for one in value)
    return value


def decided(decide: Callable[[], Sequence[Event]], bodies: Bodies) -> Any:
    """What came of a command, so that it can be compared."""
    try:
        return list(asked(decide, bodies))
    except Rejection as rejection:
        return rejection.code, str(rejection), rejection.problems


def holds_through_snapshots(
    decider: Decider[Any, Any], history: Sequence[Event], steps: Sequence[tuple[Any, Any]]
) -> None:
    """At every cut, snapshot and tail come to the state that the whole history comes to, also from
    a snapshot of what stood on a snapshot; and whatever is asked has the same answer."""
    whole = decider.fold(history)
    stated = [decided(partial(decider.decide, whole, *step), {}) for step in steps]
    with small_pages():
        bodies: Bodies = {}
        on_snapshots = decider.initial
        for cut, event in enumerate([*history, None]):
            on_snapshots = kept(on_snapshots, bodies)
            tail = fold(decider, history[cut:], on_snapshots, bodies)
            assert plain(tail, bodies) == whole, f"behind a snapshot of version {cut}"
            if event is not None:
                on_snapshots = fold(decider, [event], on_snapshots, bodies)
        for step, said in zip(steps, stated, strict=True):
            fresh = kept(whole, bodies)
            told = decided(partial(decider.decide, fresh, *step), bodies)
            assert told == said, step
