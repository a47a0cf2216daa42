"""What changed between two versions of terms, and which of it is money."""

from collections.abc import Iterator
from typing import Any

NAMES = ("payment", "option", "deliverable")
"""The fields by which parts of a list are told from one another."""

FEES = frozenset({"fee", "amount", "price", "notes"})
"""Fields that tell what a deal pays; notes may."""


def changes(before: dict[str, Any], after: dict[str, Any], fees: bool) -> list[dict[str, Any]]:
    """Every field that differs, in the order of the terms; without fees, that money changed is
    told, and not from what to what."""
    was, now = dict(leaves(before)), dict(leaves(after))
    return [
        {
            "what": what,
            "was": was.get(what) if fees or not _is_money(what) else None,
            "now": now.get(what) if fees or not _is_money(what) else None,
        }
        for what in dict.fromkeys([*now, *was])
        if was.get(what) != now.get(what)
    ]


def without_fees(terms: Any) -> Any:
    """The terms with every amount left out."""
    match terms:
        case dict():
            return {
                name: None if name in FEES else without_fees(inner) for name, inner in terms.items()
            }
        case list():
            return [without_fees(inner) for inner in terms]
        case _:
            return terms


def _is_money(what: str) -> bool:
    return what.rpartition(": ")[2] in FEES


def leaves(terms: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Every field with its name: `fee`, `payments start: amount`, `credit: wording`."""
    for name, value in terms.items():
        what = f"{within}: {name}" if within else name
        match value:
            case dict():
                yield from leaves(value, what)
            case [dict(), *_]:
                for number, part in enumerate(value, 1):
                    yield from leaves(part, f"{what} {_name_of(part, number)}")
            case []:
                continue
            case list():
                yield what, ", ".join(str(one) for one in value)
            case _:
                yield what, value


def _name_of(part: dict[str, Any], number: int) -> str:
    return next((str(part[name]) for name in NAMES if name in part), str(number))
