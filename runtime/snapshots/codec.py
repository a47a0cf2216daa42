"""States of streams as JSON trees and back, to the last digit.

A state is made of frozen dataclasses, pydantic models, persistent maps and scalars, and its unions
have no field that tells their members apart. So every object stands behind the number of its class,
in a table of names that goes with the tree. Models are the JSON that the log itself would hold.
"""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from immutables import Map
from pydantic import BaseModel

from events.event import read_back
from runtime.snapshots.paged import PagedMap

Tree = Any
"""What JSON can hold. A list begins with what it stands for."""

DECIMAL, DATE, DATETIME, TUPLE, FROZENSET, MAP, PAGED, FIRST_CLASS = range(8)

HOMES = ("events.", "services.", "projections.", "runtime.versions")
"""The modules whose classes states are made of; no other class is ever looked up."""


class NotStorable(TypeError):
    """A state holds something that no snapshot can."""


class Classes:
    """The classes of one document, by number."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = list(names)
        self._found = [_class_of(name) for name in names]
        self._numbers = {one: number for number, one in enumerate(self._found)}

    def number(self, one: type[Any]) -> int:
        """The number of a class, which has one from now on."""
        if one not in self._numbers:
            self._numbers[one] = len(self.names)
            self.names.append(f"{one.__module__}:{one.__qualname__}")
            self._found.append(one)
        return self._numbers[one]

    def __getitem__(self, number: int) -> type[Any]:
        return self._found[number]


def _class_of(name: str) -> type[Any]:
    module, _, path = name.partition(":")
    if not f"{module}.".startswith(HOMES) and module not in HOMES:
        raise NotStorable(f"{name} is no class of a state")
    found: Any = sys.modules[module]
    for part in path.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        raise NotStorable(f"{name} is no class")
    return found


def _no_pages(_: Any) -> None:
    return None


def encode(value: Any, classes: Classes, paged: Callable[[Any], Tree | None] = _no_pages) -> Tree:
    """`value` as a tree. `paged` may say what stands for a map instead of its entries.

    Raises:
        NotStorable: names what cannot be told.
    """
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if kind is int and -(2**63) <= value < 2**63:
        return value
    if kind is Decimal:
        return [DECIMAL, str(value)]
    if kind is date:
        return [DATE, value.isoformat()]
    if kind is datetime:
        return [DATETIME, value.isoformat()]
    if kind is tuple:
        return [TUPLE, *(encode(one, classes, paged) for one in value)]
    if kind is frozenset:
        return [FROZENSET, *(encode(one, classes, paged) for one in value)]
    if kind is Map or kind is PagedMap:
        stands_for = paged(value)
        if stands_for is not None:
            return [PAGED, stands_for]
        return [MAP, *([encode(key, classes), encode(one, classes)] for key, one in value.items())]
    number = FIRST_CLASS + classes.number(kind)
    if isinstance(value, Enum):
        return [number, value.value]
    if isinstance(value, BaseModel):
        return [number, value.model_dump_json()]
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return [number, *(encode(getattr(value, one.name), classes, paged) for one in fields)]
    raise NotStorable(f"a snapshot cannot hold a {kind.__module__}.{kind.__qualname__}")


def decode(tree: Tree, classes: Classes, paged: Callable[[Tree], Any] = _no_pages) -> Any:
    """The value of a tree; `paged` makes the map that a page table stands for.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: it is not what `encode` answers.
    """
    if type(tree) is not list:
        return tree
    kind, *rest = tree
    if kind >= FIRST_CLASS:
        found = classes[kind - FIRST_CLASS]
        if issubclass(found, BaseModel):
            return read_back(found, rest[0])
        if issubclass(found, Enum):
            return found(rest[0])
        return found(*(decode(one, classes, paged) for one in rest))
    if kind == DECIMAL:
        return Decimal(rest[0])
    if kind == DATE:
        return date.fromisoformat(rest[0])
    if kind == DATETIME:
        return datetime.fromisoformat(rest[0])
    if kind == TUPLE:
        return tuple(decode(one, classes, paged) for one in rest)
    if kind == FROZENSET:
        return frozenset(decode(one, classes, paged) for one in rest)
    if kind == MAP:
        return Map((decode(key, classes), decode(one, classes)) for key, one in rest)
    return paged(rest[0])
