"""What policies recorded, held against what their reactions say that they may record."""

from collections.abc import Iterable, Sequence
from typing import Any

from events.event import catalogue
from events.reaction import ReactionRefused
from runtime import rooms

POLICY = "policy:"
REFUSED = ReactionRefused.wire()[0]


def undeclared(entries: Iterable[dict[str, Any]]) -> list[str]:
    """A sentence for each fact that a policy recorded and no reaction names.

    `entries` are those of trails, of one or of several logs. A fact whose cause stands among them
    must be named by a reaction to that cause, any other one by some reaction of its room. That a
    reaction was refused is always allowed.
    """
    told = list(entries)
    type_of = {entry["id"]: entry["type"] for entry in told}
    return [
        f"{entry['log']} {entry['position']}: a policy recorded {entry['type']} "
        f"because of {type_of.get(entry['causation'], 'what stands elsewhere')}, "
        "and no reaction says so"
        for entry in told
        if entry["actor"].startswith(POLICY)
        and entry["type"] not in (REFUSED, *_declared(entry, type_of.get(entry["causation"])))
    ]


def _declared(entry: dict[str, Any], cause: str | None) -> Sequence[str]:
    """What the room's reactions may record, to that cause or to any."""
    shapes = [shape for (wire, _), shape in catalogue().items() if wire == cause]
    return [
        fact.wire()[0]
        for reaction in rooms.services()[entry["log"]].policies.reactions
        if cause is None or any(issubclass(shape, reaction.on) for shape in shapes)
        for facts in reaction.gives.values()
        for fact in facts
    ]
