"""What an event is, and the catalogue of all of them.

An event's wire name is its file and class, `budget.BudgetLocked`. When its shape changes, the old
class becomes `BudgetLockedV1` at the foot of the same file and learns to `upcast()`; the clean name
belongs to the present.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import SchemaValidator

_RETIRED = re.compile(r"^(?P<name>.+)V(?P<version>\d+)$")
_BOUNDS = {
    "str": {"pattern", "min_length", "max_length"},
    "decimal": {"max_digits", "decimal_places", "ge", "gt", "le", "lt"},
    "int": {"ge", "gt", "le", "lt"},
    "list": {"min_length", "max_length"},
    "tuple": {"min_length", "max_length"},
}


class Part(BaseModel):
    """A piece of a fact. Immutable; a field that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Part):
    """A fact in the past tense."""

    SCHEMA_VERSION: ClassVar[int] = 1
    """Raised by one when the shape of this fact changes."""

    def effective_on(self) -> date | None:
        """The day on which the fact holds in the world, where that is not the day of recording."""
        return None

    def upcast(self) -> "Event":
        """This fact in its present shape."""
        return self

    @classmethod
    def wire(cls) -> tuple[str, int]:
        """Wire name and schema version: `("budget.BudgetLocked", 2)`."""
        file = cls.__module__.rpartition(".")[2]
        retired = _RETIRED.match(cls.__name__)
        if retired:
            return f"{file}.{retired['name']}", int(retired["version"])
        return f"{file}.{cls.__name__}", cls.SCHEMA_VERSION

    def encode(self) -> str:
        """The exact JSON text that is stored, hashed and sent. Decimals are strings."""
        return self.model_dump_json()

    @classmethod
    def decode(cls, payload: str | bytes) -> Self:
        """The event in `payload`; raises as `read_back` does."""
        return read_back(cls, payload)


M = TypeVar("M", bound=BaseModel)


def read_back(shape: type[M], text: str | bytes) -> M:
    """What Reel itself wrote of that shape, held to its types and not to its bounds: it was held to
    those when it was made, and they take half of the time.

    Raises:
        pydantic.ValidationError: a field is missing, unknown or of another type.
    """
    read: Callable[[str | bytes], M] = _reader_of(shape)
    return read(text)


class UnknownEvent(Exception):
    """A type, or a version of it, that this build does not know: a newer writer is at work."""


class UndecodableEvent(Exception):
    """A known type whose payload does not have its shape."""


@cache
def catalogue() -> dict[tuple[str, int], type[Event]]:
    """Every event class of every file in `events/`, by wire name and schema version.

    Raises:
        TypeError: two classes have the same: one was retired and its number not raised.
    """
    import events

    found: dict[tuple[str, int], type[Event]] = {}
    for module_info in pkgutil.iter_modules(events.__path__, "events."):
        module = importlib.import_module(module_info.name)
        for item in vars(module).values():
            if (
                isinstance(item, type)
                and issubclass(item, Event)
                and item.__module__ == module_info.name
                and item is not Event
                and not item.__name__.startswith("_")
            ):
                other = found.setdefault(item.wire(), item)
                if other is not item:
                    raise TypeError(f"{other.__name__} and {item.__name__} are both {item.wire()}")
    return found


def decode(wire_name: str, version: int, payload: str | bytes) -> Event:
    """The stored fact in its present shape.

    Raises:
        UnknownEvent: no class of this build has that name and version.
        UndecodableEvent: the payload does not fit the class.
    """
    shape = catalogue().get((wire_name, version))
    if shape is None:
        raise UnknownEvent(
            f"{wire_name} version {version} is not in this build's catalogue; "
            "upgrade this reader before its writers"
        )
    try:
        return _present_of(shape)(payload)
    except ValidationError as error:
        raise UndecodableEvent(f"{wire_name} version {version}: {error}") from error


@cache
def _present_of(shape: type[Event]) -> Callable[[str | bytes], Event]:
    read = _reader_of(shape)
    return read if shape.upcast is Event.upcast else lambda payload: read(payload).upcast()


@cache
def _reader_of(shape: type[BaseModel]) -> Callable[[str | bytes], Any]:
    schema = _unbounded(shape.__pydantic_core_schema__)
    # "Prebuilt" is the validator that the class has already, bounds and all.
    return SchemaValidator(schema, _use_prebuilt=False).validate_json


def _unbounded(schema: Any) -> Any:
    """pydantic's schema of a class, without the bounds of its values."""
    if isinstance(schema, dict):
        kind = schema.get("type")
        bounds = _BOUNDS.get(kind, set()) if isinstance(kind, str) else set()
        return {name: _unbounded(part) for name, part in schema.items() if name not in bounds}
    if isinstance(schema, list | tuple):
        return type(schema)(_unbounded(part) for part in schema)
    return schema
