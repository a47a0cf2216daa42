"""Rows as PostgreSQL's COPY reads them in its text format."""

from collections.abc import Sequence
from typing import Any

COPIED_TYPES = frozenset({"bool", "date", "int4", "int8", "numeric", "text", "timestamptz", "uuid"})
"""Those whose values PostgreSQL reads as `str` writes them, but for what a text escapes."""
NULL = str(None)
"""What COPY is to take for a value that is missing; a text of the same letters is escaped."""

_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copied(rows: Sequence[Sequence[Any]], types: Sequence[str]) -> bytes:
    """A line for each row; the type of each column is one of those above.

    Texts that need to be escaped are rare, so that all rows are written as if there were none, and
    once more where there was one.
    """
    plain = _lines(rows)
    texts = [n for n, of in enumerate(types) if of == "text"]
    if _has_only_separators(plain, len(rows), len(types)) and not (
        NULL in plain and any(row[n] == NULL for row in rows for n in texts)
    ):
        return plain.encode()
    escaped = [list(row) for row in rows]
    for row in escaped:
        for n in texts:
            if row[n] is not None:
                row[n] = _escaped(row[n])
    return _lines(escaped).encode()


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    return "".join(["\t".join(map(str, row)) + "\n" for row in rows])


def _has_only_separators(lines: str, rows: int, columns: int) -> bool:
    return (
        lines.count("\n") == rows
        and lines.count("\t") == rows * (columns - 1)
        and "\\" not in lines
        and "\r" not in lines
    )


def _escaped(text: str) -> str:
    return f"\\{NULL}" if text == NULL else text.translate(_ESCAPED)
