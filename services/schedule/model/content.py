"""What a schedule says: what scenes need, the scenes, the boards, and the board that is shot by."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from immutables import Map

from events.schedule import Board, Breakdown, Element, ShootDaysPlanned
from runtime.changing import changed
from runtime.content import content_hash
from services.schedule.model.rejections import (
    BoardIsUnknown,
    BreakdownIsUnknown,
    ElementIsUnknown,
    ScheduleIsTooLong,
)

EIGHTHS_MAX = 80_000
"""What `Eighths` holds: 10,000 pages."""

NAMES_SHOWN = 5


@dataclass(frozen=True)
class Content:
    """The content of a schedule; `plan` is there once a board was chosen."""

    name: str
    elements: Map[str, Element] = field(default_factory=Map)
    breakdowns: Map[str, Breakdown] = field(default_factory=Map)
    boards: Map[str, Board] = field(default_factory=Map)
    plan: ShootDaysPlanned | None = None

    def with_elements(self, elements: Iterable[Element]) -> "Content":
        """This content with those elements, each in the place of one with the same id."""
        return changed(self, elements=self.elements.update((one.element, one) for one in elements))

    def with_breakdowns(self, breakdowns: Iterable[Breakdown]) -> "Content":
        """This content with those breakdowns, each in the place of one with the same id."""
        return changed(
            self, breakdowns=self.breakdowns.update((one.breakdown, one) for one in breakdowns)
        )

    def with_boards(self, boards: Iterable[Board]) -> "Content":
        """This content with those boards, each in the place of one with the same name."""
        return changed(self, boards=self.boards.update((one.board, one) for one in boards))

    def new_elements(self, elements: Iterable[Element]) -> list[Element]:
        """Those that do not stand here just so."""
        return [one for one in elements if self.elements.get(one.element) != one]

    def new_breakdowns(self, breakdowns: Iterable[Breakdown]) -> list[Breakdown]:
        """Those that do not stand here just so."""
        return [one for one in breakdowns if self.breakdowns.get(one.breakdown) != one]

    def new_boards(self, boards: Iterable[Board]) -> list[Board]:
        """Those that do not stand here just so."""
        return [one for one in boards if self.boards.get(one.board) != one]

    def board(self, name: str) -> Board:
        """The board of that name, or the refusal that there is none."""
        board = self.boards.get(name)
        if board is None:
            known = named(sorted(self.boards)) if self.boards else "none yet"
            raise BoardIsUnknown(f"there is no board {name}: lay it, or choose of {known}")
        return board

    def eighths_of(self, breakdowns: Iterable[str]) -> int:
        """What they come to, in eighths of a page."""
        return sum(self.breakdowns[one].eighths for one in breakdowns)

    def check_length(self) -> None:
        """Refuses more pages than any schedule has."""
        if sum(one.eighths for one in self.breakdowns.values()) > EIGHTHS_MAX:
            raise ScheduleIsTooLong(
                f"the breakdowns come to over {EIGHTHS_MAX // 8:,} pages: `eighths` counts eighths "
                "of a page, so check the longest ones"
            )

    def check_elements(self, breakdown: Breakdown) -> None:
        """Refuses a breakdown that needs what is not there."""
        missing = [one for one in breakdown.elements if one not in self.elements]
        if missing:
            raise ElementIsUnknown(
                f"breakdown {breakdown.breakdown} needs {named(missing)}, which nobody has added: "
                "add it first, or take it out"
            )

    def check_known(self, breakdown: str) -> None:
        """Refuses a breakdown that is not there."""
        if breakdown not in self.breakdowns:
            raise BreakdownIsUnknown(
                f"there is no breakdown {breakdown}: add it first, or take it out"
            )

    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON: the same content has the same, in whatever order it was
        added."""
        return content_hash(
            {
                "elements": [one.model_dump() for _, one in sorted(self.elements.items())],
                "breakdowns": [one.model_dump() for _, one in sorted(self.breakdowns.items())],
                "boards": [one.model_dump() for _, one in sorted(self.boards.items())],
                "plan": None if self.plan is None else self.plan.model_dump(),
            }
        )


def named(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    each = list(dict.fromkeys(names))
    more = len(each) - NAMES_SHOWN
    return ", ".join(each[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
