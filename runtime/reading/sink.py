"""What a consumer does with facts: a read model's rows, or what a service makes of them."""

from collections.abc import Sequence
from typing import Any, Protocol

from events.envelope import Recorded
from runtime.reading.parking import Parked
from runtime.reading.place import Place

Connection = Any


class Sink(Protocol):
    """What a consumer does with facts. Called for one partition at a time, in its order."""

    async def prepare(self, events: Sequence[Recorded], behind: Place | Parked) -> Any:
        """What must be done before the place may move; may be called again for the same facts.

        They follow a place, or stand where a parked production does.

        Raises:
            PlaceMoved: they do not follow it any more.
            TooEarly: it cannot be done yet.
            HalfHeard: it cannot be done before something else is mended.
        """
        ...

    async def apply(
        self, connection: Connection, events: Sequence[Recorded], prepared: Any
    ) -> None:
        """Writes what follows from the facts, inside the transaction that moves the place.

        Raises:
            Overtaken: what was prepared rests on rows that have changed since.
        """
        ...

    def forget(self, log: str, partition: int) -> None:
        """Drops what is held in memory of a partition: somebody else may have changed its rows."""
        ...
