"""What people are called, as whoever appointed them told it last. Names stay sealed until an answer
opens them."""

from collections.abc import Iterable, Mapping

from cachetools import LRUCache

from events.approval import PersonAppointed
from events.envelope import Recorded
from events.event import UndecodableEvent, UnknownEvent
from events.personal import ERASED
from runtime.log.contract import Store

PRODUCTIONS_CACHED = 1_000
PAGE_EVENTS = 2_000

_APPOINTED, _ = PersonAppointed.wire()


def names_of(events: Iterable[Recorded]) -> dict[str, str]:
    """The sealed name of everybody who was appointed by name, as it was told last. A fact that
    cannot be read tells none: people go by their ids then."""
    found: dict[str, str] = {}
    for recorded in events:
        if recorded.type != _APPOINTED:
            continue
        try:
            appointed = recorded.event
        except (UndecodableEvent, UnknownEvent):
            continue
        if isinstance(appointed, PersonAppointed) and appointed.name is not None:
            found[appointed.person] = appointed.name
    return found


def called(person: str, name: str | None) -> str:
    """Somebody by his name, which is open; without one, or once it was erased, by his id."""
    if name is None:
        return person
    return f"{ERASED} {person}" if name == ERASED else name


class Names:
    """The names of whole teams, sealed, read on and on from the log that appoints people."""

    def __init__(self, team_log: Store) -> None:
        self._store = team_log
        self._read: LRUCache[tuple[str, str], tuple[int, dict[str, str]]] = LRUCache(
            PRODUCTIONS_CACHED
        )

    async def of(self, production: str) -> Mapping[str, str]:
        """By person's id, everybody who was ever appointed by name on that production."""
        # A log that was restored tells another history from the beginning.
        place = (await self._store.heads()).incarnation, production
        after, names = self._read.get(place, (0, {}))
        while page := await self._store.of_production(production, after, PAGE_EVENTS):
            after, names = page[-1].position, names | names_of(page)
        self._read[place] = after, names
        return names
