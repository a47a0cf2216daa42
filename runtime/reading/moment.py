"""A moment of several logs: for each of them its incarnation and a position.

The times of one database are nothing to another, so a moment is a vector and no time. A time is
resolved to one by sealing each log at it: a consistent cut, since a cause is always recorded
earlier than its effect, and the same one whenever it is asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

_PLACE = re.compile(r"([a-z][a-z0-9_]*):([0-9a-f-]{36}):(\d{1,18})")


class BadMoment(ValueError):
    """The text is no moment, or one that has not come."""


@dataclass(frozen=True)
class Moment:
    """`at`: by log, the incarnation and the last position that had been recorded."""

    at: Mapping[str, tuple[str, int]]

    def __str__(self) -> str:
        return ",".join(
            f"{log}:{incarnation}:{position}"
            for log, (incarnation, position) in sorted(self.at.items())
        )

    @classmethod
    def parse(cls, text: str) -> "Moment":
        """Reads `log:incarnation:position,...`; raises `BadMoment`."""
        places = [_PLACE.fullmatch(part) for part in text.split(",")]
        at = {place[1]: (place[2], int(place[3])) for place in places if place is not None}
        if len(at) < len(places):
            raise BadMoment(_NO_MOMENT.format(text=text))
        return cls(at)


_NO_MOMENT = (
    "{text!r} is no moment: give a time with its zone, as 2026-03-01T18:00:00Z, a day, as "
    "2026-03-01 (its end in UTC), or the vector of an earlier answer of the past, as "
    "budget:<incarnation>:<position>,…"
)


def parsed(text: str) -> Moment | datetime:
    """What `as_of` says: a vector, or a time.

    Raises:
        BadMoment: it is neither.
    """
    return Moment.parse(text) if _PLACE.match(text) else time_of(text)


def time_of(text: str) -> datetime:
    """A time with its zone, in UTC; a day stands for its last microsecond in UTC.

    Raises:
        BadMoment: it is neither.
    """
    try:
        if len(text) == len("2026-03-01"):
            return end_of_day(date.fromisoformat(text))
        # In a query an unescaped plus sign arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise BadMoment(_NO_MOMENT.format(text=text)) from None
    if moment.tzinfo is None:
        raise BadMoment(f"{text!r} has no zone: add Z for UTC, or an offset such as +01:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadMoment(_NO_MOMENT.format(text=text)) from None


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day, or of the day of a time, in UTC."""
    return datetime.combine(day, time.max, UTC)
