"""Rows and states after a fact: what they were, with a field or two that differ."""

from typing import Any, TypeVar

D = TypeVar("D")


def changed(whole: D, **fields: Any) -> D:
    """`whole` with those fields instead: `dataclasses.replace` in a fifth of its time, since every
    fold does it with every fact.

    `whole` is a frozen dataclass that has no slots, and nothing to do once it was made.

    Raises:
        TypeError: it has no such field.
    """
    after = object.__new__(type(whole))
    after.__dict__.update(whole.__dict__, **fields)
    if len(after.__dict__) != len(whole.__dict__):
        unknown = sorted(fields.keys() - whole.__dict__.keys())
        raise TypeError(f"a {type(whole).__name__} has no {', '.join(unknown)}")
    return after
