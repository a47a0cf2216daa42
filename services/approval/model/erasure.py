"""A person's erasures: which of his keys were given up."""

from collections.abc import Sequence

from events.approval import PersonErased
from events.event import Event
from events.names import HOUSE
from runtime.decider import Context, Decider
from services.approval.commands import ErasePerson
from services.approval.model.rejections import ErasureIsOfTheHouse

Erased = frozenset[str]
"""The names of the keys that were given up."""


def decide(erased: Erased, command: ErasePerson, context: Context) -> Sequence[Event]:
    """The erasure of the key that the person has now, if he has one that was not given up yet."""
    if context.production != HOUSE:
        raise ErasureIsOfTheHouse(
            f"a person is erased on every production at once: give it on the house, {HOUSE}"
        )
    if context.key is None or context.key in erased:
        return []
    return [PersonErased(person=command.person, ground=command.ground, key=context.key)]


def evolve(erased: Erased, event: PersonErased) -> Erased:
    """The keys given up after `event`."""
    return erased | {event.key}


PERSON: Decider[Erased, ErasePerson] = Decider(
    kind="person", initial=frozenset(), commands=(ErasePerson,), decide=decide, evolve=evolve
)
