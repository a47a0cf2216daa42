"""Categories of the Universal Schedule Standard: which of them are fields of a breakdown here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.schedule.files.document import Node

CARRIED = ("id", "ucid", "name", "elements", "created")
NUMBER_MAX = 10**18
CAST_NUMBER = 100
CATEGORIES_MAX = 1_000
CAST_NAMES = frozenset({"cast", "cast member", "cast members"})


class Field(StrEnum):
    """What a breakdown is told by an element of such a category, by the standard's number."""

    SET = "set"
    INT_EXT = "int/ext"
    DAY_NIGHT = "day/night"
    SCRIPT_DAY = "script day"
    UNIT = "unit"
    SEQUENCE = "sequence"
    LOCATION = "location"


@dataclass(frozen=True)
class Category:
    """One category: a field of breakdowns, or one whose elements are elements here too."""

    name: str
    field: Field | None
    is_cast: bool


NO_CATEGORY = Category("Uncategorised", None, False)


@dataclass(frozen=True)
class Categories:
    """The categories by their id, and those of the elements that they list by themselves."""

    by_id: Mapping[str, Category]
    by_element: Mapping[str, Category]

    def of(self, element: Node, element_id: str) -> Category | None:
        """The category that an element names, or that lists it."""
        named = element.value("category")
        if isinstance(named, str) and named in self.by_id:
            return self.by_id[named]
        return self.by_element.get(element_id)


def read_categories(root: Node) -> Categories:
    """Every category of the file."""
    by_id: dict[str, Category] = {}
    by_element: dict[str, Category] = {}
    for node in root.nodes("categories", CATEGORIES_MAX):
        category_id, name = node.id(), node.text("name")
        number = node.count(NUMBER_MAX, "ucid")
        if name is None:
            node.refuse("name", "the category has no name", "give it one")
        if category_id is None or name is None:
            continue
        if category_id in by_id:
            node.refuse("id", f"{category_id} stands twice", "give each category an id of its own")
        category = by_id[category_id] = Category(name, _field(number, name), _is_cast(number, name))
        for element in node.list("elements"):
            if isinstance(element, str):
                by_element.setdefault(element, category)
        node.tell_left_out("categories", name, CARRIED)
    return Categories(by_id, by_element)


def _field(number: int | None, name: str) -> Field | None:
    fields = tuple(Field)
    if number is not None:
        return fields[number] if number < len(fields) else None
    return Field(name.casefold()) if name.casefold() in set(fields) else None


def _is_cast(number: int | None, name: str) -> bool:
    return number == CAST_NUMBER or name.casefold() in CAST_NAMES
