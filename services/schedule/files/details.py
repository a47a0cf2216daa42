"""What elements say about a breakdown rather than what it needs: where it plays, and when."""

from collections.abc import Mapping, Sequence
from typing import Any

from events.schedule import DayNight, IntExt
from services.schedule.files.categories import Field
from services.schedule.files.elements import Elements
from services.schedule.files.notes import Notes
from services.schedule.files.values import REFERENCE_MAX, TEXT_MAX, shown_plainly

INT_EXT: Mapping[str, IntExt] = {
    "int": IntExt.INT,
    "ext": IntExt.EXT,
    **dict.fromkeys(("int/ext", "ext/int", "i/e", "e/i"), IntExt.BOTH),
}
DAY_NIGHT: Mapping[str, DayNight] = {one.value: one for one in DayNight}
LIGHTS = ", ".join(DayNight)


class Details:
    """Sorts what a breakdown names into its fields and its elements, and remembers what was
    used."""

    def __init__(self, notes: Notes, elements: Elements) -> None:
        self.notes = notes
        self._elements = elements
        self._used: set[str] = set()

    def elements_of(self, breakdown: str, needed: Sequence[str]) -> tuple[str, ...]:
        """The elements among what is named; one that the file does not have is told."""
        for one in needed:
            if one not in self._elements.carried and one not in self._elements.details:
                self.notes.tell(
                    "elements",
                    f"{shown_plainly(one)} of {breakdown}",
                    "the file has no such element, and the breakdown is without it",
                    "add them, and break these down anew",
                )
        return tuple(one for one in needed if one in self._elements.carried)

    def of(self, breakdown: str, needed: Sequence[str]) -> dict[str, Any]:
        """The fields of a breakdown that are told by its elements."""
        said: dict[Field, list[str]] = {field: [] for field in Field}
        for one in needed:
            detail = self._elements.details.get(one)
            if detail is not None:
                self._used.add(one)
                said[detail.field].append(detail.name)
        for name in said[Field.SEQUENCE]:
            self.notes.tell(
                "sequences",
                f"{shown_plainly(name)} ({breakdown})",
                "breakdowns are in no sequence here",
                "write it into the synopsis",
            )
        return {
            "int_ext": self._int_ext(breakdown, said[Field.INT_EXT]),
            "day_night": self._day_night(breakdown, said[Field.DAY_NIGHT]),
            "set_name": self._joined(breakdown, said[Field.SET], TEXT_MAX),
            "location": self._joined(breakdown, said[Field.LOCATION], TEXT_MAX),
            "script_day": self._joined(breakdown, said[Field.SCRIPT_DAY], REFERENCE_MAX),
            "unit": self._joined(breakdown, said[Field.UNIT], TEXT_MAX),
        }

    def tell_unused(self) -> None:
        """Tells the sets, lights and units that no breakdown has."""
        for one, detail in self._elements.details.items():
            if one not in self._used:
                self.notes.tell(
                    f"names in {detail.field}",
                    shown_plainly(detail.name),
                    "no breakdown has them, and there is no list of them here",
                    "nothing: name them when a scene is broken down",
                )

    def _int_ext(self, breakdown: str, names: Sequence[str]) -> IntExt | None:
        """Both, where inside and outside are told of one breakdown."""
        found: set[IntExt] = set()
        for name in names:
            place = INT_EXT.get(name.casefold().replace(".", "").replace(" ", "").replace("-", "/"))
            if place is None:
                self._tell_unknown(breakdown, name, "it is neither INT nor EXT", "`int_ext`")
            else:
                found.add(place)
        return IntExt.BOTH if len(found) > 1 else next(iter(found), None)

    def _day_night(self, breakdown: str, names: Sequence[str]) -> DayNight | None:
        found: DayNight | None = None
        for name in names:
            light = DAY_NIGHT.get(name.casefold())
            if light is None:
                self._tell_unknown(breakdown, name, f"it is none of {LIGHTS}", "`day_night`")
            elif found is None or found == light:
                found = light
            else:
                problem = "another light stands before it in the same breakdown"
                self._tell_unknown(breakdown, name, problem, "`day_night`")
        return found

    def _tell_unknown(self, breakdown: str, name: str, problem: str, field: str) -> None:
        self.notes.tell(
            "lights and places",
            f"{shown_plainly(name)} ({breakdown})",
            problem,
            f"break these down anew with the {field} that is meant",
        )

    def _joined(self, breakdown: str, names: Sequence[str], at_most: int) -> str | None:
        """All that was told, as one line that is not longer than can be kept."""
        line = " ".join(" / ".join(names).split())
        if len(line) > at_most:
            cure = f"shorten them to {at_most:,} characters"
            self.notes.tell("names", f"of {breakdown}", "they were cut off at their end", cure)
        return line[:at_most].strip() or None
