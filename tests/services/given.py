"""Given these facts, when somebody asks for that, then this is recorded, or refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings

from events.envelope import Recorded
from events.event import Event
from events.names import id_of
from runtime.decider import Command, Context, Decider, Rejection
from tests.services.lighthouse import PRODUCTION, ROSALIND, Person
from tests.snapshots.keeping import holds_through_snapshots

# A slow or busy machine is no reason for a property to fail.
for_patience = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)

FIRST_SHOOT_DAY = datetime(2026, 9, 14, 11, 0, tzinfo=UTC)


def asked(by: Person = ROSALIND, **context: Any) -> Context:
    """The context of a command. `principal` names whose fact a policy answers."""
    whole = Context(
        production=PRODUCTION,
        actor=by.id,
        principal=by.id,
        at=FIRST_SHOOT_DAY,
        roles=by.roles,
    )
    return replace(whole, **context)


@dataclass(frozen=True)
class When:
    """What came of the command."""

    events: Sequence[Event]
    rejection: Rejection | None

    def then(self, *events: Event) -> None:
        if self.rejection is not None:
            raise AssertionError(f"refused: {self.rejection}") from self.rejection
        assert list(self.events) == list(events)

    def nothing(self) -> None:
        self.then()

    def refused(self, rejection: type[Rejection], *words: str) -> Rejection:
        """It was refused by exactly that rule, and the text has those words."""
        assert type(self.rejection) is rejection, (self.rejection, self.events)
        for word in words:
            assert word in str(self.rejection)
        return self.rejection


@dataclass(frozen=True)
class Given:
    """A stream after some facts."""

    decider: Decider[Any, Any]
    state: Any

    def when(self, command: Command, by: Person = ROSALIND, **context: Any) -> When:
        try:
            events = self.decider.decide(self.state, command, asked(by, **context))
        except Rejection as rejection:
            return When((), rejection)
        return When(events, None)


def given(decider: Decider[Any, Any], *events: Event) -> Given:
    return Given(decider, decider.fold(events))


def recorded(event: Event, log: str, by: Person = ROSALIND) -> Recorded:
    """`event` as its log holds it."""
    name, version = event.wire()
    return Recorded(
        log=log,
        production=PRODUCTION,
        stream=f"{log}-{PRODUCTION}",
        version=1,
        position=1,
        partition=0,
        previous=0,
        id=id_of("event", event.encode()),
        ordinal=0,
        type=name,
        schema_version=version,
        payload=event.encode(),
        recorded_at_us=0,
        effective_at_us=0,
        actor=by.id,
        command_id=id_of("command", event.encode()),
        correlation=id_of("command", event.encode()),
        causation=None,
        hops=0,
        hash=bytes(32),
    )


def each_recorded_once(
    decider: Decider[Any, Any], steps: Iterable[tuple[Command, Context]]
) -> tuple[list[Event], Any]:
    """Gives every command twice: the second time it must record nothing.

    Answers the history and the state that came of it, which must come through snapshots too.
    """
    steps = list(steps)
    state, history = decider.initial, list[Event]()
    for command, context in steps:
        try:
            events = decider.decide(state, command, context)
        except Rejection:
            continue
        state = decider.fold(events, state)
        history += events
        assert list(decider.decide(state, command, context)) == []
    holds_through_snapshots(decider, history, steps)
    return history, state
