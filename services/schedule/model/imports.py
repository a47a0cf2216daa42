"""A file taken in: all of it or, where a part does not fit, nothing."""

from collections.abc import Iterator, Sequence

from events.event import Event
from events.schedule import (
    BoardLaid,
    BreakdownsAdded,
    ElementsAdded,
    ScheduleDrafted,
    ScheduleImported,
    Unplaced,
)
from runtime.paging import pages
from runtime.versions import Undrafted
from services.schedule.commands import ImportSchedule
from services.schedule.model.content import Content
from services.schedule.model.fitting import Fault, board_faults, breakdown_faults, once, refuse
from services.schedule.model.phases import Phase, drafted, still_draft
from services.schedule.model.planning import check_weight, chosen_by_its_own, replanned
from services.schedule.model.rejections import ScheduleDoesNotFit


def import_schedule(phase: Phase, command: ImportSchedule) -> Sequence[Event]:
    """The facts that follow from a file; the same file again records nothing."""
    is_new = isinstance(phase, Undrafted)
    name = command.name or command.source
    before = Content(name) if is_new else drafted(phase).content
    after = (
        before.with_elements(command.elements)
        .with_breakdowns(command.breakdowns)
        .with_boards(command.boards)
    )
    refuse(_faults(after, command), ScheduleDoesNotFit)
    after.check_length()
    parts = _parts(before, command)
    plan = _plan(after, command)
    if not (is_new or parts or plan):
        return []
    if not is_new:
        still_draft(phase)
    return [
        *([ScheduleDrafted(name=name)] if is_new else []),
        *parts,
        ScheduleImported(
            source=command.source,
            breakdowns=len(command.breakdowns),
            eighths=sum(one.eighths for one in command.breakdowns),
            boards=tuple(one.board for one in command.boards),
            unplaced=_told(command.unplaced),
        ),
        *plan,
    ]


def _faults(after: Content, command: ImportSchedule) -> Iterator[Fault]:
    yield from once("element", (one.element for one in command.elements))
    yield from once("board", (one.board for one in command.boards))
    yield from breakdown_faults(after, command.breakdowns)
    for board in command.boards:
        yield from board_faults(after, board)


def _parts(before: Content, command: ImportSchedule) -> Sequence[Event]:
    laid = [BoardLaid(board=one) for one in before.new_boards(command.boards)]
    for one in laid:
        check_weight(one, one.board)
    return [
        *(ElementsAdded(elements=page) for page in pages(before.new_elements(command.elements))),
        *(
            BreakdownsAdded(breakdowns=page)
            for page in pages(before.new_breakdowns(command.breakdowns))
        ),
        *laid,
    ]


def _plan(after: Content, command: ImportSchedule) -> Sequence[Event]:
    if command.choose is None:
        return replanned(after)
    plan = chosen_by_its_own(after, command.choose)
    return [] if plan == after.plan else [plan]


def _told(unplaced: Sequence[Unplaced]) -> tuple[Unplaced, ...]:
    """As many as one fact can hold, and how many more there are."""
    first, *others = list(pages(unplaced)) or [()]
    more = sum(map(len, others))
    if not more:
        return first
    rest = Unplaced(
        what=f"{more} more parts of the file",
        problem="there is no room to tell each of them",
        cure="mend these first, then import the file again",
    )
    return (*first, rest)
