"""What each read model makes of the film, fact by fact: its rows, what is told of them, and how
that is explained.

`python -m tests.projections.story` writes the stories anew; read the difference before it is kept.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from projections.budget_status.answers import By
from projections.budget_status.hot_costs import hot_costs
from projections.budget_status.report import overages, planned, standing, table, total
from projections.budget_status.rows import Line
from projections.contracts.rows import Deal
from projections.contracts.telling import summary, whole
from projections.day_out_of_days.boards import BoardHasNoDates, NoSuchBoard, dated
from projections.day_out_of_days.report import days_of, elements_of, totals_of
from projections.inbox.items import Desk
from projections.inbox.team import Team
from projections.inbox.telling import items_of as inbox_items
from projections.inbox.telling import place
from projections.obligations.telling import obligations, totals
from projections.timeline.items import items_of
from projections.timeline.network import network
from projections.timeline.summary import behind_of, conflicts_of, overages_of, summary_of
from runtime import rooms
from runtime.explaining.figures import Asker, Figure
from runtime.explaining.telling import label_of
from runtime.rooms import Projection
from runtime.view import Row, Rows, key_of
from tests.explaining.film import NOT_TOLD, TOLD_FEES, facts_of
from tests.explaining.shown import plain
from tests.projections.histories import WRITER

STORIES = Path(__file__).parent / "stories"
IDS = re.compile(r"\b([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
"""Told by their beginnings alone."""

EXPLAINED_EVERY = 8
"""Facts between two explanations of everything."""


def path_of(projection: Projection) -> Path:
    """Where its story is written down."""
    return STORIES / f"{projection.name}.txt"


def story(projection: Projection) -> Iterator[str]:
    """Step by step: each fact with what changed by it, then each fact where it is heard alone."""
    view, rows = projection.view, Rows()
    facts = [one for one in facts_of(view) if getattr(one.event, "contract", None) != WRITER]
    tell = TOLD[projection.name]
    before: dict[str, Any] = {}
    said: set[str] = set()
    for number, fact in enumerate(facts, 1):
        lines = []
        for row in view.evolve(rows, fact):
            lines.append(_changed(rows.get(type(row), *key_of(row)), row))
            rows.put(row)
        now = _flat(plain(tell(rows, TOLD_FEES)))
        lines += _differences(before, now)
        if number % EXPLAINED_EVERY == 0 or number == len(facts):
            explained = [_explained(one) for one in projection.figures(rows, TOLD_FEES)]
            lines += [one for one in explained if one not in said]
            said.update(explained)
        if lines:
            yield _step(fact.type, lines)
        before = now
    untold = [_explained(one) for one in projection.figures(rows, NOT_TOLD)]
    differences = _differences(before, _flat(plain(tell(rows, NOT_TOLD))))
    yield _step("without fees", [*differences, *(one for one in untold if one not in said)])
    for fact in facts:
        lines = [_changed(None, row) for row in view.evolve(Rows(), fact)]
        if not said.issuperset(lines):
            yield _step(f"{fact.type} alone", lines)
        said.update(lines)


def _step(title: str, lines: Iterable[str]) -> str:
    return IDS.sub(lambda found: found[1], "\n".join([f"# {title}", *lines])) + "\n"


def _changed(before: Row | None, after: Row) -> str:
    values = {
        one.name: (one.default if before is None else getattr(before, one.name))
        for one in fields(after)  # type: ignore[arg-type]
    }
    changes = [
        f"{name}={getattr(after, name)}"
        for name, value in values.items()
        if getattr(after, name) != value
    ]
    key = " ".join(map(str, key_of(after)))
    return f"row {after.TABLE} {key}: {', '.join(changes) or 'as before'}"


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Each value of an answer by the way to it."""
    match value:
        case dict() if value:
            parts = value.items()
        case list() if value:
            parts = enumerate(value)
        case _:
            return {name: value}
    found: dict[str, Any] = {}
    for part, inside in parts:
        found |= _flat(inside, f"{name}/{part}")
    return found


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name, value in after.items():
        if name not in before or before[name] != value:
            yield f"told {name}: {json.dumps(value, ensure_ascii=False)}"
    gone = [name for name in before if name not in after]
    if gone:
        yield f"told no more: {len(gone)}, the first {gone[0]}"


def _explained(one: Figure) -> str:
    terms = ", ".join(term.name for term in one.terms)
    cells = "; ".join(
        f"{each.table.TABLE} {' '.join(map(str, each.key))}: {', '.join(each.columns)}"
        for each in one.cells
    )
    return " | ".join(
        [
            f"figure {one.name}: {one.value} {one.unit}",
            label_of(one, {}),
            str(one.formula),
            terms,
            cells,
        ]
    ).rstrip(" |")


def _of_budget_status(rows: Rows, asker: Asker) -> Any:
    return {
        "standing": standing(rows),
        **{by.value: {row["key"]: row for row in table(rows, by)} for by in By},
        "total": total(rows).shown(),
        "overages": overages(rows),
        "lines": {line.line: planned(line) for line in rows.all(Line)},
        "hot_costs": hot_costs(rows, asker.currency),
    }


def _of_contracts(rows: Rows, asker: Asker) -> Any:
    return {
        deal.contract: summary(rows, deal, asker.fees) | whole(rows, deal, asker.fees)
        for deal in rows.all(Deal)
    }


def _of_day_out_of_days(rows: Rows, asker: Asker) -> Any:
    try:
        board = dated(rows, None, None, None)
    except (NoSuchBoard, BoardHasNoDates) as refusal:
        return str(refusal)
    days = days_of(rows, board)
    return {
        "days": days,
        "totals": totals_of(days),
        "elements": {one.element: one for one in elements_of(rows, board, cast=False)},
        "cast": [one.element for one in elements_of(rows, board, cast=True)],
    }


def _of_inbox(rows: Rows, asker: Asker) -> Any:
    team = Team(rows, asker.now.date())
    desk = Desk("", "", asker.currency, rows, team, asker.now, asker.fees)
    return {place(one): one for one in sorted(inbox_items(desk), key=place)}


def _of_obligations(rows: Rows, asker: Asker) -> Any:
    told = obligations(rows, asker.now, asker.fees)
    each = {f"{one['kind']} {one['contract']} {one['id']}": one for one in told}
    return {"each": each, "order": list(each), "totals": totals(told)}


def _of_timeline(rows: Rows, asker: Asker) -> Any:
    times = network(rows)
    items = items_of(rows, times)
    return {
        "items": {f"{one.kind} {one.id}": one for one in items},
        "summary": summary_of(rows, times, items),
        "behind": behind_of(rows),
        "overages": overages_of(rows),
        "conflicts": conflicts_of(rows),
    }


TOLD: dict[str, Callable[[Rows, Asker], Any]] = {
    "budget_status": _of_budget_status,
    "contracts": _of_contracts,
    "day_out_of_days": _of_day_out_of_days,
    "inbox": _of_inbox,
    "obligations": _of_obligations,
    "timeline": _of_timeline,
}

if __name__ == "__main__":
    STORIES.mkdir(exist_ok=True)
    for one in rooms.projections().values():
        path_of(one).write_text("\n".join(story(one)), encoding="utf-8")
