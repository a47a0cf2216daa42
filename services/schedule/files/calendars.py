"""Calendars of the Universal Schedule Standard: when a board begins, and what is off."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from events.calendar import Calendar, FreeDay, Weekday
from services.schedule.files.document import Node
from services.schedule.files.values import is_whole, shown_plainly

FREE_DAYS_MAX = 1_000
CALENDARS_MAX = 100
EVENTS_MAX = 5_000
NOON = 12
WEEK = (Weekday.SUNDAY, *tuple(Weekday)[:-1])
"""The days of a week as JavaScript counts them: 0 is Sunday."""

FREE = {"holiday": "Holiday", "dayoff": "Day off", "day off": "Day off", "hiatus": "Hiatus"}
"""Names of events that are free days, whatever the type that they come under."""

CARRIED = ("id", "name", "daysOff", "events", "created")
EVENT_CARRIED = ("id", "type", "name", "date", "created")
_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(T([0-9]{2}):[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


@dataclass(frozen=True)
class NoStart:
    """A calendar that does not say when it begins, and so is none here."""


def read_calendars(root: Node) -> Mapping[str, tuple[str, Calendar | NoStart]]:
    """Every calendar of the file with its name, by its id."""
    calendars: dict[str, tuple[str, Calendar | NoStart]] = {}
    for node in root.nodes("calendars", CALENDARS_MAX):
        calendar_id = node.id()
        if calendar_id is None:
            continue
        if calendar_id in calendars:
            node.refuse("id", f"{calendar_id} stands twice", "give each calendar its own id")
        name = shown_plainly(node.text("name") or calendar_id)
        calendars[calendar_id] = name, _Reading(node, name).calendar()
        node.tell_left_out("calendars", name, CARRIED)
    return calendars


class _Reading:
    """What was read of one calendar."""

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self._name = name
        self._starts_on: date | None = None
        self._free_days: dict[date, str] = {}

    def calendar(self) -> Calendar | NoStart:
        for event in self._node.nodes("events", EVENTS_MAX):
            self._take(event)
        days_off = self._days_off()
        if len(self._free_days) > FREE_DAYS_MAX:
            self._node.refuse("events", f"over {FREE_DAYS_MAX:,} free days", "take some out")
            return NoStart()
        if self._starts_on is None:
            return NoStart()
        return Calendar(
            starts_on=self._starts_on,
            days_off=days_off,
            free_days=tuple(
                FreeDay(on=on, name=name) for on, name in sorted(self._free_days.items())
            ),
        )

    def _take(self, event: Node) -> None:
        kind, name = (event.text("type") or "event").casefold(), event.text("name")
        on = self._date(event)
        event.tell_left_out("calendar events", self._name, EVENT_CARRIED)
        if on is None:
            return
        known = FREE.get((name or "").casefold())
        if kind == "start" and self._starts_on in (None, on):
            self._starts_on = on
        elif kind == "start":
            self._tell(f"start on {on}", "the calendar begins on another day before that")
        elif kind == "dayoff" or known:
            self._free_days.setdefault(on, known or name or FREE["dayoff"])
        else:
            what = f"{shown_plainly(name or kind)} on {on}"
            self._tell(what, "a calendar here knows only its start and its free days")

    def _tell(self, what: str, problem: str) -> None:
        cure = "set a milestone or a task for each, where it matters"
        self._node.notes.tell("dates of calendars", f"{self._name}: {what}", problem, cure)

    def _date(self, event: Node) -> date | None:
        """The day as it is written, whatever the time beside it."""
        text = event.text("date")
        found = _DATE.fullmatch(text or "")
        try:
            if found:
                on = date.fromisoformat(found[1])
                if int(found[3] or 0) >= NOON:
                    problem = "it is past noon in the file, and its day was taken as it is written"
                    self._tell(f"{text}", problem)
                return on
        except ValueError:
            pass
        cure = "write it as 2022-08-10T07:00:00.000Z"
        event.refuse("date", f"{shown_plainly(text or '')} is no date", cure)
        return None

    def _days_off(self) -> tuple[Weekday, ...]:
        numbers = self._node.list("daysOff")
        if not all(is_whole(one) and 0 <= one < len(WEEK) for one in numbers):
            cure = "write numbers from 0, which is Sunday, to 6, which is Saturday"
            self._node.refuse("daysOff", "not all of them are days of a week", cure)
            return ()
        off = {WEEK[one] for one in numbers}
        if len(off) == len(WEEK):
            self._node.refuse("daysOff", "no day of the week is left to work", "leave one out")
            return ()
        return tuple(one for one in Weekday if one in off)
