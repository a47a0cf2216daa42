"""Which fact led to which: the causes of a trail's entries, their tree, and one chain of it.

Pure. An entry is a fact as the trail endpoints tell it (`runtime.web.facts.TrailEntry`).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from events.envelope import Recorded
from events.event import UndecodableEvent, UnknownEvent
from runtime.order import command_id_of
from runtime.rooms import Service
from runtime.timing.rows import due_of, timer_command_id

Entry = dict[str, Any]

ID_CHARACTERS_MIN = 8
"""As many of an id's first characters name it."""

_TOLD_OF_A_CAUSE = ("id", "type", "log", "position", "actor", "recorded_at")


def with_causes(
    entries: Sequence[Entry],
    services: Mapping[str, Service],
    recorded: Callable[[Entry], Recorded],
) -> list[Entry]:
    """Each entry with its `cause` and, where no person did it, the sentence `because` of which it
    was done. Both are None for what a person began.

    Of a cause that is not among the entries only its id is told.
    """
    by_id = {entry["id"]: entry for entry in entries}
    found = []
    for entry in entries:
        cause = by_id.get(entry["causation"])
        told = dict.fromkeys(_TOLD_OF_A_CAUSE) | {"id": entry["causation"]}
        told |= {name: cause[name] for name in _TOLD_OF_A_CAUSE} if cause else {}
        sentence = _sentence(entry, cause, services, recorded) if cause else None
        found.append(entry | {"because": sentence, "cause": told if entry["causation"] else None})
    return found


def _sentence(
    entry: Entry,
    cause: Entry,
    services: Mapping[str, Service],
    recorded: Callable[[Entry], Recorded],
) -> str | None:
    kind, _, room = entry["actor"].partition(":")
    service = services.get(room)
    if service is None:
        return None
    match kind:
        case "policy":
            return "; ".join(_reactions(entry, cause, service)) or None
        case "timer":
            return _timer(entry, recorded(cause), service)
        case _:
            return None


def _reactions(entry: Entry, cause: Entry, service: Service) -> list[str]:
    """The sentences of the reactions to `cause` that may have led to `entry`; mostly it is one."""
    return [
        reaction.because
        for reaction in service.policies.reactions
        if reaction.on.wire()[0] == cause["type"]
        and any(
            entry["data"].get("command") == command.__name__
            if entry["type"] == "reaction.ReactionRefused"
            else entry["type"] in {fact.wire()[0] for fact in facts}
            for command, facts in reaction.gives.items()
        )
    ]


def _timer(entry: Entry, cause: Recorded, service: Service) -> str | None:
    """The timer that `cause` set and whose command led to `entry`, known by the command's id."""
    try:
        timers = service.timers(cause)
    except (UnknownEvent, UndecodableEvent):
        return None
    for timer in timers:
        due_at = due_of(timer)
        if due_at is None:
            continue
        id_ = timer_command_id(service.name, cause.production, timer.key, due_at, cause.id)
        if entry["command_id"] in (id_, command_id_of(id_, "refused")):
            return f"{timer.key} was due at {due_at:%Y-%m-%d %H:%M} UTC"
    return None


def tree(entries: Sequence[Entry]) -> list[tuple[int, Entry]]:
    """Each entry behind its cause, with how deep it stands below one that nothing here caused.

    What has the same cause keeps the order of the entries.
    """
    ids = {entry["id"] for entry in entries}
    effects: dict[str | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        effects[entry["causation"] if entry["causation"] in ids else None].append(entry)
    found = []
    waiting = [(0, entry) for entry in reversed(effects[None])]
    while waiting:
        depth, entry = waiting.pop()
        found.append((depth, entry))
        waiting += [(depth + 1, effect) for effect in reversed(effects[entry["id"]])]
    return found


def chain(entries: Sequence[Entry], of: str) -> list[Entry]:
    """The entries that are `of` or name it, what led to them, and what follows from them.

    `of` is an event's id, or enough of its beginning; or what facts name: a contract, a request.

    Raises:
        LookupError: there is none.
    """
    by_id = {entry["id"]: entry for entry in entries}
    effects: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        effects[entry["causation"]].append(entry["id"])
    named = [entry["id"] for entry in entries if _is_or_names(entry, of)]
    if not named:
        raise LookupError(f"no fact here is {of} or names it")
    found = set(named)
    for id_ in named:
        above = by_id[id_]["causation"]
        while above in by_id and above not in found:
            found.add(above)
            above = by_id[above]["causation"]
    below = list(named)
    while below:
        new = [id_ for id_ in effects[below.pop()] if id_ not in found]
        found.update(new)
        below += new
    return [entry for entry in entries if entry["id"] in found]


def _is_or_names(entry: Entry, of: str) -> bool:
    if len(of) >= ID_CHARACTERS_MIN and entry["id"].startswith(of):
        return True
    return entry["stream"].endswith(f"-{of}") or _holds(entry["data"], of)


def _holds(value: Any, of: str) -> bool:
    match value:
        case dict():
            return any(_holds(one, of) for one in value.values())
        case list():
            return any(_holds(one, of) for one in value)
        case _:
            return bool(value == of)


def reason_of(entry: Entry) -> str:
    """What its author wrote of why he did it."""
    return str(entry["data"].get("reason") or entry["data"].get("note") or "")
