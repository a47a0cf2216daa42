"""Which fields of a command are personal, read from its class."""

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from runtime.decider import Command, Personal


@cache
def personal_fields(command: type[Command]) -> Mapping[str, str]:
    """The personal fields, each with the field that names its person ("" is the actor).

    Raises:
        TypeError: a marker stands where nothing would be sealed: below the top level, at a field
            that is no text, or naming no field.
    """
    found = {}
    for name, field in command.model_fields.items():
        markers = [note for note in field.metadata if isinstance(note, Personal)]
        kinds, inner = _peel(field.annotation)
        place = f"{command.__name__}.{name}"
        if any(_is_marked_within(kind, set()) for kind in kinds):
            raise TypeError(f"{place} holds a personal field: only a command's own can be sealed")
        if not (markers := markers + inner):
            continue
        if len(markers) > 1 or any(kind is not str for kind in kinds):
            raise TypeError(f"{place} cannot be sealed: it takes one text of one person, or none")
        if markers[0].of and markers[0].of not in command.model_fields:
            raise TypeError(f"{place} is personal of {markers[0].of}, which is no field beside it")
        found[name] = markers[0].of
    return found


def _peel(annotation: Any) -> tuple[list[Any], list[Personal]]:
    """The types that a field may hold beside None, and the markers that stand at them."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        kinds, markers = _peel(inner)
        return kinds, markers + [note for note in notes if isinstance(note, Personal)]
    if get_origin(annotation) in (Union, UnionType):
        peeled = [_peel(inner) for inner in get_args(annotation) if inner is not NoneType]
        return [k for kinds, _ in peeled for k in kinds], [m for _, ms in peeled for m in ms]
    return [annotation], []


def _is_marked_within(kind: Any, seen: set[Any]) -> bool:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind in seen:
            return False
        seen.add(kind)
        return any(
            any(isinstance(note, Personal) for note in field.metadata)
            or _is_marked_within(field.annotation, seen)
            for field in kind.model_fields.values()
        )
    return any(
        isinstance(inner, Personal) or _is_marked_within(inner, seen) for inner in get_args(kind)
    )
