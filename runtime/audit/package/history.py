"""What a package holds: one production's facts in every log, up to one moment of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from events.approval import ProductionOpened, Role
from events.envelope import Recorded, moment_of, verified
from runtime import rooms
from runtime.log.contract import Store
from runtime.log.postgres import PostgresStore
from runtime.pools import Pools
from runtime.reading.moment import BadMoment, Moment
from runtime.reading.past import Past
from runtime.view import View
from runtime.web.problems import Gone

EVERYTHING = View(logs=(), tables=(), evolve=lambda rows, recorded: ())
"""Facts are read, not folded."""


class NoSuchProduction(LookupError):
    """No log holds anything of it at that moment."""


@dataclass(frozen=True)
class End:
    """How far one log was at the moment: the last position in it, of any production."""

    incarnation: str
    position: int
    recorded_at_us: int


@dataclass(frozen=True)
class History:
    """One production at `at`. `left_out` says of logs why they are not handed over, though what is
    not restricted of them may be told."""

    production: str
    at: datetime
    ends: Mapping[str, End]
    events: Mapping[str, Sequence[Recorded]]
    left_out: Mapping[str, str]

    @cached_property
    def opened(self) -> ProductionOpened:
        """Its opening; raises `NoSuchProduction`."""
        for recorded in self.in_order:
            if isinstance(recorded.event, ProductionOpened):
                return recorded.event
        raise NoSuchProduction(
            f"no production {self.production} had been opened by {self.at:%Y-%m-%d %H:%M:%S} UTC"
        )

    @cached_property
    def in_order(self) -> list[Recorded]:
        """The facts of all logs, each behind its cause."""
        found = (recorded for events in self.events.values() for recorded in events)
        return sorted(found, key=lambda recorded: recorded.recorded_at_us)

    @property
    def moment(self) -> Moment:
        """The moment as a vector, over all logs."""
        return Moment({log: (end.incarnation, end.position) for log, end in self.ends.items()})

    @property
    def handed_over(self) -> dict[str, Sequence[Recorded]]:
        """The facts of the logs that are not left out."""
        return {log: told for log, told in self.events.items() if log not in self.left_out}


def left_out_for(role: Role) -> dict[str, str]:
    """The logs that are not for that role, each with why."""
    return {
        name: f"it is not for the role {role.value}"
        for name, service in rooms.services().items()
        if service.trail_for is not None and role not in service.trail_for
    }


async def history_of(
    pools: Pools, production: str, as_of: Moment | datetime | None, left_out: Mapping[str, str]
) -> History:
    """What all logs hold of `production`, with its chains checked.

    Raises:
        BrokenChain: a log was changed; nothing is handed out of it.
        NoSuchProduction, BadMoment: with the cure.
    """
    stores = {log: PostgresStore(log, await pools.of(log)) for log in rooms.services()}
    past = Past(EVERYTHING, stores)
    # By the clock that is furthest behind no log is asked for a time that it has not reached.
    now = moment_of(min([await store.now_us() for store in stores.values()]))
    try:
        cut = await past.cut(as_of or now, None, now)
    except Gone as error:
        raise BadMoment(str(error)) from error
    events: dict[str, list[Recorded]] = {log: [] for log in stores}
    facts, _ = await past.facts(production, cut)
    for one in facts:
        events[one.log].append(one)
    for told in events.values():
        verified(told)
    ends = {log: await _end(store, *cut.moment.at[log]) for log, store in stores.items()}
    found = History(production, cut.at, ends, events, left_out)
    _ = found.opened
    return found


async def _end(store: Store, incarnation: str, position: int) -> End:
    last = await store.page(position - 1, 1) if position else []
    return End(incarnation, position, last[0].recorded_at_us if last else 0)
