"""The load: distinct commands over 10,000 streams, 64 in flight, on a log that is not empty."""

import asyncio
import itertools
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from bench.figures import Figure, figure_of
from bench.recount import Acknowledged
from events.budget import CommitmentRaised
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.contract import Append, NewEvent, Outcome
from runtime.order import Order
from services.budget.commands import RaiseCommitment
from services.budget.policies import Known

IN_FLIGHT = 64
STREAMS = 10_000
EFFECTIVE_US = 1_788_739_200_000_000

_KNOWN = Known(currency="USD", title="The Last Lighthouse")


class Load:
    """Streams to write to, at the versions where they are, and what the log acknowledged.

    `streams` gives each stream its production; without it there are 10,000 new ones.
    """

    def __init__(self, streams: Sequence[tuple[str, str, int]] | None = None) -> None:
        if streams is None:
            new = [str(uuid.uuid4()) for _ in range(STREAMS)]
            streams = [(f"append-{production}", production, 0) for production in new]
        self.acknowledged = Acknowledged()
        self.productions = [production for _, production, _ in streams]
        self._streams = [stream for stream, _, _ in streams]
        self._versions = [version for _, _, version in streams]
        self._numbers = itertools.count(1)

    async def append(
        self, committer: Committer, seconds: float, events: int = 1, callers: int = IN_FLIGHT
    ) -> Figure:
        """The append alone, to streams whose versions are known: `events` facts a command."""

        async def one(n: int) -> None:
            facts = tuple(self.new_event() for _ in range(events))
            append = append_of(self.productions[n], self._streams[n], self._versions[n], facts)
            answer = await committer.append(append)
            assert answer.outcome is Outcome.RECORDED, answer
            self._versions[n] = answer.version
            self.acknowledged.add(fact.id for fact in facts)

        return await drive(one, self._shares(callers), seconds)

    async def command(self, handler: Handler, seconds: float, *, hot: bool = False) -> Figure:
        """The whole path of a command: repeat lookup, state, decision, append; `hot` gives all of
        them to one stream."""

        async def one(n: int) -> None:
            number = next(self._numbers)
            handled = await handler.handle(
                Order(
                    production=self.productions[0 if hot else n],
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
            self.acknowledged.add(recorded.id for recorded in handled.recorded)

        return await drive(one, self._shares(IN_FLIGHT), seconds)

    def _shares(self, callers: int) -> list[Iterator[int]]:
        """Streams for each caller: no two of them wait for the same one."""
        every = range(len(self.productions))
        return [itertools.cycle(every[share::callers]) for share in range(callers)]

    def new_event(self) -> NewEvent:
        """One fact, of a number of its own."""
        event = CommitmentRaised(
            commitment=f"PO-{next(self._numbers)}",
            account="3601",
            amount=Decimal("1250.00"),
            description="Lantern room, scaffolding and weather cover",
            raised_on=date(2026, 9, 7),
        )
        return NewEvent(str(uuid.uuid4()), *event.wire(), event.encode(), EFFECTIVE_US)


async def drive(
    one: Callable[[int], Awaitable[None]], shares: Sequence[Iterator[int]], seconds: float
) -> Figure:
    """Each of so many callers does one thing after the other, each with numbers of its share."""
    latencies: list[float] = []
    began = time.perf_counter()
    until = began + seconds

    async def caller(own: Iterator[int]) -> None:
        while (asked := time.perf_counter()) < until:
            await one(next(own))
            latencies.append(time.perf_counter() - asked)

    await asyncio.gather(*(caller(share) for share in shares))
    return figure_of(latencies, time.perf_counter() - began)


def append_of(production: str, stream: str, expected: int, events: tuple[NewEvent, ...]) -> Append:
    """A command of those facts, under an id of its own."""
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
