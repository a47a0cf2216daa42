"""Sealed texts: `sealed:1:<person>:<base64 of the key's name, then of AES-SIV's output>`.

A key has a name of its own, so that a text under a destroyed key stays erased when the person is
given a new one, and is not taken for a forged text.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from events.personal import ERASED, SEALED_PATTERN

_PREFIX = "sealed:1:"
_SEALED = re.compile(SEALED_PATTERN)
_NAME_BYTES = 8
_SECRET_BYTES = 64


class SealBroken(ValueError):
    """A text that this vault did not seal, or that was changed since."""


def new_key() -> bytes:
    """A person's key: 8 random bytes that name it, 64 that seal."""
    return os.urandom(_NAME_BYTES + _SECRET_BYTES)


def name_of(key: bytes) -> str:
    """What names a key, as hex digits."""
    return key[:_NAME_BYTES].hex()


def is_sealed(text: str) -> bool:
    """Whether `text` has the form of a sealed one."""
    return _SEALED.fullmatch(text) is not None


def seal(key: bytes, person: str, text: str) -> str:
    """`text` under the key of `person`; the same text gives the same."""
    name, secret = key[:_NAME_BYTES], key[_NAME_BYTES:]
    box = name + AESSIV(secret).encrypt(text.encode(), [b"reel", person.encode()])
    return f"{_PREFIX}{person}:{base64.urlsafe_b64encode(box).decode().rstrip('=')}"


def persons(value: Any) -> set[str]:
    """Everybody whose sealed texts stand in `value`."""
    found: set[str] = set()

    def note(text: str) -> str:
        found.add(_parts(text)[0])
        return text

    _each(value, note)
    return found


def opened(value: Any, keys: Mapping[str, bytes]) -> Any:
    """A copy of `value` with its sealed texts opened; `ERASED` where there is no key.

    Raises:
        SealBroken: one was changed.
    """
    return _each(value, lambda text: _open(text, keys))


def _each(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str() if is_sealed(value):
            return change(value)
        case dict():
            return {name: _each(inner, change) for name, inner in value.items()}
        case list() | tuple():
            return [_each(inner, change) for inner in value]
        case _:
            return value


def _open(text: str, keys: Mapping[str, bytes]) -> str:
    person, encoded = _parts(text)
    try:
        box = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except binascii.Error as error:
        raise SealBroken(f"a sealed text of {person} is cut short") from error
    key = keys.get(person, b"")
    if box[:_NAME_BYTES] != key[:_NAME_BYTES]:
        return ERASED
    try:
        ad = [b"reel", person.encode()]
        return AESSIV(key[_NAME_BYTES:]).decrypt(box[_NAME_BYTES:], ad).decode()
    except InvalidTag as error:
        raise SealBroken(f"a sealed text of {person} was changed since it was sealed") from error


def _parts(text: str) -> tuple[str, str]:
    person, _, encoded = text.removeprefix(_PREFIX).rpartition(":")
    return person, encoded
