"""Which productions are parked for whom, over all consumers of an installation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from runtime import rooms
from runtime.connecting import session
from runtime.process import consumer_schemas
from runtime.reading.parking import Parked, ParkedRows
from runtime.settings import Settings


@dataclass(frozen=True)
class Standing:
    """A parked production, and the consumer that it is parked for: a service, or a version of a
    read model."""

    consumer: str
    parked: Parked

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from all others."""
        return self.consumer, self.parked.log, self.parked.production

    def as_json(self) -> dict[str, Any]:
        """The whole of it, for operators: the reason may quote a fact."""
        one = self.parked
        return {
            "consumer": self.consumer,
            "production": one.production,
            "log": one.log,
            "position": one.position,
            "type": one.type,
            "reason": one.reason,
            "parked_at": one.parked_at.isoformat(),
            "tries": one.tries,
            "asked": one.asked_seconds is not None,
        }


def consumers() -> list[str]:
    """Every consumer of this build, by the name of its room."""
    return [*rooms.projections(), *rooms.services()]


async def standing(settings: Settings, names: Sequence[str]) -> list[Standing]:
    """What is parked for these consumers.

    Raises:
        LookupError: there is no such consumer, or its schema is not that of this build.
    """
    found: list[Standing] = []
    for name in names:
        for schema, url in (await consumer_schemas(settings, name)).items():
            try:
                async with session(url) as connection:
                    rows = await ParkedRows(schema).all(connection)
            except asyncpg.UndefinedTableError as error:
                raise LookupError(f"{error}: run `reel migrate`") from error
            consumer = name if name in rooms.services() else schema
            found += [Standing(consumer, one) for one in rows]
    return found


async def ask(settings: Settings, names: Sequence[str], production: str | None) -> None:
    """Marks what is parked for these consumers, of one production or of all, to be tried again."""
    for name in names:
        for schema, url in (await consumer_schemas(settings, name)).items():
            async with session(url) as connection:
                await ParkedRows(schema).ask(connection, production)
