"""The pages of a large map: they come when somebody asks for what is on them.

Who asks for an entry of a page that is not here hears `NotLoaded`: the asker is pure, so the page
is fetched and it is asked again. A page never changes, so that all maps that came of one another
share theirs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from zlib import crc32

import orjson

ENTRIES_A_PAGE = 128


class NotLoaded(Exception):
    """Pages are needed that are not here: `pages.put` each of `missing`, and ask again."""

    def __init__(self, pages: "Pages", missing: Sequence[int]) -> None:
        super().__init__(f"{len(missing)} pages of a map are not here")
        self.pages = pages
        self.missing = missing


class Later:
    """A value that is decoded when it is first looked at."""

    __slots__ = ("decoded",)

    def __init__(self, decoded: Callable[[], Any]) -> None:
        self.decoded = decoded


def pages_for(entries: int) -> int:
    """How many pages a map of that size has: a power of two, so that most stay as they are."""
    return 1 << max(0, (entries - 1) // ENTRIES_A_PAGE).bit_length()


def page_of(key: Any, pages: int) -> int:
    """Which of so many pages a key (a string, a number, or a tuple of them) is on."""
    text = key.encode() if type(key) is str else orjson.dumps(key, default=str)
    return crc32(text) & (pages - 1)


class Pages:
    """The entries of one map as they were kept; `digests` name its pages, None one that is here."""

    def __init__(self, entries: int, digests: Sequence[bytes | None]) -> None:
        self.entries = entries
        self.digests = tuple(digests)
        self._here: list[dict[Any, Any] | None] = [None] * len(digests)

    def put(self, number: int, entries: dict[Any, Any]) -> None:
        """Brings a page; its values may be `Later`."""
        self._here[number] = entries

    def number(self, key: Any) -> int:
        """Which page a key is on, if anything has it."""
        return page_of(key, len(self._here))

    def page(self, number: int) -> dict[Any, Any]:
        """One page, whose values may be `Later`; raises `NotLoaded` where it is not here."""
        page = self._here[number]
        if page is None:
            raise NotLoaded(self, [number])
        return page

    def need(self, numbers: Iterable[int]) -> None:
        """Raises `NotLoaded` for all of those pages that are not here, at once."""
        missing = sorted({number for number in numbers if self._here[number] is None})
        if missing:
            raise NotLoaded(self, missing)

    def all(self) -> Iterator[tuple[Any, Any]]:
        """Every entry; raises `NotLoaded` before the first one."""
        self.need(range(len(self._here)))
        for number in range(len(self._here)):
            yield from self.of_page(number).items()

    def of_page(self, number: int) -> dict[Any, Any]:
        """The entries of one page; raises `NotLoaded` where it is not here."""
        page = self.page(number)
        return {key: looked_at(page, key) for key in page}


def looked_at(page: dict[Any, Any], key: Any) -> Any:
    """The value of a key that the page has."""
    value = page[key]
    if type(value) is Later:
        value = page[key] = value.decoded()
    return value
