"""A signed statement as one printable line: `reel-heads:1:<statement>:<signature>`, both in
base64url without padding."""

import base64
import binascii
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from runtime.audit.heads import LAYOUT, MalformedStatement, Statement

PREFIX = f"reel-heads:{LAYOUT}:"
SIGNATURE_BYTES = 64


@dataclass(frozen=True)
class SignedHeads:
    """The bytes of a statement and the Ed25519 signature over exactly them."""

    encoded: bytes
    signature: bytes

    @cached_property
    def statement(self) -> Statement:
        """What is stated; raises `MalformedStatement`."""
        return Statement.decode(self.encoded)

    @property
    def line(self) -> str:
        """The printable form, without a line's end."""
        return f"{PREFIX}{_to_text(self.encoded)}:{_to_text(self.signature)}"

    @classmethod
    def of_line(cls, line: str) -> Self:
        """What a printed line says. Space around it is dropped; the signature is not checked here.

        Raises:
            MalformedStatement: it is no such line.
        """
        text = line.strip()
        if not text.startswith(PREFIX):
            raise MalformedStatement(f"a line of signed heads begins with {PREFIX}")
        parts = text.removeprefix(PREFIX).split(":")
        if len(parts) != 2:
            raise MalformedStatement("a line of signed heads has a statement and a signature")
        signed = cls(_to_bytes(parts[0]), _to_bytes(parts[1]))
        if len(signed.signature) != SIGNATURE_BYTES:
            raise MalformedStatement(f"a signature has {SIGNATURE_BYTES} bytes")
        _ = signed.statement
        return signed


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
