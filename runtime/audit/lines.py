"""A signed statement as one printable line: `reel-heads:1:<statement>:<signature>`, both in
base64url without padding; where a key gives up signing, `reel-key:1:<statement>:<its
signature>:<that of the new key>`."""

import base64
import binascii
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from runtime.audit.heads import LAYOUT, MalformedStatement, Statement

PREFIX = f"reel-heads:{LAYOUT}:"
HANDOVER_PREFIX = f"reel-key:{LAYOUT}:"
SIGNATURE_BYTES = 64
_AMONG_TEXT = re.compile(rf"(?:{PREFIX}|{HANDOVER_PREFIX})\S+")


@dataclass(frozen=True)
class SignedHeads:
    """The bytes of a statement and the Ed25519 signature over exactly them; of a handover that of
    the new key too."""

    encoded: bytes
    signature: bytes
    countersignature: bytes = b""

    @cached_property
    def statement(self) -> Statement:
        """What is stated; raises `MalformedStatement`."""
        return Statement.decode(self.encoded)

    @property
    def line(self) -> str:
        """The printable form, without a line's end."""
        prefix = PREFIX if self.statement.handover is None else HANDOVER_PREFIX
        parts = [self.encoded, *self._signatures]
        return prefix + ":".join(map(_to_text, parts))

    @property
    def _signatures(self) -> list[bytes]:
        both = [self.signature, self.countersignature]
        return both[:1] if self.statement.handover is None else both

    @classmethod
    def of_line(cls, line: str) -> Self:
        """What a printed line says. Space around it is dropped; the signature is not checked here.

        Raises:
            MalformedStatement: it is no such line.
        """
        text = line.strip()
        hands_over = text.startswith(HANDOVER_PREFIX)
        if not hands_over and not text.startswith(PREFIX):
            raise MalformedStatement(f"a line of signed heads begins with {PREFIX}")
        parts = text.split(":")[2:]
        if len(parts) != (3 if hands_over else 2):
            raise MalformedStatement("a line of signed heads has a statement and a signature")
        signed = cls(*map(_to_bytes, parts))
        if (signed.statement.handover is not None) != hands_over:
            raise MalformedStatement("a key is given up in a line of its own kind, and only there")
        if any(len(one) != SIGNATURE_BYTES for one in signed._signatures):
            raise MalformedStatement(f"a signature has {SIGNATURE_BYTES} bytes")
        return signed


def lines_in(text: str) -> list[SignedHeads]:
    """Every line of signed heads among `text`, one at most on each of its lines; raises
    `MalformedStatement`."""
    found = (_AMONG_TEXT.search(line) for line in text.splitlines())
    return [SignedHeads.of_line(one[0]) for one in found if one is not None]


def _to_text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _to_bytes(text: str) -> bytes:
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedStatement("a line of signed heads is in base64url") from error
    if _to_text(value) != text:
        raise MalformedStatement("a line of signed heads has one spelling, and this is another")
    return value
