"""What a class says of itself."""

import inspect
import re


def said(of: type) -> str:
    """Its docstring, on one line."""
    return re.sub(r"\s+", " ", inspect.cleandoc(of.__dict__.get("__doc__") or "")).strip()


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
