"""What the naive folds read: one entry of a trail, and the rows that they write."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Entry = dict[str, Any]
Row = dict[str, Any]
Tables = dict[str, dict[tuple[Any, ...], Row]]
"""By table, then by the columns of its key."""

ZERO = Decimal(0)
LAST_DAYS = {"option": ("options", "exercise_by"), "deliverable": ("deliverables", "due_on")}
"""Parts of terms with a last day that facts may move as well: where they stand, and what it is."""
OF_A_TRAIL = ("log", "id", "version", "type", "payload", "recorded_at_us", "effective_at_us")
"""What is read of an entry."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Fact:
    """One fact: its name, what it says, and when."""

    def __init__(self, entry: Entry) -> None:
        self.log: str = entry["log"]
        self.id: str = entry["id"]
        self.number: int = entry["version"]
        self.name: str = entry["type"].partition(".")[2]
        # As it is stored: the trail itself opens what is sealed.
        self.says: dict[str, Any] = json.loads(entry["payload"])
        self.at = EPOCH + timedelta(microseconds=entry["recorded_at_us"])
        self.holds_from = EPOCH + timedelta(microseconds=entry["effective_at_us"])


def entry_of(recorded: object) -> Entry:
    """A fact that never stood in a trail, as a trail would have it."""
    return {name: getattr(recorded, name) for name in OF_A_TRAIL}


def row(tables: Tables, table: str, key: Row, blank: Row | None = None) -> Row:
    """The row with that key; a new one is `blank`."""
    return tables.setdefault(table, {}).setdefault(
        tuple(key.values()), {**key, **(blank if blank is not None else {})}
    )


def rows(tables: Tables, table: str) -> list[Row]:
    """Every row of a table."""
    return list(tables.get(table, {}).values())


def is_moved(amended: Fact, part: str, id_: str) -> bool:
    """Whether an amendment gives a part another day than it had, or takes it in, or drops it. If it
    does not, the day is the one that anything else has made it."""
    parts, its_day = LAST_DAYS[part]
    was, now = (
        [one[its_day] for one in amended.says[terms][parts] if one[part] == id_]
        for terms in ("before", "after")
    )
    return was == [] or was != now


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
