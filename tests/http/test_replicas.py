"""Two processes serve one log, each with states of its own: neither ever answers from a stale one.

Interleavings 3, 4 and 5 of the architecture's section 6, on both stores.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from runtime.clock import DatabaseClock
from runtime.decider import Command
from runtime.handling import Handled, Handler, KeyReused
from runtime.log.committer import Committer
from runtime.log.contract import Store
from runtime.log.memory import MemoryStore
from runtime.log.postgres import PostgresStore
from runtime.order import Order
from runtime.people.vault import MemoryVault
from services.budget.api import service
from services.budget.commands import (
    AddLine,
    DraftBudget,
    LockBudget,
    RemoveLine,
    ReopenBudget,
    SubmitBudget,
)
from services.budget.policies import Known
from tests.http.film import CAST, LIGHTHOUSE_LINE
from tests.http.instance import Instance

pytestmark = pytest.mark.integration

KEEPER = AddLine.model_validate({"line": LIGHTHOUSE_LINE})
DAUGHTER = AddLine.model_validate({"line": LIGHTHOUSE_LINE | {"line": "1401-01"}})
KNOWN = Known(currency="USD", title="The Last Lighthouse")


@dataclass
class Replicas:
    """Two handlers, `a` and `b`, of one film's log."""

    store: Store
    a: Handler
    b: Handler
    production: str

    def order(self, command: Command, command_id: str | None = None) -> Order:
        return Order(
            production=self.production,
            command=command,
            command_id=command_id or str(uuid.uuid4()),
            actor="ingrid",
            principal="ingrid",
            known=KNOWN,
        )

    async def give(self, replica: Handler, *commands: Command) -> Handled:
        """What the last of the commands came to; the others are taken."""
        for command in commands:
            handled = await replica.handle(self.order(command))
        return handled

    async def facts(self) -> list[str]:
        found = await self.store.of_production(self.production)
        return [recorded.type.partition(".")[2] for recorded in found]


@pytest.fixture(params=["memory", "postgres"])
async def replicas(request: pytest.FixtureRequest) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        store: Store = MemoryStore("budget")
        if request.param == "postgres":
            instance: Instance = request.getfixturevalue("instance")
            url = instance.settings.database_url
            pool = await stack.enter_async_context(asyncpg.create_pool(url, min_size=1, max_size=4))
            store = PostgresStore("budget", pool)

        async def replica() -> Handler:
            committer = await stack.enter_async_context(Committer(store))
            return Handler(service, store, committer, MemoryVault(), DatabaseClock(store))

        both = Replicas(store, await replica(), await replica(), str(uuid.uuid4()))
        await both.give(both.a, DraftBudget.model_validate({"categories": [CAST]}), KEEPER)
        yield both


async def test_a_rejection_from_a_stale_state_is_not_given(replicas: Replicas) -> None:
    """A reopens; B still believes the budget submitted."""
    refused = await replicas.give(replicas.b, SubmitBudget(), DAUGHTER)
    assert refused.refusal is not None and refused.refusal["code"] == "budget-is-submitted"
    await replicas.give(replicas.a, ReopenBudget(reason="The gallery carries actors now"))
    added = await replicas.give(replicas.b, DAUGHTER)
    assert [one.type for one in added.recorded] == ["budget.LineAdded"]


async def test_a_decision_from_a_stale_state_is_not_recorded(replicas: Replicas) -> None:
    """A submits; B still believes the budget a draft."""
    assert (await replicas.give(replicas.b, KEEPER)).recorded == ()
    await replicas.give(replicas.a, SubmitBudget())
    refused = await replicas.give(replicas.b, DAUGHTER)
    assert refused.refusal is not None and refused.refusal["code"] == "budget-is-submitted"
    assert await replicas.facts() == ["BudgetDrafted", "LineAdded", "BudgetSubmitted"]


async def test_nothing_to_do_is_not_said_from_a_stale_state(replicas: Replicas) -> None:
    """A takes the line out; B still believes that it stands."""
    assert (await replicas.give(replicas.b, KEEPER)).recorded == ()
    await replicas.give(replicas.a, RemoveLine(line="1401-02", reason="Written out"))
    (added,) = (await replicas.give(replicas.b, KEEPER)).recorded
    assert (added.type, added.version) == ("budget.LineAdded", 4)


async def test_the_answer_of_one_replica_is_repeated_by_the_other(replicas: Replicas) -> None:
    """The answer to a lock was lost; the retry reaches the other replica, which sees it locked."""
    (submitted,) = (await replicas.give(replicas.a, SubmitBudget())).recorded
    facts: Any = submitted.event
    lock = LockBudget(
        version=1, content_hash=facts.content_hash, request="5c1f6a0e-9d24-8b37-a6f1-02e8d4b7c913"
    )
    order = replicas.order(lock)
    first, again = await replicas.a.handle(order), await replicas.b.handle(order)
    assert (first.replayed, again.replayed) == (False, True)
    assert (first.recorded, first.token) == (again.recorded, again.token)
    with pytest.raises(KeyReused):
        await replicas.b.handle(replicas.order(DAUGHTER, order.command_id))


async def test_nothing_and_a_refusal_are_repeated_by_the_other_replica(replicas: Replicas) -> None:
    nothing, refused = replicas.order(KEEPER), replicas.order(ReopenBudget(reason="Too early"))
    stray = replicas.order(RemoveLine(line="9", reason="Never there"))
    assert (await replicas.a.handle(nothing)).recorded == ()
    assert (await replicas.a.handle(refused)).recorded == ()
    first = await replicas.a.handle(stray)
    assert first.refusal is not None and first.refusal["code"] == "line-is-unknown"
    await replicas.give(replicas.a, RemoveLine(line="1401-02", reason="Cut"), DAUGHTER)
    await replicas.give(
        replicas.a, AddLine.model_validate({"line": LIGHTHOUSE_LINE | {"line": "9"}})
    )
    await replicas.give(replicas.a, SubmitBudget())
    for order in (nothing, refused):
        again = await replicas.b.handle(order)
        assert (again.recorded, again.refusal, again.replayed) == ((), None, True)
    again = await replicas.b.handle(stray)
    assert (again.refusal, again.replayed) == (first.refusal, True)


async def test_one_key_sent_to_both_at_once_has_one_effect(replicas: Replicas) -> None:
    for line in range(8):
        body = {"line": LIGHTHOUSE_LINE | {"line": f"{line}"}}
        order = replicas.order(AddLine.model_validate(body))
        both = await asyncio.gather(replicas.a.handle(order), replicas.b.handle(order))
        assert both[0].recorded == both[1].recorded
        assert sorted(one.replayed for one in both) == [False, True]
    assert len(await replicas.facts()) == 2 + 8


async def test_replicas_that_contend_for_one_stream_lose_no_command(replicas: Replicas) -> None:
    lines = [
        AddLine.model_validate({"line": LIGHTHOUSE_LINE | {"line": f"2-{n}"}}) for n in range(60)
    ]
    handled = await asyncio.gather(
        *(
            (replicas.a if n % 2 else replicas.b).handle(replicas.order(line))
            for n, line in enumerate(lines)
        )
    )
    versions = [recorded.version for one in handled for recorded in one.recorded]
    assert sorted(versions) == list(range(3, 63))
