"""How much of a process's memory the states of its streams may take."""

import gc
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from events.budget import CostPosted
from events.event import Event, decode
from events.money import ZERO
from runtime.clock import DatabaseClock
from runtime.decider import Command
from runtime.handling import Handled, Handler
from runtime.log.committer import Committer
from runtime.log.memory import MemoryStore
from runtime.order import Order
from runtime.people.vault import MemoryVault
from runtime.rooms import services
from runtime.weight import MEMORY_OF_A_PAYLOAD_BYTE, slimmed
from services.budget.model.costs import COSTS
from services.budget.model.known import Known
from tests.snapshots.conftest import CountsReads, posting, postings

pytestmark = pytest.mark.unit

MANY = 500
SAMPLES = Path(__file__).parents[1] / "samples"


class CountingStore(CountsReads, MemoryStore):
    """A log in memory that counts the facts that it is asked for."""


@asynccontextmanager
async def room(states_mib: int) -> AsyncIterator[tuple[CountingStore, Handler]]:
    store = CountingStore("budget")
    async with Committer(store) as committer:
        yield (
            store,
            Handler(
                services()["budget"],
                store,
                committer,
                MemoryVault(),
                DatabaseClock(store),
                states_mib=states_mib,
            ),
        )


async def give(handler: Handler, production: str, command: Command) -> Handled:
    return await handler.handle(
        Order(
            production=production,
            command=command,
            command_id=str(uuid4()),
            actor="maya",
            principal="maya",
            known=Known(currency="USD", title="The Last Lighthouse"),
        )
    )


@pytest.mark.parametrize(("states_mib", "are_forgotten"), [(1, True), (64, False)])
async def test_states_beyond_their_memory_are_forgotten_and_nothing_else_is(
    states_mib: int, are_forgotten: bool
) -> None:
    films = [str(uuid4()) for _ in range(5)]
    async with room(states_mib) as (store, handler):
        for film in films:
            await give(handler, film, postings(0, MANY))
        store.read = 0
        for film in films:
            again = await give(handler, film, posting(3))
            other = await give(handler, film, posting(3, amount=11))
            assert (again.recorded, again.refusal) == ((), None)
            assert other.refusal is not None
            assert other.refusal["code"] == "posting-exists"
        assert (store.read > 0) is are_forgotten


async def test_a_state_larger_than_all_of_it_is_folded_each_time() -> None:
    film = str(uuid4())
    async with room(1) as (store, handler):
        for first in range(0, 4 * MANY, MANY):
            await give(handler, film, postings(first, first + MANY))
        for _ in range(2):
            store.read = 0
            await give(handler, film, posting(3))
            assert store.read >= 4 * MANY - 100


def memory_of(payloads: Sequence[str], prepare: Callable[[Sequence[Event]], None]) -> int:
    """Bytes of a costs' state that is folded of such postings."""
    shape = CostPosted.__name__
    COSTS.evolve(COSTS.initial, decode(f"budget.{shape}", 1, payloads[0]))
    gc.collect()
    tracemalloc.start()
    try:
        state = COSTS.initial
        for payload in payloads:
            event = decode(f"budget.{shape}", 1, payload)
            prepare([event])
            state = COSTS.evolve(state, event)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_the_memory_of_a_state_is_not_taken_for_less_than_it_is() -> None:
    payloads = [
        CostPosted(
            posting=f"INV-{number}",
            account=f"{2_000 + number % 40}",
            amount=Decimal(number) / 100,
            commitment=None,
            relieved=ZERO,
            description=f"timber for set {number}",
            incurred_on=date(2026, 9, 12),
        ).model_dump_json()
        for number in range(5_000)
    ]
    weight = sum(map(len, payloads))
    assert weight < memory_of(payloads, slimmed) < MEMORY_OF_A_PAYLOAD_BYTE * weight
    assert memory_of(payloads, slimmed) < 0.7 * memory_of(payloads, lambda _: None)


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_what_is_slimmed_says_the_same(file: Path) -> None:
    name, version, _ = file.name.rsplit(".", 2)
    before = decode(name, int(version[1:]), file.read_text())
    after = decode(name, int(version[1:]), file.read_text())
    slimmed([after])
    assert after == before
    assert after.model_dump_json() == before.model_dump_json()
    assert after.model_copy(update={}) == before
