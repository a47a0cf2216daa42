"""Pages: as many lines in one fact as a log takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from events.event import Part

PARTS_MAX = 500
BYTES_MAX = 400 * 1024
"""Below the 512 KiB that one event may weigh, with room for what stands around the parts."""

P = TypeVar("P", bound=Part)


def pages(parts: Sequence[P]) -> Iterator[tuple[P, ...]]:
    """`parts` in order, so many at a time as one event may hold."""
    page: list[P] = []
    page_bytes = 0
    for part in parts:
        part_bytes = len(part.model_dump_json().encode())
        if page and (len(page) == PARTS_MAX or page_bytes + part_bytes > BYTES_MAX):
            yield tuple(page)
            page, page_bytes = [], 0
        page.append(part)
        page_bytes += part_bytes
    if page:
        yield tuple(page)
