"""Merkle trees as in RFC 6962, over the last links of all productions' chains of one log."""

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID


def leaf(production: str, position: int, link: bytes) -> bytes:
    """The leaf of one production: sha256(0x00, the 16 bytes of its id, `position` of its last
    event in the log as 8 bytes big endian, the 32 bytes of that event's hash)."""
    return sha256(b"\x00" + UUID(production).bytes + position.to_bytes(8, "big") + link).digest()


def node(left: bytes, right: bytes) -> bytes:
    """What joins two subtrees: sha256(0x01, left, right)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over `leaves` in their order; of none, sha256 of nothing (RFC 6962, 2.1)."""
    if not leaves:
        return sha256().digest()
    # The largest power of two on the left is what joining neighbours, level by level, gives:
    # whoever has no neighbour waits for the next level.
    level = list(leaves)
    while len(level) > 1:
        level = [node(*pair) if len(pair) == 2 else pair[0] for pair in _pairs(level)]
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What proves that `leaves[index]` stands below their root: its siblings, the lowest first.

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} among {len(leaves)}")
    siblings = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            siblings.append(level[sibling])
        level = [node(*pair) if len(pair) == 2 else pair[0] for pair in _pairs(level)]
        index //= 2
    return siblings


def root_above(leaf_: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bytes:
    """The root that `leaf_` has as number `index` of `size` leaves, with its `path` beside it.

    Raises:
        ValueError: the path is not one of that leaf of that tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    found, rest = leaf_, list(siblings)
    while size > 1:
        if index ^ 1 < size:
            if not rest:
                raise ValueError("the path is too short")
            sibling = rest.pop(0)
            found = node(sibling, found) if index % 2 else node(found, sibling)
        index, size = index // 2, (size + 1) // 2
    if rest:
        raise ValueError("the path is too long")
    return found


def _pairs(level: list[bytes]) -> list[list[bytes]]:
    return [level[start : start + 2] for start in range(0, len(level), 2)]
