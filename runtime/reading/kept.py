"""What a consumer keeps of itself beside its rows, as far as it must know the database behind it.

The methods are those of `Places` and `ParkedRows`, and say there what they do.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from events.envelope import Recorded
from runtime.reading.parking import Parked, ParkedRows
from runtime.reading.place import Place, Places


class Pool(Protocol):
    """Connections to one database. Whatever takes a connection takes the pool as well: it is a
    transaction of its own then."""

    def acquire(self) -> AbstractAsyncContextManager[Any]:
        """A connection; its `transaction()` is one that holds rows and place together."""
        ...


class PlaceTable(Protocol):
    """The places of one consumer."""

    async def load(
        self, connection: Any, log: str, *, incarnation: str, partitions: int
    ) -> list[Place]: ...

    async def move(self, connection: Any, place: Place, to: Place) -> None: ...

    async def hold(self, connection: Any, place: Place) -> int: ...

    async def let_go_on(self, connection: Any, place: Place) -> None: ...

    async def stop(self, connection: Any, place: Place, reason: str) -> None: ...

    async def start_again(self, connection: Any, place: Place | None = None) -> None: ...


class ParkedTable(Protocol):
    """Its parked productions."""

    async def all(
        self, connection: Any, productions: Sequence[str] | None = None
    ) -> list[Parked]: ...

    async def position(self, connection: Any, one: Parked) -> int | None: ...

    async def park(self, connection: Any, recorded: Recorded, reason: str) -> None: ...

    async def move_on(self, connection: Any, recorded: Recorded) -> None: ...

    async def fail(self, connection: Any, recorded: Recorded, reason: str) -> None: ...

    async def free(self, connection: Any, one: Parked) -> None: ...

    async def ask(self, connection: Any, production: str | None = None) -> None: ...


@dataclass(frozen=True)
class Kept:
    """Both of them."""

    places: PlaceTable
    parked: ParkedTable


def kept_in(schema: str) -> Kept:
    """What a consumer keeps in that schema of PostgreSQL."""
    return Kept(Places(schema), ParkedRows(schema))
