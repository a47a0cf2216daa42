"""A large persistent map on pages, in the place of the `immutables.Map` that a fold would have."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from immutables import Map

from runtime.snapshots.pages import Pages, looked_at


class _Gone:
    """Stands where an entry of a page was taken out."""


_GONE = _Gone()
_NOTHING = object()


class PagedMap(Mapping[Any, Any]):
    """Pages, and over them what was set and taken out since. Every method may raise `NotLoaded`."""

    __slots__ = ("over", "pages")

    def __init__(self, pages: Pages, over: "Map[Any, Any] | None" = None) -> None:
        self.pages = pages
        self.over: Map[Any, Any] = Map() if over is None else over

    def _found(self, key: Any) -> Any:
        value = self.over.get(key, _NOTHING)
        if value is _NOTHING:
            page = self.pages.page(self.pages.number(key))
            return looked_at(page, key) if key in page else _GONE
        return value

    def __getitem__(self, key: Any) -> Any:
        value = self._found(key)
        if value is _GONE:
            raise KeyError(key)
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        value = self._found(key)
        return default if value is _GONE else value

    def __contains__(self, key: object) -> bool:
        return self._found(key) is not _GONE

    def __iter__(self) -> Iterator[Any]:
        for key, _ in self._entries():
            yield key

    def _entries(self) -> Iterator[tuple[Any, Any]]:
        for key, value in self.pages.all():
            if key not in self.over:
                yield key, value
        for key, value in self.over.items():
            if value is not _GONE:
                yield key, value

    def __len__(self) -> int:
        self.pages.need(map(self.pages.number, self.over))
        count = self.pages.entries
        for key, value in self.over.items():
            was_there = key in self.pages.page(self.pages.number(key))
            count += (value is not _GONE) - was_there
        return count

    def set(self, key: Any, value: Any) -> "PagedMap":
        """The map with that entry."""
        return PagedMap(self.pages, self.over.set(key, value))

    def delete(self, key: Any) -> "PagedMap":
        """The map without that entry; raises `KeyError` where it has none."""
        if key not in self:
            raise KeyError(key)
        return PagedMap(self.pages, self.over.set(key, _GONE))

    def update(self, entries: Iterable[tuple[Any, Any]] = (), /, **more: Any) -> "PagedMap":
        """The map with all of those entries."""
        pairs = entries.items() if isinstance(entries, Mapping) else entries
        return PagedMap(self.pages, self.over.update(pairs, **more))

    def mutate(self) -> "Changing":
        """A map to be changed in place, until it is finished."""
        return Changing(self)


class Changing:
    """What `immutables.MapMutation` is to a map."""

    def __init__(self, start: PagedMap) -> None:
        self._now = start

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __getitem__(self, key: Any) -> Any:
        return self._now[key]

    def get(self, key: Any, default: Any = None) -> Any:
        return self._now.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._now

    def __setitem__(self, key: Any, value: Any) -> None:
        self._now = self._now.set(key, value)

    def __delitem__(self, key: Any) -> None:
        self._now = self._now.delete(key)

    def finish(self) -> PagedMap:
        return self._now
