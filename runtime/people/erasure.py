"""Erasing a person: the fact is recorded first, and what it says is carried out as often as needed.

The process that recorded it destroys the key before it answers; should it die in between, the room
that owns the log does so when it hears the fact. The fact names the key, so that hearing it again,
after a rewind say, never destroys one that the person was given later.
"""

from collections.abc import Iterable

from events.approval import PersonErased
from events.envelope import Recorded
from runtime.people.vault import Sealer

_ERASED = PersonErased.wire()[0]


async def carry_out(vault: Sealer, events: Iterable[Recorded]) -> None:
    """Destroys the keys that these facts give up."""
    for recorded in events:
        if recorded.type != _ERASED:
            continue
        erased = recorded.event
        assert isinstance(erased, PersonErased)
        await vault.destroy(erased.person, erased.key)
