"""A schedule in the Universal Schedule Standard (`.uss`, JSON), as documented and as written.

Both spellings are taken where files depart from the documents: `strip` and `scene`,
`breakdownArrays` and `breakdownIds`, holidays as events and as days off, elements that name their
category and categories that list their elements.
"""

from collections.abc import Sequence

from pydantic import ValidationError

from events.schedule import Board
from runtime.importing import BadFile, Problem
from services.schedule.commands import ImportSchedule
from services.schedule.files.boards import read_boards
from services.schedule.files.breakdowns import read_breakdowns
from services.schedule.files.calendars import read_calendars
from services.schedule.files.categories import read_categories
from services.schedule.files.document import Node, parsed
from services.schedule.files.elements import read_elements
from services.schedule.files.notes import PROBLEMS_MAX, Notes

ROOT = "universalScheduleStandard"
CARRIED = (
    *("id", "name", "project", "source", "created", "version", "ussVersion"),
    *("breakdowns", "categories", "elements", "stripboards", "calendars"),
)


def read_uss(text: str) -> ImportSchedule:
    """The schedule in a file. Where exactly one board has shoot days and a calendar, it is the one
    to shoot by.

    Raises:
        BadFile: with what is wrong anywhere in it.
    """
    notes = Notes()
    root = parsed(text, ROOT, notes)
    if root.value("breakdowns") is None:
        root.refuse("breakdowns", "there are none", "export the schedule with its breakdowns")
    elements = read_elements(root, read_categories(root))
    breakdowns = read_breakdowns(root, elements)
    boards = read_boards(root, breakdowns, read_calendars(root))
    name, source = _name(root), _source(root)
    root.tell_left_out("schedule", "the file", CARRIED)
    notes.check()
    try:
        return ImportSchedule(
            source=source,
            name=name,
            elements=tuple(elements.carried.values()),
            breakdowns=tuple(breakdowns.carried.values()),
            boards=tuple(boards),
            choose=_chosen(boards),
            unplaced=tuple(notes.unplaced()),
        )
    except ValidationError as invalid:
        raise BadFile(
            [
                Problem(0, ".".join(map(str, one["loc"])), one["msg"], "check it in the file")
                for one in invalid.errors()[:PROBLEMS_MAX]
            ]
        ) from None


def _name(root: Node) -> str:
    return root.text("name") or root.text("project") or "Imported schedule"


def _source(root: Node) -> str:
    """What people would call the file: `It's A Wonderful Life, First Pass (Think Crew)`."""
    title = ", ".join(dict.fromkeys(filter(None, (root.text("project"), root.text("name")))))
    program = root.text("source")
    whole = f"{title or 'A schedule'} ({program})" if program else title or "A schedule"
    return whole[:2_000]


def _chosen(boards: Sequence[Board]) -> str | None:
    with_days = [one for one in boards if one.days]
    if len(with_days) == 1 and with_days[0].calendar is not None:
        return with_days[0].board
    return None
