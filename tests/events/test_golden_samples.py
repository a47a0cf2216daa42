"""One exact payload of every version of every event: added with the event, never edited.

A sample that fails means that stored history can no longer be read as it was written.
"""

from pathlib import Path

import pytest

from events.event import Event, catalogue, decode

pytestmark = pytest.mark.unit

SAMPLES = Path(__file__).parents[1] / "samples"
EVENTS = [pytest.param(shape, id=shape.__name__) for _, shape in sorted(catalogue().items())]


def sample_of(shape: type[Event]) -> Path:
    name, version = shape.wire()
    return SAMPLES / f"{name}.v{version}.json"


def payload_of(shape: type[Event]) -> str:
    return sample_of(shape).read_text().removesuffix("\n")


@pytest.mark.parametrize("shape", EVENTS)
def test_every_version_of_every_event_has_a_sample(shape):
    sample = sample_of(shape)
    assert sample.exists(), f"write one exact payload of {shape.__name__} into {sample}"


@pytest.mark.parametrize("shape", EVENTS)
def test_a_stored_payload_is_read_and_written_again_to_the_same_text(shape):
    payload = payload_of(shape)
    assert shape.decode(payload).encode() == payload
    assert shape.decode(payload) == shape.model_validate_json(payload)


@pytest.mark.parametrize("shape", EVENTS)
def test_a_stored_payload_is_read_in_its_present_shape(shape):
    name, version = shape.wire()
    event = decode(name, version, payload_of(shape))
    present_name, present_version = type(event).wire()
    assert present_name == name
    assert present_version == max(known for other, known in catalogue() if other == name)


def test_no_sample_outlives_its_event():
    known = {sample_of(shape) for shape in catalogue().values()}
    assert set(SAMPLES.glob("*.v*.json")) <= known, "a stored shape must stay readable for ever"
