"""Edits of the schedule. What already stands so records nothing, in whatever phase it is."""

from collections.abc import Sequence
from typing import assert_never

from events.event import Event
from events.schedule import (
    BoardLaid,
    BreakdownsAdded,
    ElementsAdded,
    ScheduleDrafted,
)
from runtime.paging import pages
from runtime.versions import Undrafted
from services.schedule.commands import (
    AddBreakdowns,
    AddElements,
    ChooseBoard,
    DraftEdit,
    DraftSchedule,
    ImportSchedule,
    LayBoard,
)
from services.schedule.model.fitting import board_faults, breakdown_faults, once, refuse
from services.schedule.model.imports import import_schedule
from services.schedule.model.phases import Phase, drafted, still_draft
from services.schedule.model.planning import check_weight, chosen, replanned
from services.schedule.model.rejections import (
    BoardDoesNotFit,
    BreakdownsDoNotFit,
    ScheduleIsDrafted,
)


def decide_edit(phase: Phase, command: DraftEdit) -> Sequence[Event]:
    """The facts that follow from an edit of the schedule."""
    match command:
        case DraftSchedule():
            return _draft(phase, command)
        case AddElements():
            return _add_elements(phase, command)
        case AddBreakdowns():
            return _add_breakdowns(phase, command)
        case LayBoard():
            return _lay_board(phase, command)
        case ImportSchedule():
            return import_schedule(phase, command)
        case ChooseBoard():
            return _choose_board(phase, command)
        case _:
            assert_never(command)


def _draft(phase: Phase, command: DraftSchedule) -> Sequence[Event]:
    if isinstance(phase, Undrafted):
        return [ScheduleDrafted(name=command.name)]
    if phase.content.name == command.name:
        return []
    raise ScheduleIsDrafted(
        f"version {phase.version} of {phase.content.name!r} is there already: add to it, or lay "
        "another board"
    )


def _add_elements(phase: Phase, command: AddElements) -> Sequence[Event]:
    content = drafted(phase).content
    refuse(once("element", (one.element for one in command.elements)), BreakdownsDoNotFit)
    new = content.new_elements(command.elements)
    if not new:
        return []
    still_draft(phase)
    return [
        *(ElementsAdded(elements=page) for page in pages(new)),
        *replanned(content.with_elements(new)),
    ]


def _add_breakdowns(phase: Phase, command: AddBreakdowns) -> Sequence[Event]:
    content = drafted(phase).content
    new = content.new_breakdowns(command.breakdowns)
    refuse(breakdown_faults(content, command.breakdowns), BreakdownsDoNotFit)
    if not new:
        return []
    still_draft(phase)
    after = content.with_breakdowns(new)
    after.check_length()
    return [*(BreakdownsAdded(breakdowns=page) for page in pages(new)), *replanned(after)]


def _lay_board(phase: Phase, command: LayBoard) -> Sequence[Event]:
    content = drafted(phase).content
    refuse(board_faults(content, command.board), BoardDoesNotFit)
    if not content.new_boards([command.board]):
        return []
    still_draft(phase)
    laid = BoardLaid(board=command.board)
    check_weight(laid, command.board)
    return [laid, *replanned(content.with_boards([command.board]))]


def _choose_board(phase: Phase, command: ChooseBoard) -> Sequence[Event]:
    content = drafted(phase).content
    plan = chosen(content, command)
    if plan == content.plan:
        return []
    still_draft(phase)
    return [plan]
