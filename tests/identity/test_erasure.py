"""Whatever comes between appointments and erasures: a text opens until its key is destroyed, and
says [erased] from then on, though its person is named again, and though facts are heard again. What
a restored vault brings back goes when the facts are heard."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.approval import Ground, PersonAppointed, Role
from events.envelope import verified
from events.names import HOUSE, id_of
from events.personal import ERASED
from runtime.clock import DatabaseClock
from runtime.decider import Command
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.memory import MemoryStore
from runtime.order import Order
from runtime.people.erasure import carry_out
from runtime.people.vault import MemoryVault
from services.approval.api import service
from services.approval.commands import AppointPerson, ErasePerson, OpenProduction

pytestmark = pytest.mark.unit

PEOPLE = ("lucille", "tobias")
FILMS = tuple(id_of("film", str(number)) for number in (1, 2))
OPENING = OpenProduction(
    title="The Last Lighthouse", kind="feature", currency="USD", time_zone="America/New_York"
)
APPOINT, ERASE, ERASE_AND_DIE = "appoint", "erase", "erase and die"
HEAR, BACK_UP, RESTORE = "hear", "back the vault up", "restore the vault"


class Died(Exception):
    """The process ended between recording an erasure and destroying the key."""


class MortalVault(MemoryVault):
    """A vault whose process may die before it destroys a key."""

    dies = False
    _backup: Mapping[str, bytes] = {}

    def back_up(self) -> None:
        self._backup = dict(self._keys)

    def restore(self) -> None:
        self._keys = dict(self._backup)

    async def destroy(self, person: str, name: str | None = None) -> None:
        if self.dies:
            raise Died
        await super().destroy(person, name)


@dataclass
class Expected:
    """What should be seen, told without any key: numbers stand for them."""

    numbers: "count[int]" = field(default_factory=count)
    now: dict[str, int] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    destroyed: set[int] = field(default_factory=set)
    backup: dict[str, int] = field(default_factory=dict)
    texts: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))

    def appoint(self, film: str, person: str, name: str) -> None:
        self.texts[film].append((name, self.now.setdefault(person, next(self.numbers))))

    def erase(self, person: str, dies: bool) -> int:
        """How many facts that records."""
        key = self.now.get(person)
        if key is None or key in self.given_up:
            return 0
        self.given_up.add(key)
        if not dies:
            self._destroy({key})
        return 1

    def hear(self) -> None:
        self._destroy(self.given_up)

    def back_up(self) -> None:
        self.backup = dict(self.now)

    def restore(self) -> None:
        """Keys that the backup lacks are gone, and those that it has are back."""
        self.now = dict(self.backup)
        every = {key for texts in self.texts.values() for _, key in texts} | self.destroyed
        self.destroyed = every - set(self.now.values())

    def _destroy(self, keys: set[int]) -> None:
        self.destroyed |= keys
        self.now = {person: key for person, key in self.now.items() if key not in keys}

    def shown(self, film: str) -> list[str]:
        return [ERASED if key in self.destroyed else name for name, key in self.texts[film]]


class Room:
    """The approval room over a log in memory."""

    def __init__(self, committer: Committer, store: MemoryStore) -> None:
        self.vault = MortalVault()
        self.store = store
        self.handler = Handler(service, store, committer, self.vault, DatabaseClock(store))
        self._ids = count()

    async def give(self, production: str, command: Command) -> int:
        """How many facts were recorded."""
        id_ = id_of("command", str(next(self._ids)))
        order = Order(production, command, id_, "rosalind", "rosalind")
        try:
            return len((await self.handler.handle(order)).recorded)
        except Died:
            return 1

    async def shown(self, film: str) -> list[str]:
        """The names as an answer tells them, in the order of the appointments."""
        facts = await self.store.of_production(film, 0, 1_000)
        verified(facts)
        names = [
            recorded.event.name
            for recorded in facts
            if isinstance(recorded.event, PersonAppointed) and recorded.event.name is not None
        ]
        return list(await self.vault.open_all(names))


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just(APPOINT),
            st.sampled_from(PEOPLE),
            st.sampled_from(FILMS),
            st.sampled_from(["Lucille Brandauer", "Tobias Reinholt"]),
        ),
        st.tuples(st.sampled_from([ERASE, ERASE_AND_DIE]), st.sampled_from(PEOPLE)),
        st.tuples(st.sampled_from([HEAR, BACK_UP, RESTORE])),
    ),
    max_size=14,
)


@given(steps=STEPS)
@settings(deadline=None, max_examples=150)
async def test_texts_open_or_say_erased_exactly_as_they_should(
    steps: Sequence[tuple[str, ...]],
) -> None:
    store, expected = MemoryStore("approval"), Expected()
    async with Committer(store) as committer:
        room = Room(committer, store)
        for film in FILMS:
            await room.give(film, OPENING)
        for number, step in enumerate(steps):
            await follow(room, expected, number, step)
            for film in FILMS:
                assert await room.shown(film) == expected.shown(film)


async def follow(room: Room, expected: Expected, number: int, step: tuple[str, ...]) -> None:
    match step:
        case (_, person, film, name):
            name = f"{name} {number}"  # the same appointment again would record nothing
            appointed = AppointPerson(person=person, role=Role.DIRECTOR, name=name)
            assert await room.give(film, appointed) == 1
            expected.appoint(film, person, name)
        case (how, person):
            room.vault.dies = how == ERASE_AND_DIE
            erase = ErasePerson(person=person, ground=Ground.CONSENT_WITHDRAWN)
            assert await room.give(HOUSE, erase) == expected.erase(person, room.vault.dies)
            room.vault.dies = False
        case ("back the vault up",):
            room.vault.back_up()
            expected.back_up()
        case ("restore the vault",):
            room.vault.restore()
            expected.restore()
        case _:
            # At least once, from the beginning: as after a crash, or a rewind.
            await carry_out(room.vault, await room.store.of_production(HOUSE, 0, 1_000))
            expected.hear()
