"""Breakdowns of the Universal Schedule Standard: scenes, banners, and what marks a day's end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from events.schedule import Breakdown
from services.schedule.files.details import Details
from services.schedule.files.document import Node
from services.schedule.files.elements import Elements
from services.schedule.files.values import is_whole, shown_plainly

BREAKDOWNS_MAX = 5_000
STRIPS_MAX = 10_000
"""Breakdowns and the strips between days together."""

ELEMENTS_MAX = 500
EIGHTHS_MAX = 80_000
PAGES_MAX = EIGHTHS_MAX // 8
SCENES = frozenset({"scene", "strip"})
BANNER = "banner"
DAY = "day"
CARRIED = ("id", "type", "scene", "description", "bannerText", "pages", "elements", "created")


@dataclass(frozen=True)
class Breakdowns:
    """The breakdowns of a file by their id, what people call them, and the strips that stand
    between two days."""

    carried: Mapping[str, Breakdown]
    names: Mapping[str, str]
    day_strips: frozenset[str]


def read_breakdowns(root: Node, elements: Elements) -> Breakdowns:
    """Every breakdown of the file."""
    carried: dict[str, Breakdown] = {}
    names: dict[str, str] = {}
    day_strips: set[str] = set()
    details = Details(root.notes, elements)
    for node in root.nodes("breakdowns", STRIPS_MAX):
        breakdown_id, kind = node.id(), _kind(node)
        if breakdown_id is None:
            continue
        if breakdown_id in names:
            node.refuse("id", f"{breakdown_id} stands twice", "give each breakdown its own id")
        scene = node.reference("scene")
        names[breakdown_id] = name = _name(node, breakdown_id, scene)
        if kind == DAY and not node.list("elements") and not node.value("pages"):
            day_strips.add(breakdown_id)
            continue
        carried[breakdown_id] = _breakdown(node, breakdown_id, scene, kind, name, details)
        node.tell_left_out("breakdowns", name, CARRIED)
    details.tell_unused()
    if len(carried) > BREAKDOWNS_MAX:
        root.refuse("breakdowns", f"over {BREAKDOWNS_MAX:,} of them", "import the file in parts")
    if sum(one.eighths for one in carried.values()) > EIGHTHS_MAX:
        cure = "check the longest ones; `pages` counts pages, 0.125 is an eighth"
        root.refuse("breakdowns", f"they come to over {PAGES_MAX:,} pages", cure)
    return Breakdowns(carried, names, frozenset(day_strips))


def _kind(node: Node) -> str:
    kind = (node.text("type") or "scene").casefold()
    if kind not in SCENES | {BANNER, DAY}:
        cure = "one of scene, strip, banner, day"
        node.refuse("type", f"{shown_plainly(kind)!r} is unknown", cure)
    return kind


def _name(node: Node, breakdown_id: str, scene: str | None) -> str:
    """What people call it."""
    if scene:
        return f"scene {scene}"
    return shown_plainly(node.text("description") or node.text("bannerText") or breakdown_id)


def _breakdown(
    node: Node, breakdown_id: str, scene: str | None, kind: str, name: str, details: Details
) -> Breakdown:
    banner, description = node.text("bannerText"), node.text("description")
    if banner and description:
        details.notes.tell(
            "breakdowns",
            name,
            "they have a banner's text beside their description, which is what was kept",
            "write both into the description",
        )
    if kind == BANNER:
        details.notes.tell(
            "banners",
            name,
            "they are no scenes: each is kept as a breakdown without a scene number",
            "nothing, or take them off the boards",
        )
    needed = _needed(node)
    return Breakdown(
        breakdown=breakdown_id,
        scene=scene,
        synopsis=description or banner,
        eighths=_eighths(node, name, kind),
        **details.of(name, needed),
        elements=details.elements_of(name, needed),
    )


def _needed(node: Node) -> Sequence[str]:
    needed: dict[str, None] = {}
    for one in node.list("elements"):
        if isinstance(one, str):
            needed[one] = None
        else:
            node.refuse("elements", "not all of them are ids", "write the id of each element")
    if len(needed) > ELEMENTS_MAX:
        node.refuse("elements", f"over {ELEMENTS_MAX} of them", "take some out")
        return ()
    return tuple(needed)


def _eighths(node: Node, name: str, kind: str) -> int:
    """Decimal pages as eighths; a part of an eighth is a whole one."""
    pages = node.value("pages")
    if pages is None:
        if kind in SCENES:
            problem = "they have no length, and now 0 eighths"
            node.notes.tell("scenes", name, problem, "break them down anew with their length")
        return 0
    is_number = is_whole(pages) or (isinstance(pages, Decimal) and pages.is_finite())
    if not is_number or not 0 <= pages <= PAGES_MAX:
        cure = f"write pages as a number from 0 to {PAGES_MAX:,}; 0.125 is an eighth"
        node.refuse("pages", "it is no length", cure)
        return 0
    exact = Decimal(pages) * 8
    eighths = int(exact.to_integral_value(ROUND_CEILING))
    if eighths != exact:
        problem = "their pages are no multiple of .125, and were rounded up to the next eighth"
        node.notes.tell("breakdowns", name, problem, "check their length")
    return eighths
