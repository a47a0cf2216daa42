"""Facts that a fold of the past stumbles over: named, told with the cure, and in the process's log.

The live reader parks on the same ones. Nothing is parked here, since nothing is kept.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from events.envelope import Recorded
from runtime.reading.parking import Parked, ProductionIsParked, told
from runtime.reading.trouble import reason_of
from runtime.view import Change, Rows, View

logger = structlog.get_logger()


class Stumbled(ProductionIsParked):
    """A fact that cannot be folded: of the moments behind it there is no answer."""

    def __init__(self, consumer: str, recorded: Recorded, reason: str) -> None:
        self.recorded = recorded
        self.reason = reason
        super().__init__(
            f"{consumer} cannot fold the {recorded.type} at {recorded.log} {recorded.position} "
            f"({told(reason)}): ask for a moment before {recorded.recorded_at.isoformat()}, or "
            "once that is mended; the log of this process has the reason as `moment_not_folded`"
        )

    def as_parked(self, at: datetime) -> Parked:
        """What an answer about many productions names, as it does the parked ones."""
        one = self.recorded
        where = one.log, one.partition, one.production, one.position, one.type
        return Parked(*where, self.reason, at, tries=1, asked_seconds=None)


@contextmanager
def blamed(consumer: str, facts: Iterable[Recorded]) -> Iterator[Iterator[Recorded]]:
    """Gives the same facts: what fails inside fails because of the last one that was given; raises
    `Stumbled` then."""
    last: Recorded | None = None

    def given() -> Iterator[Recorded]:
        nonlocal last
        for one in facts:
            last = one
            yield one

    try:
        yield given()
    except MemoryError:
        raise
    except Exception as error:
        if last is None:
            raise
        raise _stumbled(consumer, last, error) from error


@dataclass(frozen=True)
class BlamingView(View):
    """A view whose folds say which fact they stumble over; `name` is whose view it is."""

    name: str = field(kw_only=True)

    @classmethod
    def of(cls, view: View, name: str) -> "BlamingView":
        """The same view."""
        return cls(view.logs, view.tables, view.evolve, view.written_only, name=name)

    def fold(self, recorded: Iterable[Recorded], rows: Rows | None = None) -> Rows:
        with blamed(self.name, recorded) as facts:
            return super().fold(facts, rows)

    def trace(self, recorded: Iterable[Recorded], rows: Rows) -> Iterator[Change]:
        with blamed(self.name, recorded) as facts:
            yield from super().trace(facts, rows)


def _stumbled(consumer: str, recorded: Recorded, error: Exception) -> Stumbled:
    reason = reason_of(error)
    logger.error(
        "moment_not_folded",
        consumer=consumer,
        log=recorded.log,
        production=recorded.production,
        position=recorded.position,
        type=recorded.type,
        reason=reason,
        exc_info=error,
    )
    return Stumbled(consumer, recorded, reason)
