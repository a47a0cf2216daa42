"""The envelope: where, when and by whom a fact was recorded, and the hash that seals it.

The hash chain is one per production and log, so that one production can be handed out and checked
alone. Partition and the previous position in it are transport and stand outside the hash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from events.event import Event, decode

HASH_LAYOUT = b"\x01"
GENESIS = bytes(32)
"""What stands for the hash before a production's first event in a log."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """`moment` (aware) as whole microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(time_us: int) -> datetime:
    """The aware UTC time of `time_us` microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=time_us)


class _Decoded:
    """What a fact says, decoded once."""

    __slots__ = ("_event",)

    _event: Event | None
    type: str
    schema_version: int
    payload: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "_event", None)

    @property
    def event(self) -> Event:
        """The fact itself, in its present shape; raises as `events.event.decode` does."""
        if self._event is None:
            event = decode(self.type, self.schema_version, self.payload)
            object.__setattr__(self, "_event", event)
            return event
        return self._event


@dataclass(frozen=True, slots=True)
class Recorded(_Decoded):
    """One fact as its log holds it. Positions count from 1 over the log, versions over the stream.

    Times are microseconds since 1970 UTC. `previous` is the position of the event before it in its
    partition (0 for the first); `ordinal` counts the events of one command from 0.
    """

    log: str
    production: str
    stream: str
    version: int
    position: int
    partition: int
    previous: int
    id: str
    ordinal: int
    type: str
    schema_version: int
    payload: str
    recorded_at_us: int
    effective_at_us: int
    actor: str
    command_id: str
    correlation: str
    causation: str | None
    hops: int
    hash: bytes

    @classmethod
    def of(cls, log: str, row: Iterable[Any]) -> "Recorded":
        """The fact of a row that has every field behind `log`, in this order: many are read at
        once, and a frozen class would set its fields one by one, each in ten times the time.

        Raises:
            ValueError: the row has more fields or fewer.
        """
        recorded: Any = _Open()
        recorded._event = None
        recorded.log = log
        (
            recorded.production,
            recorded.stream,
            recorded.version,
            recorded.position,
            recorded.partition,
            recorded.previous,
            recorded.id,
            recorded.ordinal,
            recorded.type,
            recorded.schema_version,
            recorded.payload,
            recorded.recorded_at_us,
            recorded.effective_at_us,
            recorded.actor,
            recorded.command_id,
            recorded.correlation,
            recorded.causation,
            recorded.hops,
            recorded.hash,
        ) = row
        recorded.__class__ = cls
        return cast("Recorded", recorded)

    @property
    def recorded_at(self) -> datetime:
        """When the log took it."""
        return moment_of(self.recorded_at_us)

    @property
    def effective_at(self) -> datetime:
        """From when it holds in the world."""
        return moment_of(self.effective_at_us)

    def hash_after(self, previous_hash: bytes) -> bytes:
        """The hash that this event must have behind the production's `previous_hash`.

        sha256(layout version, then every field behind its length as 4 bytes, big endian; a missing
        field has the length 0xffffffff; integers are 4 or 8 bytes, big endian, signed).
        """
        return sha256(
            HASH_LAYOUT
            + b"".join(
                b"\xff\xff\xff\xff" if field is None else len(field).to_bytes(4, "big") + field
                for field in (
                    self.log.encode(),
                    self.production.encode(),
                    self.stream.encode(),
                    self.id.encode(),
                    self.ordinal.to_bytes(4, "big"),
                    self.type.encode(),
                    self.schema_version.to_bytes(4, "big"),
                    self.payload.encode(),
                    self.effective_at_us.to_bytes(8, "big", signed=True),
                    self.actor.encode(),
                    self.command_id.encode(),
                    self.correlation.encode(),
                    None if self.causation is None else self.causation.encode(),
                    self.hops.to_bytes(4, "big"),
                    self.version.to_bytes(4, "big"),
                    self.position.to_bytes(8, "big"),
                    self.recorded_at_us.to_bytes(8, "big", signed=True),
                    previous_hash,
                )
            )
        ).digest()


class _Open(_Decoded):
    """A `Recorded` whose fields can still be set."""

    __slots__ = Recorded.__slots__


class BrokenChain(Exception):
    """A production's chain does not hold: the first event that is not what it was."""


def verified(chain: Iterable[Recorded], previous_hash: bytes = GENESIS) -> bytes:
    """Walks one production's events of one log in order and answers its last hash.

    Raises:
        BrokenChain: names the first event whose hash does not follow from the one before it.
    """
    for recorded in chain:
        if recorded.hash_after(previous_hash) != recorded.hash:
            raise BrokenChain(
                f"{recorded.log} position {recorded.position} ({recorded.type} in "
                f"{recorded.stream}) does not follow from the event before it"
            )
        previous_hash = recorded.hash
    return previous_hash


def cloud_event_headers(recorded: Recorded, incarnation: str) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0, Kafka binary mode: every field but the payload and the key."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", recorded.id.encode()),
        ("ce_type", recorded.type.encode()),
        ("ce_source", f"/reel/{recorded.log}".encode()),
        ("ce_subject", recorded.stream.encode()),
        ("ce_time", recorded.recorded_at.isoformat(timespec="microseconds").encode()),
        ("ce_production", recorded.production.encode()),
        ("ce_schemaversion", b"%d" % recorded.schema_version),
        ("ce_incarnation", incarnation.encode()),
        ("ce_position", b"%d" % recorded.position),
        ("ce_previous", b"%d" % recorded.previous),
        ("ce_streamversion", b"%d" % recorded.version),
        ("ce_ordinal", b"%d" % recorded.ordinal),
        ("ce_effective", b"%d" % recorded.effective_at_us),
        ("ce_actor", recorded.actor.encode()),
        ("ce_command", recorded.command_id.encode()),
        ("ce_correlation", recorded.correlation.encode()),
        ("ce_hops", b"%d" % recorded.hops),
        ("ce_hash", recorded.hash.hex().encode()),
        ("content-type", b"application/json"),
    ]
    if recorded.causation is not None:
        headers.append(("ce_causation", recorded.causation.encode()))
    return headers


def from_cloud_event(
    headers: Mapping[str, bytes], payload: bytes, partition: int
) -> tuple[str, Recorded]:
    """The log's incarnation and the fact that a Kafka record carries.

    Raises:
        KeyError, ValueError: a header is missing or malformed.
    """
    text = {name: value.decode() for name, value in headers.items()}
    fields = (
        text["ce_production"],
        text["ce_subject"],
        int(text["ce_streamversion"]),
        int(text["ce_position"]),
        partition,
        int(text["ce_previous"]),
        text["ce_id"],
        int(text["ce_ordinal"]),
        text["ce_type"],
        int(text["ce_schemaversion"]),
        payload.decode(),
        microseconds(datetime.fromisoformat(text["ce_time"])),
        int(text["ce_effective"]),
        text["ce_actor"],
        text["ce_command"],
        text["ce_correlation"],
        text.get("ce_causation"),
        int(text["ce_hops"]),
        bytes.fromhex(text["ce_hash"]),
    )
    return text["ce_incarnation"], Recorded.of(text["ce_source"].rpartition("/")[2], fields)
