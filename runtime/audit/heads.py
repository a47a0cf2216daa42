"""Heads of logs, and the statement about them that is signed.

A head says how far a log was and, by a Merkle root over the last links of all productions' chains,
what it held. A statement holds the heads of all logs at one moment and names the statement before
it, so that statements are a chain too. Its bytes are canonical JSON: sorted keys, no spaces, UTF-8.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

from runtime.audit.merkle import leaf, root

LAYOUT = 1
BESIDE = "0" * 64
"""Stands for the statement before in one that is beside the line of anchors: it was signed for an
audit package, whose moment may lie before the last anchor."""

_HEX_64 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9a-f]{16}")
_LOG = re.compile(r"[a-z][a-z0-9_]*")


class MalformedStatement(ValueError):
    """Bytes that are no statement about heads; says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The last event of one production in one log: its position there and its hash."""

    production: str
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """How far one log was, and what it held.

    `position` and `recorded_at_us` (µs since 1970 UTC) are those of its last event, 0 of an empty
    log; `productions` counts the chains below `root` (hex).
    """

    log: str
    incarnation: str
    position: int
    recorded_at_us: int
    productions: int
    root: str

    @classmethod
    def of(cls, log: str, incarnation: str, recorded_at_us: int, ends: Iterable[ChainEnd]) -> Self:
        """The head of a log whose productions' chains end at `ends`."""
        ordered = ordered_ends(ends)
        return cls(
            log,
            incarnation,
            max((end.position for end in ordered), default=0),
            recorded_at_us,
            len(ordered),
            root(leaves_of(ordered)).hex(),
        )


def ordered_ends(ends: Iterable[ChainEnd]) -> list[ChainEnd]:
    """The ends of chains in the order of their leaves: by production, as a UUID."""
    return sorted(ends, key=lambda end: UUID(end.production).bytes)


def leaves_of(ordered: Iterable[ChainEnd]) -> list[bytes]:
    """Leaves of the tree below a head, for ends in the order of `ordered_ends`."""
    return [leaf(end.production, end.position, end.hash) for end in ordered]


@dataclass(frozen=True, slots=True)
class Handover:
    """One key gives up signing, and another goes on: both public keys, raw, in hex."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The heads of logs (sorted by log) at `at_us`, under the key with the id `key`.

    `previous` is the digest (hex) of the statement before it in the line of anchors, also where
    that was of the key before; of the first, none. With a `handover` they are the last heads that
    the old key signs, and the new one signs them too.
    """

    at_us: int
    key: str
    heads: tuple[Head, ...]
    previous: str | None
    handover: Handover | None = None

    def encoded(self) -> bytes:
        """The bytes that are signed."""
        fields = {
            "layout": LAYOUT,
            "at_us": self.at_us,
            "key": self.key,
            "heads": [asdict(head) for head in self.heads],
            "previous": self.previous,
        }
        if self.handover is not None:
            fields["handover"] = {"from": self.handover.old, "to": self.handover.new}
        return _canonical(fields)

    @property
    def digest(self) -> str:
        """The hex sha256 of its bytes, by which the next one names it."""
        return sha256(self.encoded()).hexdigest()

    def head(self, log: str) -> Head | None:
        """What it says of one log, if anything."""
        return next((head for head in self.heads if head.log == log), None)

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """The statement that `encoded` is.

        Raises:
            MalformedStatement: it is another layout, or not in the canonical form.
        """
        try:
            fields = json.loads(encoded)
        except (ValueError, RecursionError) as error:
            raise MalformedStatement("a statement is JSON in UTF-8, this is not") from error
        if not isinstance(fields, dict) or fields.get("layout") != LAYOUT:
            raise MalformedStatement(f"this is no statement of layout {LAYOUT}")
        try:
            heads = tuple(_head(one) for one in fields["heads"])
            given_up = fields.get("handover")
            handover = None if given_up is None else Handover(given_up["from"], given_up["to"])
            statement = cls(fields["at_us"], fields["key"], heads, fields["previous"], handover)
            _check(statement)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise MalformedStatement(f"a field of the statement is wrong: {error}") from error
        if statement.encoded() != encoded:
            raise MalformedStatement("the statement is not in its canonical form")
        return statement


def _head(fields: dict[str, Any]) -> Head:
    head = Head(**fields)
    for count in (head.position, head.recorded_at_us, head.productions):
        _refuse_unless(type(count) is int and 0 <= count < 2**63, f"{count!r} is no count")
    _refuse_unless(bool(_LOG.fullmatch(head.log)), f"{head.log!r} is no log")
    _refuse_unless(str(UUID(head.incarnation)) == head.incarnation, "an incarnation is a UUID")
    _refuse_unless(bool(_HEX_64.fullmatch(head.root)), "a root is 64 hexadecimal digits")
    return head


def _check(statement: Statement) -> None:
    at, previous = statement.at_us, statement.previous
    _refuse_unless(type(at) is int and 0 <= at < 2**63, f"{at!r} is no time")
    _refuse_unless(bool(_KEY.fullmatch(statement.key)), "a key's id is 16 hexadecimal digits")
    _refuse_unless(previous is None or bool(_HEX_64.fullmatch(previous)), "a digest is 64 digits")
    if (handover := statement.handover) is not None:
        for raw in (handover.old, handover.new):
            _refuse_unless(bool(_HEX_64.fullmatch(raw)), "a public key is 64 hexadecimal digits")
        old_id = sha256(bytes.fromhex(handover.old)).hexdigest()[:16]
        _refuse_unless(old_id == statement.key, "a key is given up by itself")
        _refuse_unless(handover.old != handover.new, "a key is given up for another one")
    logs = [head.log for head in statement.heads]
    _refuse_unless(logs == sorted(set(logs)), "heads stand in the order of their logs, once each")


def _refuse_unless(holds: bool, why: str) -> None:
    if not holds:
        raise ValueError(why)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
