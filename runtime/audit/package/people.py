"""The people of a package: ids, appointments, and names as the vault has them."""

from collections import Counter
from collections.abc import Sequence

from events.approval import AppointmentEnded, PersonAppointed
from events.envelope import Recorded
from runtime.people.names import names_of
from runtime.sheets import Cell, Sheet

COLUMNS = ("Person", "Name", "Role", "From", "Until", "Facts recorded")
HOUSE = "the house itself"


def people(events: Sequence[Recorded]) -> Sheet:
    """Everybody who was appointed or recorded something. Names are still sealed."""
    appointed: dict[tuple[str, str], tuple[Cell, ...]] = {}
    names = names_of(events)
    recorded_by = Counter(recorded.actor for recorded in events)
    for recorded in events:
        match recorded.event:
            case PersonAppointed() as one:
                appointed[one.person, one.role] = (one.role.value, one.starts, one.ends)
            case AppointmentEnded() as one:
                role, starts, _ = appointed.get(
                    (one.person, one.role), (one.role.value, None, None)
                )
                appointed[one.person, one.role] = (role, starts, one.ends)
            case _:
                pass
    rows = [
        (person, names.get(person), *appointment, recorded_by[person])
        for (person, _), appointment in sorted(appointed.items())
    ]
    known = {person for person, _ in appointed}
    rows += [
        (actor, None, HOUSE if ":" in actor else "", None, None, count)
        for actor, count in sorted(recorded_by.items())
        if actor not in known
    ]
    return Sheet(title="People", columns=COLUMNS, rows=tuple(rows), nothing="Nobody.")
