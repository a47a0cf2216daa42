"""Whatever stands in the body of a command: it is refused, or decided, and what was decided is kept
as it is."""

import copy
import json
from functools import cache
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from pydantic import ValidationError

from events.event import Event, decode
from runtime import rooms
from runtime.decider import Command, Rejection
from runtime.log.contract import COMMAND_EVENTS_MAX, EVENT_BYTES_MAX
from runtime.people.sealing import seal_command
from runtime.people.vault import MemoryVault
from tests.services.given import asked
from tests.services.test_importers import CELLS, JSON, places

pytestmark = pytest.mark.unit

COMMANDS = {
    f"{service.name}: {command.__name__}": (service, command)
    for service in rooms.services().values()
    for command in service.commands
    if command in service.examples
}
ODD = JSON | CELLS | st.integers(min_value=10**17) | st.sampled_from(["\x00", "\ud800", "\u202e"])


def test_every_command_that_people_give_has_an_example_to_begin_with() -> None:
    given_by_people = {
        f"{service.name}: {command.__name__}"
        for service in rooms.services().values()
        for command in service.commands
        if command.MAY or command.OPENS
    }
    assert given_by_people <= COMMANDS.keys()


@cache
def lived(room: str) -> dict[str, list[Event]]:
    """Streams of a room in which every example was given once, as far as it took them."""
    service, streams = rooms.services()[room], dict[str, list[Event]]()
    for command, body in service.examples.items():
        given = command.model_validate_json(json.dumps(body))
        try:
            streams.setdefault(stream_of(service, given), []).extend(
                decided(service, given, streams)
            )
        except Rejection:
            continue
    return streams


def stream_of(service: rooms.Service, command: Command) -> str:
    return service.decider_of(type(command)).stream(asked().production, command)


def decided(
    service: rooms.Service, command: Command, streams: dict[str, list[Event]]
) -> list[Event]:
    command = sealed(command)
    decider = service.decider_of(type(command))
    state = decider.fold(streams.get(stream_of(service, command), []))
    known = service.policies.nothing_known
    if known is not None and "currency" in type(known).model_fields:
        known = known.model_copy(update={"currency": "USD"})
    return list(decider.decide(state, command, asked(known=known)))


def sealed(command: Command) -> Command:
    """As the handler seals it; a vault in memory waits for nothing."""
    try:
        seal_command(MemoryVault(), command, asked().actor).send(None)
    except StopIteration as done:
        return cast("Command", done.value)
    raise AssertionError("the vault waits")


@st.composite
def bodies(draw: st.DrawFn, example: Any) -> str:
    """The example, in which some places hold something else, or are gone."""
    body = copy.deepcopy(json.loads(json.dumps(example)))
    for _ in range(draw(st.integers(0, 3))):
        if not (found := places(body)):
            break
        holder, step = draw(st.sampled_from(found))
        if draw(st.integers(0, 3)):
            holder[step] = draw(ODD)
        else:
            del holder[step]
    return json.dumps(body)


@pytest.mark.parametrize("name", COMMANDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@drawn(data=st.data())
def test_no_body_of_a_command_breaks_its_decision(name: str, data: st.DataObject) -> None:
    service, command_class = COMMANDS[name]
    try:
        command = command_class.model_validate_json(
            data.draw(bodies(service.examples[command_class]))
        )
    except ValidationError as refused:
        assert all(one["msg"] for one in refused.errors())
        return
    try:
        facts = decided(service, command, lived(service.name))
    except Rejection as rejection:
        assert str(rejection)
        assert rejection.code
        return
    assert len(facts) <= COMMAND_EVENTS_MAX
    for fact in facts:
        payload = fact.encode()
        assert len(payload.encode()) <= EVENT_BYTES_MAX
        assert decode(*fact.wire(), payload) == fact
