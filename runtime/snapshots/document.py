"""A state as a root and pages: small maps in the root, large ones page by page beside it."""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

import orjson

from runtime.snapshots.codec import Classes, Tree, decode, encode
from runtime.snapshots.paged import PagedMap
from runtime.snapshots.pages import Later, Pages, page_of, pages_for

WHOLE_ENTRIES_MAX = 32
"""A map of so many entries is decoded with the root."""
BESIDE_ENTRIES_MAX = 512
"""A larger one lies in the root entry by entry; one that is larger than this, in pages."""

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)
"""What reading a document raises that this build did not write."""


def digest_of(body: bytes) -> bytes:
    """The name of a page: SHA-256 of its bytes, so that whoever has the root can check it."""
    return sha256(body).digest()


@dataclass
class Writing:
    """A state on its way into bytes, a page at a time. `bodies` are the pages that are new;
    `digests` all that the root needs."""

    bodies: dict[bytes, bytes] = field(default_factory=dict)
    digests: set[bytes] = field(default_factory=set)
    _tables: list[tuple[dict[str, Any], Any]] = field(default_factory=list)
    _root: dict[str, Any] = field(default_factory=dict)

    def begin(self, state: Any) -> None:
        """Takes the state down, but for its large maps.

        Raises:
            NotStorable: names what a snapshot cannot hold.
            NotLoaded: a map is not here.
        """
        classes = Classes()
        tree = encode(state, classes, partial(self._beside, classes))
        self._root = {"classes": classes.names, "state": tree}

    def _beside(self, classes: Classes, entries: Any) -> Tree | None:
        count = len(entries)
        if count <= WHOLE_ENTRIES_MAX:
            return None
        table: dict[str, Any] = {"entries": count}
        if count <= BESIDE_ENTRIES_MAX:
            table["here"] = _pairs(entries, classes)
        else:
            self._tables.append((table, entries))
        return table

    def pages(self) -> Generator[None, None, None]:
        """Takes the large maps down, and yields after each page of entries: others may work.

        Raises:
            NotLoaded: a page is not here; begin anew when it is.
        """
        for table, entries in self._tables:
            table["pages"] = yield from self._pages_of(entries)

    def _pages_of(self, entries: Any) -> Generator[None, None, list[str]]:
        many = pages_for(len(entries))
        if isinstance(entries, PagedMap) and len(entries.pages.digests) == many:
            return (yield from self._changed_pages(entries, many))
        by_page: list[dict[Any, Any]] = [{} for _ in range(many)]
        for n, (key, value) in enumerate(entries.items()):
            by_page[page_of(key, many)][key] = value
            if not n % 512:
                yield
        digests = []
        for page in by_page:
            digests.append(self._page(page))
            yield
        return digests

    def _changed_pages(self, entries: PagedMap, many: int) -> Generator[None, None, list[str]]:
        changed: list[set[Any]] = [set() for _ in range(many)]
        for key in entries.over:
            changed[entries.pages.number(key)].add(key)
        entries.pages.need(number for number, keys in enumerate(changed) if keys)
        digests = []
        for number, keys in enumerate(changed):
            kept = entries.pages.digests[number]
            if kept is not None and not keys:
                self.digests.add(kept)
                digests.append(kept.hex())
                continue
            page = entries.pages.of_page(number)
            for key in keys:
                page.pop(key, None)
                if key in entries:
                    page[key] = entries[key]
            digests.append(self._page(page))
            yield
        return digests

    def _page(self, page: dict[Any, Any]) -> str:
        classes = Classes()
        pairs = _pairs(page, classes)
        body = orjson.dumps({"classes": classes.names, "entries": pairs})
        digest = digest_of(body)
        self.bodies[digest] = body
        self.digests.add(digest)
        return digest.hex()

    def root(self) -> bytes:
        """The document that names all pages."""
        return orjson.dumps(self._root)


def _pairs(entries: Any, classes: Classes) -> list[Tree]:
    return [[encode(key, classes), encode(value, classes)] for key, value in entries.items()]


def read(root: bytes) -> Any:
    """The state of a root; its large maps ask for their pages.

    Raises:
        UNREADABLE: it is not what this build writes.
    """
    document = orjson.loads(root)
    classes = Classes(document["classes"])
    return decode(document["state"], classes, partial(_table, classes))


def _table(classes: Classes, table: dict[str, Any]) -> PagedMap:
    if "here" in table:
        pages = Pages(table["entries"], [None])
        pages.put(0, _later(table["here"], classes))
        return PagedMap(pages)
    return PagedMap(Pages(table["entries"], [bytes.fromhex(one) for one in table["pages"]]))


def read_page(body: bytes) -> dict[Any, Any]:
    """The entries of a page, each decoded when it is looked at; raises as `read` does."""
    document = orjson.loads(body)
    return _later(document["entries"], Classes(document["classes"]))


def _later(pairs: list[Tree], classes: Classes) -> dict[Any, Any]:
    return {decode(key, classes): Later(partial(decode, value, classes)) for key, value in pairs}
