"""The keys that count, as each signed for the next one: followed from any of them to all others.

A key that gives up says with its last heads where it ends. What it signs of later times or
positions counts no more, whoever has it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from events.envelope import moment_of
from runtime.audit.findings import ANCHORS, Finding
from runtime.audit.heads import MalformedStatement, Statement
from runtime.audit.lines import HANDOVER_PREFIX, SignedHeads
from runtime.audit.signing import ForgedHeads, check_signature, key_id, raw_key


@dataclass
class Keys:
    """`known` by id; `handovers` are the lines by which one gave up for the next, oldest first."""

    known: dict[str, Ed25519PublicKey]
    handovers: list[SignedHeads] = field(default_factory=list)

    @classmethod
    def following(
        cls, given: Iterable[Ed25519PublicKey], lines: Iterable[str], *, onward: bool = True
    ) -> "Keys":
        """Those given, those before them, and, if `onward`, those that came after, as far as
        `lines` tell."""
        keys = cls({key_id(key): key for key in given})
        told = dict.fromkeys(_handovers(lines))
        while found := [one for one in told if keys._follows(one, onward)]:
            for one in found:
                told.pop(one)
                keys.handovers.append(one)
                old, new = _both(one.statement)
                keys.known |= {key_id(old): old, key_id(new): new}
        keys.handovers.sort(key=lambda one: one.statement.at_us)
        return keys

    def _follows(self, signed: SignedHeads, onward: bool) -> bool:
        old, new = _both(signed.statement)
        return self._has(new) or (onward and self._has(old))

    def _has(self, key: Ed25519PublicKey) -> bool:
        known = self.known.get(key_id(key))
        return known is not None and raw_key(known) == raw_key(key)

    def given_up(self, key: str) -> list[Statement]:
        """By which statements the key with that id ended: one, unless somebody else has it too."""
        return [one.statement for one in self.handovers if one.statement.key == key]

    def checked(self, signed: SignedHeads) -> Statement:
        """What is stated, if a key signed it that counts there.

        Raises:
            ForgedHeads: none did.
        """
        key = self.known.get(signed.statement.key)
        if key is None:
            raise ForgedHeads(
                f"signed by the key {signed.statement.key}, which is not one that counts"
            )
        statement = check_signature(signed, key)
        for end in self.given_up(statement.key):
            if statement != end and (beyond := _beyond(statement, end)):
                raise ForgedHeads(f"signed by the key {statement.key} {beyond}")
        return statement

    def findings(self) -> Iterator[Finding]:
        """Keys that gave up for two others: whoever has such a one signed for a key of his own."""
        for key in {one.statement.key: None for one in self.handovers}:
            new = [one.handover.new for one in self.given_up(key) if one.handover]
            if len(new) > 1:
                what = f"the key {key} was given up more than once: somebody else has it"
                yield Finding(ANCHORS, what, f"for {new[0]} alone", f"for {' and '.join(new)}")

    def remarks(self) -> Iterator[str]:
        """Since when which key signs."""
        for one in self.handovers:
            old, new = map(key_id, _both(one.statement))
            yield f"the key {old} gave up for {new} on {moment_of(one.statement.at_us):%F %T} UTC"


def _handovers(lines: Iterable[str]) -> Iterator[SignedHeads]:
    """The lines among them by which a key gave up, signed by both."""
    for line in lines:
        if not line.strip().startswith(HANDOVER_PREFIX):
            continue
        try:
            signed = SignedHeads.of_line(line)
            old, _ = _both(signed.statement)
            check_signature(signed, old)
        except (MalformedStatement, ForgedHeads, ValueError):
            continue
        yield signed


def _both(statement: Statement) -> tuple[Ed25519PublicKey, Ed25519PublicKey]:
    handover = statement.handover
    assert handover is not None
    raw = Ed25519PublicKey.from_public_bytes
    return raw(bytes.fromhex(handover.old)), raw(bytes.fromhex(handover.new))


def _beyond(statement: Statement, end: Statement) -> str:
    """Why the statement is not one that a key made before it ended there; "" where it may be."""
    when = f"{moment_of(end.at_us):%F %T} UTC"
    if statement.at_us >= end.at_us:
        return f"after that was given up on {when}"
    ends: Mapping[tuple[str, str], int] = {
        (head.log, head.incarnation): head.position for head in end.heads
    }
    for head in statement.heads:
        if head.position > ends.get((head.log, head.incarnation), head.position):
            return f"for a position of {head.log} behind the last one before it was given up"
    return ""
