"""The load: distinct commands over 10,000 streams, 64 in flight, on a log that is not empty."""

import asyncio
import itertools
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from events.budget import CommitmentRaised
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.contract import Append, NewEvent, Outcome, Store
from runtime.order import Order
from services.budget.commands import RaiseCommitment
from services.budget.policies import Known

IN_FLIGHT = 64
STREAMS = 10_000
BULK_EVENTS = 1_000

_KNOWN = Known(currency="USD", title="The Last Lighthouse")


@dataclass(frozen=True)
class Figure:
    """What one run reached: commands a second, and latencies in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    commands: int


class Load:
    """Productions to write to, and a count of what the log acknowledged."""

    def __init__(self) -> None:
        self.productions = [str(uuid.uuid4()) for _ in range(STREAMS)]
        self.acknowledged_events = 0
        self._versions: dict[str, int] = {}
        self._numbers = itertools.count(1)

    async def prefill(self, store: Store, events: int) -> None:
        """Fills the log with other productions' events, in commands of 1,000."""
        for _ in range(events // BULK_EVENTS):
            production = str(uuid.uuid4())
            facts = tuple(self._event() for _ in range(BULK_EVENTS))
            append = _append(production, f"costs-{production}", 0, facts)
            (answer,) = await store.append([append])
            assert answer.outcome is Outcome.RECORDED
            self.acknowledged_events += BULK_EVENTS

    async def append(self, committer: Committer, seconds: float) -> Figure:
        """The append alone: one event a command, the stream's version known."""

        async def one(production: str) -> None:
            stream = f"append-{production}"
            version = self._versions.get(stream, 0)
            append = _append(production, stream, version, (self._event(),))
            answer = await committer.append(append)
            assert answer.outcome is Outcome.RECORDED, answer
            self._versions[stream] = answer.version
            self.acknowledged_events += 1

        return await self._drive(one, seconds)

    async def command(self, handler: Handler, seconds: float) -> Figure:
        """The whole path of a command: repeat lookup, state, decision, append."""

        async def one(production: str) -> None:
            number = next(self._numbers)
            handled = await handler.handle(
                Order(
                    production=production,
                    command=RaiseCommitment(
                        commitment=f"PO-{number}",
                        account="3601",
                        amount=Decimal("1250.00"),
                        description="Lantern room, scaffolding and weather cover",
                        raised_on=date(2026, 9, 7),
                    ),
                    command_id=str(uuid.uuid4()),
                    actor="person-bench",
                    principal="person-bench",
                    known=_KNOWN,
                )
            )
            assert len(handled.recorded) == 1, handled
            self.acknowledged_events += 1

        return await self._drive(one, seconds)

    async def _drive(self, one: Callable[[str], Awaitable[None]], seconds: float) -> Figure:
        """Each of 64 callers gives one command after the other, each to a stream of its share."""
        latencies: list[float] = []
        began = time.perf_counter()
        until = began + seconds

        async def caller(share: int) -> None:
            own = itertools.cycle(self.productions[share::IN_FLIGHT])
            while (asked := time.perf_counter()) < until:
                await one(next(own))
                latencies.append(time.perf_counter() - asked)

        await asyncio.gather(*(caller(share) for share in range(IN_FLIGHT)))
        took = time.perf_counter() - began
        latencies.sort()
        return Figure(
            per_second=len(latencies) / took,
            p50_ms=1000 * latencies[len(latencies) // 2],
            p99_ms=1000 * latencies[len(latencies) * 99 // 100],
            commands=len(latencies),
        )

    def _event(self) -> NewEvent:
        event = CommitmentRaised(
            commitment=f"PO-{next(self._numbers)}",
            account="3601",
            amount=Decimal("1250.00"),
            description="Lantern room, scaffolding and weather cover",
            raised_on=date(2026, 9, 7),
        )
        return NewEvent(str(uuid.uuid4()), *event.wire(), event.encode(), 1_788_739_200_000_000)


def _append(production: str, stream: str, expected: int, events: tuple[NewEvent, ...]) -> Append:
    command_id = str(uuid.uuid4())
    return Append(
        command_id=command_id,
        fingerprint=uuid.UUID(command_id).bytes,
        production=production,
        stream=stream,
        expected=expected,
        actor="person-bench",
        correlation=command_id,
        events=events,
    )
