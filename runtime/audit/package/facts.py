"""Every fact of a package as a reader takes it in: when, who, what, why, and where it stands."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from events.envelope import Recorded
from runtime import rooms
from runtime.causation import with_causes

DETAILS_MAX = 8
TOLD_ELSEWHERE = frozenset({"reason", "note"})


@dataclass(frozen=True)
class Fact:
    """One line of the list. `details` are the fact's own words, personal texts sealed in them."""

    at: datetime
    actor: str
    what: str
    details: dict[str, Any]
    why: str
    log: str
    position: int
    hash: str


def facts(events: Sequence[Recorded], called: Callable[[str], str]) -> list[Fact]:
    """Those facts, in their order; `called` names people."""
    by_id = {recorded.id: recorded for recorded in events}
    entries = with_causes(
        [
            asdict(one)
            | {"data": orjson.loads(one.payload), "recorded_at": one.recorded_at.isoformat()}
            for one in events
        ],
        rooms.services(),
        lambda entry: by_id[entry["id"]],
    )
    return [_fact(recorded, entry, called) for recorded, entry in zip(events, entries, strict=True)]


def _fact(recorded: Recorded, entry: Mapping[str, Any], called: Callable[[str], str]) -> Fact:
    data = entry["data"]
    own = str(data.get("reason") or data.get("note") or "")
    why = [one for one in (own, entry["because"]) if one]
    return Fact(
        at=recorded.recorded_at,
        actor=called(recorded.actor),
        what=words_of(recorded.type),
        details={
            name: called(value) if isinstance(value, str) else value
            for name, value in list(_details(data))[:DETAILS_MAX]
        },
        why="; ".join(why),
        log=recorded.log,
        position=recorded.position,
        hash=recorded.hash.hex()[:12],
    )


def words_of(wire: str) -> str:
    """`budget.BudgetLocked` as people say it: budget locked."""
    name = wire.partition(".")[2]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return words[:1].upper() + words[1:]


def _details(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fact's own fields that fit a line; of what is longer, how much of it there is."""
    for name, value in data.items():
        if name in TOLD_ELSEWHERE or value in (None, "", []):
            continue
        match value:
            case list():
                yield name, "1 entry" if len(value) == 1 else f"{len(value)} entries"
            case dict():
                flat = {key: one for key, one in value.items() if isinstance(one, str | int)}
                yield name, ", ".join(f"{key} {one}" for key, one in list(flat.items())[:4])
            case str() if re.fullmatch("[0-9a-f]{64}", value):
                yield name, value[:12] + "…"
            case _:
                yield name, value
