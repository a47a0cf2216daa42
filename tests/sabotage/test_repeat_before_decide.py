"""A repeat is answered before anything is decided: no rule of today judges a command of before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from events.event import Event
from runtime.clock import DatabaseClock
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.memory import MemoryStore
from runtime.order import Order
from runtime.people.vault import MemoryVault
from runtime.rooms import Service, services
from services.budget.commands import RaiseCommitment
from services.budget.policies import Known

pytestmark = pytest.mark.unit


async def test_a_repeat_is_answered_without_deciding_again() -> None:
    budget = services()["budget"]
    decided: list[str] = []

    def counted(room: Any) -> Any:
        def decide(state: Any, command: Any, context: Any) -> Sequence[Event]:
            decided.append(type(command).__name__)
            events: Sequence[Event] = room.decide(state, command, context)
            return events

        return replace(room, decide=decide)

    service: Service = replace(
        budget, deciders=tuple(counted(decider) for decider in budget.deciders)
    )
    store = MemoryStore("budget")
    order = Order(
        production=str(uuid4()),
        command=RaiseCommitment(
            commitment="PO-1001",
            account="3601",
            amount=Decimal("1250.00"),
            description="Keeper's cottage, six weeks",
            raised_on=date(2026, 9, 7),
        ),
        command_id=str(uuid4()),
        actor="person-lucille",
        principal="person-lucille",
        known=Known(currency="USD", title="The Last Lighthouse"),
    )
    async with Committer(store) as committer:
        handler = Handler(service, store, committer, MemoryVault(), DatabaseClock(store))
        first = await handler.handle(order)
        again = await handler.handle(order)
    assert decided == ["RaiseCommitment"]
    assert again.replayed
    assert again.recorded == first.recorded
