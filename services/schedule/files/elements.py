"""Elements of the Universal Schedule Standard."""

from collections.abc import Mapping
from dataclasses import dataclass

from events.schedule import Element
from services.schedule.files.categories import NO_CATEGORY, Categories, Field
from services.schedule.files.document import Node
from services.schedule.files.values import shown_plainly

ELEMENTS_MAX = 5_000
NAMES_MAX = 10_000
"""Elements and the sets, lights and units that breakdowns are told by."""

EVENTS_MAX = 1_000
DROP_DAYS_MAX = 1_000
DROP_DAYS = ("doodDayCount", "dropDayCount", "doodDropDays")
HOLD = ("isHold", "doodHoldAllow")
DROP = ("isDrop", "doodDropAllow")
CARRIED = (
    *("id", "category", "name", "elementId", "isDood", "doodInclude", "events", "created"),
    *DROP_DAYS,
    *HOLD,
    *DROP,
)


@dataclass(frozen=True)
class Detail:
    """An element that says one thing about a breakdown: its set, its light, its unit."""

    field: Field
    name: str


@dataclass(frozen=True)
class Elements:
    """The elements of a file, by their id."""

    carried: Mapping[str, Element]
    details: Mapping[str, Detail]


def read_elements(root: Node, categories: Categories) -> Elements:
    """Every element of the file."""
    carried: dict[str, Element] = {}
    details: dict[str, Detail] = {}
    for node in root.nodes("elements", NAMES_MAX):
        element_id, name = node.id(), node.text("name")
        if name is None:
            node.refuse("name", "the element has no name", "give it one, or take it out")
        if element_id is None or name is None:
            continue
        if element_id in carried or element_id in details:
            node.refuse("id", f"{element_id} stands twice", "give each element an id of its own")
        category = categories.of(node, element_id)
        if category is None:
            category = NO_CATEGORY
            cure = "name a category of the file in each of them"
            problem = f"they are in no category of the file, and now in {category.name}"
            root.notes.tell("elements", shown_plainly(name), problem, cure)
        if category.field is not None:
            details[element_id] = Detail(category.field, name)
            continue
        carried[element_id] = _element(node, element_id, name, category.name, category.is_cast)
        _tell_left_out(node, shown_plainly(name))
    if len(carried) > ELEMENTS_MAX:
        root.refuse("elements", f"over {ELEMENTS_MAX:,} of them", "import the file in parts")
    return Elements(carried, details)


def _element(node: Node, element_id: str, name: str, category: str, is_cast: bool) -> Element:
    board_id = node.reference("elementId") or ""
    hold, drop = node.flag(*HOLD), node.flag(*DROP)
    drop_days = node.count(DROP_DAYS_MAX, *DROP_DAYS)
    return Element(
        element=element_id,
        category=category,
        name=name,
        board_id=board_id,
        is_cast=is_cast,
        allow_hold=True if hold is None else hold,
        allow_drop=False if drop is None else drop,
        drop_days_min=10 if drop_days is None else drop_days,
    )


def _tell_left_out(node: Node, name: str) -> None:
    node.tell_left_out("elements", name, CARRIED)
    if node.flag("isDood", "doodInclude") is False:
        problem = "they stand in every day-out-of-days here, and the file leaves them out"
        node.notes.tell("elements", name, problem, "leave them out of the report when you print it")
    for event in node.nodes("events", EVENTS_MAX):
        what = event.text("name") or event.text("type") or "event"
        on = event.text("date") or "no date"
        node.notes.tell(
            "dates of elements",
            f"{name}: {shown_plainly(what)} on {shown_plainly(on)[:10]}",
            "elements have no calendar of their own here",
            "write them into the deal of that person, or set a task for each",
        )
