"""The catalogue of events for readers: room by room, each version with its sentence."""

from collections.abc import Mapping
from itertools import groupby

from events.event import Event, catalogue
from runtime.papers.schemas import FOLDER
from runtime.papers.words import said

HEAD = """\
# The catalogue of events

Every fact that a log can hold, in every version that one may hold, with the JSON Schema of its
payload. The newest version is what is written today; older ones are read as if they were of it. How
facts travel is in [asyncapi.yaml](../asyncapi.yaml). Made from the classes by `make generate`.
"""


def papers() -> Mapping[str, str]:
    """`docs/events/README.md`."""
    ordered = sorted(catalogue().items(), key=lambda one: _room(one[1]))
    rooms = [_of_room(room, list(facts)) for room, facts in groupby(ordered, _room_of_item)]
    return {f"{FOLDER}/README.md": "\n".join([HEAD, *rooms])}


def _of_room(room: str, facts: list[tuple[tuple[str, int], type[Event]]]) -> str:
    lines = [f"## {room}", "", "| event | version | |", "|---|---|---|"]
    for (wire, version), shape in sorted(facts, key=lambda one: (one[0][0], -one[0][1])):
        name = wire.partition(".")[2]
        sentence = said(shape).replace("|", "\\|")
        lines.append(f"| {name} | [{version}]({wire}.v{version}.json) | {sentence} |")
    return "\n".join([*lines, ""])


def _room(shape: type[Event]) -> str:
    return shape.wire()[0].partition(".")[0]


def _room_of_item(item: tuple[tuple[str, int], type[Event]]) -> str:
    return _room(item[1])
