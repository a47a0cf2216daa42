"""Which reaction may bring about which: their graph, and the circles in it.

A reaction leads to another one when it may record a fact, or the refusal of its command, that the
other one answers and whose log its room hears.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from events.event import Event
from events.reaction import ReactionRefused
from runtime.decider import Reaction
from runtime.rooms import Service


@dataclass(frozen=True, eq=False)
class Answer:
    """One reaction, and the room whose it is."""

    room: str
    reaction: Reaction
    heard: tuple[str, ...]
    """The logs that its room hears."""

    @property
    def facts(self) -> tuple[type[Event], ...]:
        """What it may record, in the log of its room."""
        declared = [fact for facts in self.reaction.gives.values() for fact in facts]
        return tuple(dict.fromkeys(declared))

    def leads_to(self, other: "Answer") -> bool:
        """Whether a fact of this one may bring about the other one."""
        facts: list[type[Event]] = [*self.facts, ReactionRefused]
        return self.room in other.heard and any(
            issubclass(fact, other.reaction.on) for fact in facts
        )


def answers(services: Mapping[str, Service]) -> list[Answer]:
    """Every reaction of every room."""
    return [
        Answer(name, reaction, service.policies.logs)
        for name, service in services.items()
        for reaction in service.policies.reactions
    ]


def circles(every: Sequence[Answer]) -> Iterator[tuple[Answer, ...]]:
    """Every circle of reactions, each once, from the one that stands first in `every`."""
    for first, start in enumerate(every):
        later = every[first:]
        waiting: list[tuple[Answer, ...]] = [(start,)]
        while waiting:
            way = waiting.pop()
            if way[-1].leads_to(start):
                yield way
            waiting += [(*way, one) for one in later if one not in way and way[-1].leads_to(one)]
