"""The strips of one stripboard, sorted into days."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.schedule.files.breakdowns import Breakdowns
from services.schedule.files.notes import Notes
from services.schedule.files.values import shown_plainly

Day = tuple[str, ...]


class Strips:
    """Takes the strips of a board, each once; `placed` are those that it took."""

    def __init__(self, notes: Notes, breakdowns: Breakdowns, board: str) -> None:
        self._notes = notes
        self._breakdowns = breakdowns
        self._board = board
        self.placed: set[str] = set()

    def days_of(self, strips: Sequence[Any]) -> tuple[tuple[Day, ...], Day]:
        """The shoot days, and what is on none of them.

        Days are lists in the list, or end with a strip of type `day`. A strip between two lists is
        on no day, and neither is anything of a list that has no days at all.
        """
        if any(isinstance(one, list) for one in strips):
            return self._lists(strips)
        if any(one in self._breakdowns.day_strips for one in strips if isinstance(one, str)):
            return self._split(strips)
        off = self.flat(strips)
        if off:
            self._notes.tell(
                "boards",
                f"{self._board} ({len(off)} breakdowns)",
                "they are one list without shoot days, so all of it is in their boneyard",
                "lay them anew day by day, or choose another board",
            )
        return (), off

    def flat(self, strips: Iterable[Any]) -> Day:
        """The breakdowns of any strips, in their order."""
        return tuple(one for strip in strips for one in self._each(strip))

    def _lists(self, strips: Sequence[Any]) -> tuple[tuple[Day, ...], Day]:
        days: list[Day] = []
        off: list[str] = []
        for strip in strips:
            if isinstance(strip, list):
                days.append(tuple(self._each(strip)))
                continue
            for one in self._each(strip):
                off.append(one)
                self._tell_off(one, f"after shoot day {len(days)}")
        return tuple(days), tuple(off)

    def _split(self, strips: Sequence[Any]) -> tuple[tuple[Day, ...], Day]:
        days: list[Day] = []
        day: list[str] = []
        for strip in strips:
            if isinstance(strip, str) and strip in self._breakdowns.day_strips:
                days.append(tuple(day))
                day = []
            else:
                day += self._each(strip)
        for one in day:
            self._tell_off(one, "after the last shoot day")
        return tuple(days), tuple(day)

    def _each(self, strip: Any) -> Iterator[str]:
        """The breakdown of a strip, unless it is none or was taken before."""
        if isinstance(strip, list):
            for one in strip:
                if not isinstance(one, list):
                    yield from self._each(one)
                else:
                    self._refuse("a list stands in a shoot day", "write the ids of its breakdowns")
        elif not isinstance(strip, str):
            self._refuse("not all of its strips are ids", "write the id of each breakdown")
        elif strip in self._breakdowns.day_strips:
            return
        elif strip not in self._breakdowns.carried:
            cure = "add them, and lay the board anew"
            problem = f"they are on board {self._board}, and the file does not have them"
            self._notes.tell("breakdowns", shown_plainly(strip), problem, cure)
        elif strip in self.placed:
            problem = f"they stand again on board {self._board}: the first place counts"
            name = self._breakdowns.names[strip]
            self._notes.tell("breakdowns", name, problem, "lay the board anew if that is wrong")
        else:
            self.placed.add(strip)
            yield strip

    def _refuse(self, problem: str, cure: str) -> None:
        self._notes.refuse(f"stripboards, {self._board}", problem, cure)

    def _tell_off(self, breakdown: str, where: str) -> None:
        self._notes.tell(
            "breakdowns",
            self._breakdowns.names[breakdown],
            f"they stand {where} of board {self._board}, on no day: they are in its boneyard",
            "lay the board anew with them on a day",
        )
