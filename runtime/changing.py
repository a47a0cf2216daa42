"""Rows and states after a fact: what they were, with a field or two that differ."""

from typing import Any, TypeVar

D = TypeVar("D")

_new = object.__new__
_set = object.__setattr__


def changed(whole: D, **fields: Any) -> D:
    """`whole` with those fields instead: `dataclasses.replace` in a fifth of its time, since every
    fold does it with every fact.

    `whole` is a frozen dataclass that has no slots, and nothing to do once it was made.

    Raises:
        TypeError: it has no such field.
    """
    before = whole.__dict__
    held = before | fields
    if len(held) != len(before):
        unknown = sorted(fields.keys() - before.keys())
        raise TypeError(f"a {type(whole).__name__} has no {', '.join(unknown)}")
    after = _new(type(whole))
    _set(after, "__dict__", held)
    return after
