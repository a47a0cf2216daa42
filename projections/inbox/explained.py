"""How many things wait for whom, since when, and which facts let them wait."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from events.names import id_of
from projections.inbox.answers import Kind
from projections.inbox.items import Desk
from projections.inbox.rows import (
    Appointment,
    Deal,
    Delegation,
    Matter,
    Refusal,
    Request,
    Returned,
    listed,
)
from projections.inbox.team import Team
from projections.inbox.telling import items_of, place
from runtime.explaining.figures import Asker, Cells, Figure, cells, text
from runtime.view import Rows

Item = dict[str, Any]
Source = tuple[Kind, tuple[str, ...], Cells]
"""What an item is made of: its kind, its key, and the row that lets it wait."""

ASKED = ("asked_at", "step_since", "step", "closed")
HELD = ("stage", "since", "version", "ended", "conditions", "met")
OF_REQUESTS = (Kind.APPROVE, Kind.CONSULT, Kind.NOTIFY)
OF_DEALS = (Kind.ANSWER, Kind.SUBMIT, Kind.MEND, Kind.EXECUTE)
OF_MATTERS = (Kind.JUDGE, Kind.CONFLICT)
DUE = {Request: ("due_on", "fell_due"), Deal: ("expires_at",)}
"""What says until when, by the row that lets an item wait."""


def explained(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """Each thing that waits, and how many do: of all, for each kind and for each person."""
    team = Team(rows, asker.now.date())
    desk = Desk("", "", asker.currency, rows, team, asker.now, fees=asker.fees)
    sources = {id_of("inbox", "", kind, *key): (kind, key, of) for kind, key, of in _sources(rows)}
    items = sorted(items_of(desk), key=place)
    since: list[Figure] = []
    for item in items:
        figures = list(_item(item, *sources[item["id"]]))
        since.append(figures[0])
        yield from figures
    groups: dict[str, list[Figure]] = defaultdict(list, {"all": since})
    people: dict[str, str] = {}
    for item, figure in zip(items, since, strict=True):
        groups[f"kind/{item['kind']}"].append(figure)
        for person in item["for_people"]:
            groups[f"person/{person['person']}"].append(figure)
            people[f"person/{person['person']}"] = person["person"]
    appointed = _appointed(rows)
    for name, figures in groups.items():
        person = people.get(name)
        yield from _waiting(name, figures, person, appointed.get(person or "", ()))


def _sources(rows: Rows) -> Iterator[Source]:
    """Everything that any row may let wait."""
    for request in rows.all(Request):
        for kind in OF_REQUESTS:
            yield kind, (request.request,), cells(request, *ASKED)
    for deal in rows.all(Deal):
        for kind in OF_DEALS:
            yield kind, (deal.contract,), cells(deal, *HELD)
        for condition in listed(deal.conditions):
            yield Kind.CONDITION, (deal.contract, condition), cells(deal, *HELD)
    for matter in rows.all(Matter):
        for kind in OF_MATTERS:
            yield kind, (matter.contract, matter.id), cells(matter, "since", "open")
    for returned in rows.all(Returned):
        of = cells(returned, "since", "open", "version", "reason")
        yield Kind.MEND, (returned.log,), of
    for refusal in rows.all(Refusal):
        yield Kind.LOOK, (refusal.log, refusal.event), cells(refusal, "at", "command", "reason")


def _item(item: Item, kind: Kind, key: tuple[str, ...], of: Cells) -> Iterator[Figure]:
    """Since when it waits, until when, and how much it is about."""
    name = f"item/{kind.value}/{'/'.join(key)}"
    subject = item["subject"]
    label = f"{kind.value}: {subject['kind']} {subject['name']}"
    yield Figure(f"{name}/since", f"{label}, since", text(item["since"]), "date", cells=(of,))
    due = DUE.get(of.table)
    if item["due_on"] is not None and due is not None:
        until = Cells(of.table, of.key, due)
        value = text(item["due_on"])
        yield Figure(f"{name}/due_on", f"{label}, due on", value, "date", cells=(until,))
    if item["amount"] is not None:
        amount = Cells(of.table, of.key, ("amount",))
        unit = item["currency"]
        yield Figure(f"{name}/amount", f"{label}, amount", item["amount"], unit, cells=(amount,))


def _appointed(rows: Rows) -> Mapping[str, Iterable[Cells]]:
    """What makes things wait for a person: his appointments, and whom he stands in for."""
    found: dict[str, list[Cells]] = defaultdict(list)
    for appointment in rows.all(Appointment):
        found[appointment.person].append(cells(appointment, "starts", "ends"))
    for delegation in rows.all(Delegation):
        found[delegation.delegate].append(cells(delegation, "starts", "ends", "kinds"))
    return found


def _waiting(
    name: str, of: list[Figure], person: str | None, because: Iterable[Cells]
) -> Iterator[Figure]:
    group = name.partition("/")[2]
    what, since = f"What waits: {group}", f"Since when the oldest of it waits: {group}"
    if person is not None or not group:
        what, since = "What waits for", "Since when the oldest of it waits for"
    if not group:
        what, since = f"{what} anybody", f"{since} anybody"
    yield Figure(
        f"{name}/waiting",
        what,
        text(len(of)),
        "",
        f"{len(of)} items that wait" if of else "nothing waits",
        tuple(of),
        tuple(because),
        person,
    )
    yield Figure(
        f"{name}/oldest",
        since,
        of[0].value if of else None,
        "date",
        "that of the item that waits longest",
        tuple(of[:1]),
        person=person,
    )
