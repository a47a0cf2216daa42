"""A JSON document that is read to its end, with everything that is wrong in it told at once."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from runtime.importing import BadFile, Problem
from services.schedule.files.notes import Notes
from services.schedule.files.values import (
    REFERENCE_MAX,
    TEXT_MAX,
    is_id,
    is_plain,
    is_whole,
    kind_of,
    shown,
    shown_plainly,
)

SAVE_AGAIN = "save the schedule as a .uss file once more, and send the whole of it"
INT_DIGITS_MAX = 18
KEYS_MAX = 2_000
_NOTHING: tuple[Any, ...] = (None, "", [], {}, False)


class Node:
    """One object of the document, and the way to it. A value that is not what is asked for is a
    problem, and answers nothing; so does one that is left out or null."""

    def __init__(self, values: Mapping[str, Any], path: str, notes: Notes) -> None:
        self._values = values
        self.path = path
        self.notes = notes

    def refuse(self, key: str, problem: str, cure: str) -> None:
        """Notes a problem with the value of `key`."""
        self.notes.refuse(f"{self.path}.{key}".strip("."), problem, cure)

    def value(self, *keys: str) -> Any:
        """The value under the first of these spellings that has one."""
        return self._values.get(self._spelling(keys))

    def _spelling(self, keys: Sequence[str]) -> str:
        """The first of these that has a value; the first of all, if none has."""
        return next((key for key in keys if self._values.get(key) is not None), keys[0])

    def refuse_both(self, *keys: str) -> None:
        """Refuses two spellings of one thing that say different things."""
        said = [self._values[key] for key in keys if self._values.get(key) is not None]
        if any(one != said[0] for one in said):
            self.refuse(keys[0], f"{' and '.join(keys)} say different things", "keep one of them")

    def text(self, key: str, at_most: int = TEXT_MAX) -> str | None:
        """The text of `key` without space around it, shortened to what can be kept."""
        value = self.value(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(key, f"{kind_of(value)} stands where a text belongs", "put it in quotes")
            return None
        if not is_plain(value):
            self.refuse(
                key, "it holds characters that no text has", "take NUL and half characters out"
            )
            return None
        text = value.strip()
        if len(text) > at_most:
            cure = f"shorten them to {at_most:,} characters, and say there what matters"
            self.notes.tell("texts", f"{self.path}.{key}", "they were cut off at their end", cure)
        return text[:at_most].strip() or None

    def reference(self, key: str) -> str | None:
        """The text of `key` as one line that can serve as an id or a number."""
        text = self.text(key)
        if text is None:
            return None
        line = " ".join(text.split())
        if len(line) > REFERENCE_MAX:
            cure = f"shorten them to {REFERENCE_MAX} characters"
            self.notes.tell("numbers", f"{self.path}.{key}", "they were cut off at their end", cure)
        return line[:REFERENCE_MAX].strip()

    def id(self) -> str | None:
        """Its own id, which it must have, and which is kept as it is."""
        value = self.value("id")
        if is_id(value):
            return str(value)
        self.refuse("id", f"{shown(value)} is no id", "give it one of 1 to 64 characters")
        return None

    def flag(self, *keys: str) -> bool | None:
        """The true or false of the first of these spellings."""
        value = self.value(*keys)
        if value is None or isinstance(value, bool):
            return value
        self.refuse(
            self._spelling(keys), f"{shown(value)} is neither true nor false", "write one of them"
        )
        return None

    def count(self, at_most: int, *keys: str) -> int | None:
        """The whole number, from 0 on, of the first of these spellings."""
        value = self.value(*keys)
        if value is None:
            return None
        if is_whole(value) and 0 <= value <= at_most:
            return int(value)
        cure = f"write a whole number from 0 to {at_most:,}"
        self.refuse(self._spelling(keys), f"{shown(value)} does not fit", cure)
        return None

    def list(self, *keys: str) -> list[Any]:
        """The list of the first of these spellings."""
        value = self.value(*keys)
        if value is None or isinstance(value, list):
            return value or []
        problem = f"{kind_of(value)} stands where a list belongs"
        self.refuse(self._spelling(keys), problem, "write [ ] around it")
        return []

    def nodes(self, key: str, at_most: int) -> Iterator["Node"]:
        """The objects in the list of `key`; none of them, where there are more than that."""
        values = self.list(key)
        if len(values) > at_most:
            self.refuse(key, f"there are over {at_most:,} of them", "import the file in parts")
            return
        for number, value in enumerate(values):
            path = f"{self.path}.{key}[{number}]" if self.path else f"{key}[{number}]"
            if isinstance(value, dict):
                yield Node(value, path, self.notes)
            else:
                problem = f"{kind_of(value)} stands where an object belongs"
                self.notes.refuse(path, problem, "write { } with its keys, or take it out")

    def tell_left_out(self, kind: str, name: str, carried: Iterable[str]) -> None:
        """Tells which of its values have no place here; `carried` are the keys that do."""
        if len(self._values) > KEYS_MAX:
            self.refuse("", f"it has over {KEYS_MAX:,} keys", "take those out that are not its own")
            return
        known = frozenset(carried)
        for key, value in self._values.items():
            if key not in known and value not in _NOTHING:
                self.notes.leave_out(kind, shown_plainly(key), name)


def parsed(text: str, root: str, notes: Notes) -> Node:
    """The object under `root` of a JSON text.

    Raises:
        BadFile: it is no JSON, or has no such object.
    """

    def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in pairs:
            if key in values:
                problem = "it stands twice in one object"
                raise BadFile([Problem(0, shown_plainly(key), problem, "keep one of them")])
            values[key] = value
        return values

    try:
        document = json.loads(
            text.lstrip("\ufeff"),
            object_pairs_hook=once_each,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        problem = f"it is no JSON from column {error.colno} on: {error.msg}"
        raise BadFile([Problem(error.lineno, "", problem, SAVE_AGAIN)]) from None
    except RecursionError:
        raise BadFile([Problem(0, "", "lists stand in lists without end", SAVE_AGAIN)]) from None
    schedule = document.get(root) if isinstance(document, dict) else None
    if not isinstance(schedule, dict):
        raise BadFile([Problem(0, root, "there is no such object in the file", SAVE_AGAIN)])
    return Node(schedule, "", notes)


def _whole(digits: str) -> int | Decimal:
    """A whole number; one that is longer than any that is asked for is not worked out."""
    return int(digits) if len(digits) <= INT_DIGITS_MAX else _decimal(digits)


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return Decimal("Infinity")


def _no_number(name: str) -> NoReturn:
    raise BadFile([Problem(0, "", f"{name} is no number", "write a number, or null")])
