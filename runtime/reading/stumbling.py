"""Facts that a fold of the past stumbles over: named, told with the cure, and in the process's log.

The live reader parks on the same ones. Nothing is parked here, since nothing is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import structlog

from events.envelope import Recorded
from runtime.reading.parking import Parked, ProductionIsParked, told
from runtime.reading.trouble import reason_of
from runtime.view import Row, Rows, View

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
def blamed(consumer: str, recorded: Recorded) -> Iterator[None]:
    """What fails inside fails because of this fact; raises `Stumbled` then."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        raise _stumbled(consumer, recorded, error) from error


def blaming(consumer: str, view: View) -> View:
    """The same view, whose fold says which fact it stumbles over."""

    def evolve(rows: Rows, recorded: Recorded) -> Iterator[Row]:
        # As `blamed` does it, which would take a third as long as the fold itself.
        try:
            yield from view.evolve(rows, recorded)
        except MemoryError:
            raise
        except Exception as error:
            raise _stumbled(consumer, recorded, error) from error

    return replace(view, evolve=evolve)


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
