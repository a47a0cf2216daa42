"""Stripboards of the Universal Schedule Standard: shoot days, boneyards, and what is on neither."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from events.calendar import Calendar
from events.schedule import Board
from services.schedule.files.breakdowns import Breakdowns
from services.schedule.files.calendars import NoStart
from services.schedule.files.document import Node
from services.schedule.files.strips import Strips
from services.schedule.files.values import REFERENCE_MAX, shown_plainly

BOARDS_MAX = 100
DAYS_MAX = 1_000
STRIPS_MAX = 20_000
STRIPBOARD, BONEYARD = "stripboard", "boneyard"
CARRIED = ("id", "name", "boards", "calendar", "created")
PART_CARRIED = ("id", "name", "breakdownArrays", "breakdownIds", "created")

Calendars = Mapping[str, tuple[str, Calendar | NoStart]]


def read_boards(root: Node, breakdowns: Breakdowns, calendars: Calendars) -> Sequence[Board]:
    """Every board of the file. A stripboard that lists several units is as many boards."""
    reading = _Reading(root, breakdowns, calendars)
    boards: list[Board] = []
    for node in root.nodes("stripboards", BOARDS_MAX):
        boards += reading.boards_of(node)
        if len(boards) > BOARDS_MAX:
            root.refuse("stripboards", f"over {BOARDS_MAX} boards", "import the file in parts")
            return ()
    if boards:
        reading.tell_missing()
    reading.tell_unused()
    return boards


class _Reading:
    """What was read of all boards so far."""

    def __init__(self, root: Node, breakdowns: Breakdowns, calendars: Calendars) -> None:
        self._notes = root.notes
        self._breakdowns = breakdowns
        self._calendars = calendars
        self._board_names: set[str] = set()
        self._used_calendars: set[str] = set()
        self._missing: dict[str, list[str]] = {}
        self._placed: set[str] = set()

    def boards_of(self, node: Node) -> Iterator[Board]:
        name = self._own_name(node.reference("name") or "Board")
        calendar = self._calendar(node, name)
        strips = Strips(self._notes, self._breakdowns, name)
        parts = list(node.nodes("boards", BOARDS_MAX))
        yards = [one for one in parts if _name_of(one) == BONEYARD]
        units = [one for one in parts if _name_of(one) != BONEYARD]
        units.sort(key=lambda one: _name_of(one) != STRIPBOARD)
        laid = [strips.days_of(_strips(one)) for one in units] or [((), ())]
        boneyard = strips.flat(one for yard in yards for one in _strips(yard))
        names = [name, *(self._unit_name(name, one) for one in units[1:])]
        for board, (days, off) in zip(names, laid, strict=True):
            if len(days) > DAYS_MAX:
                node.refuse("boards", f"over {DAYS_MAX:,} shoot days", "lay it out in parts")
            rest = (*off, *boneyard) if board == name else off
            yield Board(board=board, days=days[:DAYS_MAX], boneyard=rest, calendar=calendar)
        self._placed |= strips.placed
        self._missing[name] = [one for one in self._breakdowns.carried if one not in strips.placed]
        node.tell_left_out("stripboards", name, CARRIED)
        for part in parts:
            part.tell_left_out("boards", name, PART_CARRIED)

    def tell_missing(self) -> None:
        """Tells what is on no board, or not on all of them."""
        for board, missing in self._missing.items():
            for one in missing:
                if one in self._placed:
                    problem = f"they are neither on board {board} nor in its boneyard"
                    self._tell(one, problem, f"lay {board} anew with them, if they are in it")
        for one in self._breakdowns.carried:
            if one not in self._placed:
                self._tell(one, "they are on no board", "lay a board with them, or leave them")

    def tell_unused(self) -> None:
        """Tells the calendars that no board has."""
        for calendar, (name, _) in self._calendars.items():
            if calendar not in self._used_calendars:
                cure = "give its days when you choose a board"
                self._notes.tell("calendars", name, "no board is shot by them", cure)

    def _tell(self, breakdown: str, problem: str, cure: str) -> None:
        self._notes.tell("breakdowns", self._breakdowns.names[breakdown], problem, cure)

    def _calendar(self, node: Node, board: str) -> Calendar | None:
        calendar_id = node.value("calendar")
        if calendar_id is None:
            return None
        if not isinstance(calendar_id, str) or calendar_id not in self._calendars:
            cure = "say when it begins when you choose the board"
            self._notes.tell("boards", board, "the file does not have their calendar", cure)
            return None
        self._used_calendars.add(calendar_id)
        name, calendar = self._calendars[calendar_id]
        if isinstance(calendar, Calendar):
            return calendar
        cure = "give start and days off when you choose the board"
        problem = f"their calendar {name} does not say when it begins, and was left out"
        self._notes.tell("boards", board, problem, cure)
        return None

    def _unit_name(self, board: str, unit: Node) -> str:
        return self._own_name(f"{board}, {unit.reference('name') or 'unit'}")

    def _own_name(self, name: str) -> str:
        """The name, or the first of `name (2)`, `name (3)` that is free."""
        own, number = name[:REFERENCE_MAX].strip(), 1
        while own in self._board_names:
            number += 1
            ending = f" ({number})"
            own = f"{name[: REFERENCE_MAX - len(ending)].strip()}{ending}"
        self._board_names.add(own)
        if number > 1:
            problem = f"another has that name, so this one is {own!r}"
            self._notes.tell("boards", shown_plainly(name), problem, "use that name")
        return own


def _name_of(part: Node) -> str:
    return (part.text("name") or "").casefold()


def _strips(part: Node) -> list[Any]:
    part.refuse_both("breakdownArrays", "breakdownIds")
    strips = part.list("breakdownArrays", "breakdownIds")
    if sum(1 + len(one) if isinstance(one, list) else 1 for one in strips) <= STRIPS_MAX:
        return strips
    part.refuse("breakdownIds", f"over {STRIPS_MAX:,} strips", "lay it out in parts")
    return []
