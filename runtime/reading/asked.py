"""What a query asks of a reader, and what it answers from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from runtime.reading.moment import Moment
from runtime.reading.parking import Parked
from runtime.reading.past import Cut
from runtime.view import Rows


@dataclass(frozen=True)
class Asked:
    """Of which moment an answer is to be: of the present, once it holds what the token `after`
    stands for; or as known at `as_of`, with what had taken effect at `effective`."""

    after: str | None = None
    as_of: Moment | datetime | None = None
    effective: datetime | None = None

    @property
    def is_past(self) -> bool:
        """Whether the rows that are there do not answer it."""
        return self.as_of is not None or self.effective is not None


PRESENT = Asked()


@dataclass(frozen=True)
class Reading:
    """What a query answers from: the rows of some productions, their titles, the time by which
    is judged what is due, and the places, or the cut, that the rows are of. Which of
    the productions are parked is told with why; see `apart`."""

    rows: dict[str, Rows]
    about: dict[str, dict[str, str]]
    now: datetime
    places: Mapping[tuple[str, int], tuple[int, str | None]]
    cut: Cut | None = None
    parked: dict[str, Parked] = field(default_factory=dict)
    schema: str = ""
    """Of the version that it was read from; none for the past."""

    def apart(self) -> tuple["Reading", list[dict[str, Any]]]:
        """The same without the parked productions, and these for the answer to name: an answer
        about many productions does not fail because of one."""
        named = [
            {
                "production": production,
                "title": self.about.get(production, {}).get("title"),
                "log": one.log,
                "position": one.position,
                "type": one.type,
                "reason": one.told,
                "parked_at": one.parked_at.isoformat(),
            }
            for production, one in sorted(self.parked.items())
        ]
        rows = {one: rows for one, rows in self.rows.items() if one not in self.parked}
        return replace(self, rows=rows, parked={}), named
