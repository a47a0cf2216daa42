"""Rows as PostgreSQL's COPY reads them in its text format."""

from collections.abc import Sequence
from typing import Any

COPIED_TYPES = frozenset({"bool", "date", "int4", "int8", "numeric", "text", "timestamptz", "uuid"})
"""Those whose values PostgreSQL reads as `str` writes them, but for what a text escapes."""

_NULL = r"\N"
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copied(columns: Sequence[Sequence[Any]], types: Sequence[str]) -> bytes:
    """Columns of equal length as lines, a row each; each column's type is one of those above."""
    texts = [_texts(column, of) for column, of in zip(columns, types, strict=True)]
    return "".join([f"{line}\n" for line in map("\t".join, zip(*texts, strict=True))]).encode()


def _texts(values: Sequence[Any], of: str) -> list[str]:
    if of == "text":
        return [_NULL if value is None else value.translate(_ESCAPED) for value in values]
    return [_NULL if value is None else str(value) for value in values]
