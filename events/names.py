"""Ids: what one looks like, and how one is derived from words without chance."""

from hashlib import sha256
from typing import Annotated

from pydantic import StringConstraints

_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Id = Annotated[str, StringConstraints(pattern=_UUID)]
"""A UUID in its lower-case text form."""

Reference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^\s\x00]([^\x00\n]*[^\s\x00])?$"),
]
"""A business id that people gave: a purchase order's number, a budget line's."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
"""A sentence or a title, never empty."""

PersonId = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._:@/|+=-]+$")
]
"""An opaque id of a person: the `sub` of a token. Never a name or an address."""

ContentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a content, as 64 hex digits: what names exactly one version of it."""

HOUSE: Id = "00000000-0000-0000-0000-000000000000"
"""The production that facts of no production belong to: scale tables, templates, rates."""


def id_of(*words: str) -> Id:
    """The same words always give the same id (RFC 9562 version 8, from their SHA-256)."""
    digest = bytearray(sha256("\x1f".join(words).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
