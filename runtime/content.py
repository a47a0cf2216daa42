"""What names exactly one version of a thing: the hash of what it says."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from events.names import ContentHash


def content_hash(content: Mapping[str, Any]) -> ContentHash:
    """SHA-256 of the canonical JSON of `content`: sorted keys, no spaces, amounts without their
    trailing zeros, days as `YYYY-MM-DD`. Lists stay in the order they have; whoever means a set
    sorts it first.

    Raises:
        TypeError: something in it is neither JSON nor an amount nor a day.
    """
    canonical = json.dumps(
        content,
        default=_plain,
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    return sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> str:
    match value:
        case Decimal():
            return format((value + 0).normalize(), "f")
        case date():
            return value.isoformat()
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")
