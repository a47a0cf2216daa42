"""Offsets are shown beside the work: whoever stops meanwhile neither waits for it nor cuts it off."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.kafka import bus
from runtime.kafka.bus import Subscription
from runtime.settings import Settings

pytestmark = pytest.mark.unit


async def showing_by(
    commit: Callable[[], Awaitable[None]], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> "tuple[Subscription, asyncio.Task[None]]":
    """A subscription that has just read, and its task that shows offsets after so many seconds."""

    async def stopped() -> None:
        return None

    consumer: Any = SimpleNamespace(name="ledger", stores={"budget": None})
    subscription = Subscription(Settings(kafka="127.0.0.1:9"), consumer, "ledger")
    monkeypatch.setattr(bus, "SHOWN_SECONDS", seconds)
    monkeypatch.setattr(Subscription, "kafka", SimpleNamespace(commit=commit))
    monkeypatch.setattr(subscription._broker, "stop", stopped)
    await subscription._on_batch(())
    assert subscription._showing is not None
    return subscription, subscription._showing


async def test_a_stop_leaves_the_offsets_that_are_on_their_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """aiokafka sends them by a task of its own, whose failure nobody would hear of."""
    begun, answered = asyncio.Event(), asyncio.Event()
    ends: list[str] = []

    async def commit() -> None:
        begun.set()
        try:
            await answered.wait()
            ends.append("answered")
        except asyncio.CancelledError:
            ends.append("cut off")
            raise

    subscription, showing = await showing_by(commit, 0, monkeypatch)
    await begun.wait()
    await subscription.stop()
    answered.set()
    await asyncio.wait_for(showing, 5)
    assert ends == ["answered"]


async def test_nothing_is_shown_behind_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def commit() -> None:
        raise AssertionError("the group was left")

    subscription, showing = await showing_by(commit, 0.01, monkeypatch)
    await subscription.stop()
    await asyncio.wait_for(showing, 5)
