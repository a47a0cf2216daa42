"""Values of a JSON document: what they can serve as, and how they are named to people."""

from decimal import Decimal
from typing import Any

TEXT_MAX = 2_000
REFERENCE_MAX = 64


def is_plain(text: str) -> bool:
    """Whether a text can be kept: no NUL, no half of a pair of surrogates."""
    return not any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in text)


def is_id(value: Any) -> bool:
    """Whether a value can serve as an id just as it is."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= REFERENCE_MAX
        and value == value.strip()
        and "\n" not in value
        and is_plain(value)
    )


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def shown_plainly(text: str) -> str:
    """The beginning of any text, fit to be shown."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text[:60])
    return f"{shown}…" if len(text) > 60 else shown or "?"


def shown(value: Any) -> str:
    """A value as it is named in a problem."""
    if isinstance(value, str):
        return repr(shown_plainly(value))
    return str(value) if is_whole(value) else kind_of(value)


def kind_of(value: Any) -> str:
    """What sort of value it is, as people say it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | Decimal():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
