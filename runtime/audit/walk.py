"""Walks one log, event after event: every promise about it that can be seen in it alone."""

from collections.abc import Iterator
from typing import NamedTuple

from events.envelope import GENESIS, Recorded
from runtime.audit.findings import Finding, Standing
from runtime.audit.heads import ChainEnd
from runtime.log.partition import partition_of

_OF_ONE_COMMAND = ("production", "stream", "actor", "correlation", "causation", "hops")


class _Broken(NamedTuple):
    what: str
    expected: object
    found: object


class Walk:
    """Takes the events of a log in their order and answers the first thing that is wrong.

    It keeps one entry a production and one a stream, however many events there are.
    """

    def __init__(self, log: str, partitions: int) -> None:
        self.ends: dict[str, ChainEnd] = {}
        self.last: Recorded | None = None
        self._log = log
        self._heads = [0] * partitions
        self._streams: dict[str, tuple[int, str]] = {}

    def take(self, recorded: Recorded) -> Finding | None:
        """What is wrong with the next event of the log, if anything is."""
        found = self._place(recorded) or self._command(recorded) or self._chain(recorded)
        if found is not None:
            return self._finding(recorded, found)
        self._heads[recorded.partition] = recorded.position
        self._move(recorded)
        return None

    def take_chain(self, recorded: Recorded) -> Finding | None:
        """The same for the next event of one production, where the others are not read."""
        found = self._chain(recorded)
        if found is not None:
            return self._finding(recorded, found)
        self._move(recorded)
        return None

    def _move(self, recorded: Recorded) -> None:
        self.ends[recorded.production] = ChainEnd(
            recorded.production, recorded.position, recorded.hash
        )
        self._streams[recorded.stream] = (recorded.version, recorded.production)
        self.last = recorded

    def _finding(self, recorded: Recorded, broken: _Broken) -> Finding:
        return Finding(
            self._log,
            broken.what,
            str(broken.expected),
            str(broken.found),
            recorded.position,
            recorded.production,
        )

    def _place(self, one: Recorded) -> _Broken | None:
        """Position, partition and the position before it there."""
        position = self.last.position + 1 if self.last else 1
        if one.position != position:
            return _Broken("positions have a gap, or one comes twice", position, one.position)
        partition = partition_of(one.production, len(self._heads))
        if one.partition != partition:
            return _Broken(
                "it is in another partition than its production's", partition, one.partition
            )
        if one.previous != self._heads[partition]:
            before = self._heads[partition]
            return _Broken(
                "the position before it in its partition is another", before, one.previous
            )
        return None

    def _command(self, one: Recorded) -> _Broken | None:
        """Events of one command follow each other, numbered from 0, and share what is its own."""
        last = self.last
        if last is None or one.command_id != last.command_id:
            return (
                None
                if one.ordinal == 0
                else _Broken("a command's first event is missing", 0, one.ordinal)
            )
        if one.ordinal != last.ordinal + 1:
            return _Broken("a command's events are out of order", last.ordinal + 1, one.ordinal)
        for name in _OF_ONE_COMMAND:
            mine, its = getattr(one, name), getattr(last, name)
            if mine != its:
                return _Broken(f"two events of one command differ in their {name}", its, mine)
        return None

    def _chain(self, one: Recorded) -> _Broken | None:
        """Version, time and hash."""
        version, production = self._streams.get(one.stream, (0, one.production))
        if one.production != production:
            return _Broken("its stream is another production's", production, one.production)
        if one.version != version + 1:
            return _Broken(f"versions of {one.stream} have a gap", version + 1, one.version)
        if self.last is not None and one.recorded_at_us <= self.last.recorded_at_us:
            earlier = f"after {self.last.recorded_at_us}"
            return _Broken(
                "it is not recorded after the event before it", earlier, one.recorded_at_us
            )
        end = self.ends.get(one.production)
        hash_ = one.hash_after(end.hash if end else GENESIS)
        if one.hash != hash_:
            return _Broken(f"the hash of {one.type} is another", hash_.hex(), one.hash.hex())
        return None

    def against(self, standing: Standing) -> Finding | None:
        """What the log's own head says otherwise than its events, once all of them were taken."""
        return next(self._differences(standing), None)

    def _differences(self, standing: Standing) -> Iterator[Finding]:
        position = self.last.position if self.last else 0
        time_us = self.last.recorded_at_us if self.last else 0
        for what, expected, found in (
            ("the head is not at the last event", position, standing.position),
            ("there are events behind the head", standing.position, standing.last_position),
            ("the log holds another number of events than positions", position, standing.events),
            (
                "the head's partitions are not those of the events",
                self._heads,
                list(standing.partitions),
            ),
        ):
            if expected != found:
                yield Finding(self._log, what, str(expected), str(found), position or None)
        if standing.time_us < time_us:
            what = "the head's time is before its last event's"
            yield Finding(self._log, what, str(time_us), str(standing.time_us), position or None)
