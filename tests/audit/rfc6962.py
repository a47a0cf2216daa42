"""Trees as RFC 6962 defines them, word by word, beside the code that is held to it."""

from hashlib import sha256


def plain_leaf(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def plain_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()
