"""Seals snapshots: whoever can write to the database cannot write one that is taken for ours."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEAL_BYTES = sha256().digest_size


class ForgedState(Exception):
    """The bytes are not what this installation sealed under that name."""


class StateSeal:
    """HMAC-SHA256 under a key that derives from the master key and a `purpose` (HKDF, RFC 5869).

    It tells changed bytes, and bytes that were sealed under another name; it hides nothing.
    """

    def __init__(self, master: bytes, purpose: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=f"reel snapshot of {purpose}".encode())
        self._key = derived.derive(master)

    def seal(self, name: Sequence[str | bytes], state: bytes) -> bytes:
        """`state` behind its seal. `name` says what it is the state of, part by part."""
        return self._of(name, state) + state

    def open(self, name: Sequence[str | bytes], sealed: bytes) -> bytes:
        """The state that was sealed under that name.

        Raises:
            ForgedState: it was not, or not under this installation's master key.
        """
        state = sealed[SEAL_BYTES:]
        if not hmac.compare_digest(sealed[:SEAL_BYTES], self._of(name, state)):
            raise ForgedState("the state does not carry the seal of this installation")
        return state

    def _of(self, name: Sequence[str | bytes], state: bytes) -> bytes:
        parts = [part.encode() if isinstance(part, str) else part for part in name]
        told = b"".join(len(part).to_bytes(8, "big") + part for part in (*parts, state))
        return hmac.digest(self._key, told, "sha256")
