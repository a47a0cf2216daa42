"""Whatever stands in a file: it is refused with a cure, or all of it is recorded and adds up."""

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from events.budget import BudgetDrafted, CostPosted, LinesImported
from events.event import Event, decode
from events.schedule import BreakdownsAdded, ScheduleDrafted, ScheduleImported
from runtime import rooms
from runtime.decider import Command
from runtime.importing import BadFile, Importer
from services.budget.commands import ImportBudget, PostEntry, RecordCosts
from services.budget.policies import Known
from services.schedule.commands import ImportSchedule
from tests.services.given import for_patience, given
from tests.services.lighthouse import SAMPLES
from tests.services.schedule import uss

pytestmark = pytest.mark.unit

IMPORTERS: dict[str, tuple[rooms.Service, Importer]] = {
    what: (service, importer)
    for service in rooms.services().values()
    for what, importer in service.imports.items()
}
GOOD = {
    "budget": (SAMPLES / "budget.csv").read_text(),
    "costs": (SAMPLES / "costs.csv").read_text(),
    "schedule": uss.changed(lambda _: None),
}
BEFORE: dict[str, tuple[Event, ...]] = {
    "budget": (BudgetDrafted(currency="USD", categories=()),),
    "costs": (),
    "schedule": (ScheduleDrafted(name="The Last Lighthouse"),),
}
PROBLEMS_MAX = 201

Table = list[list[str]]
CELLS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(
        ["", " ", "0", "-0", "-1", "1e3", "1e400", "NaN", "Infinity", "0.00001", "1,250.00", "$5"]
        + ["9" * 30, "0." + "1" * 60, ".5", "5.", "٣", "=1+1", "2026-02-30", "0001-01-01", "day"]
        + ["post", "commit", "reverse", "close", "estimate", "atl", "1401", "PO-1013", "a\nb", '"']
    ),
)


@st.composite
def tables(draw: st.DrawFn, what: str) -> str:
    """Some rows of a good sheet, of which cells and whole rows are changed."""
    header, *rows = csv.reader(io.StringIO(GOOD[what]))
    table: Table = [header, *draw(st.lists(st.sampled_from(rows), max_size=6, unique_by=tuple))]
    table = [list(row) for row in table]
    for _ in range(draw(st.integers(0, 3))):
        row = draw(st.sampled_from(table))
        match draw(st.sampled_from(("cell", "cell", "cell", "more", "fewer", "nothing"))):
            case "cell" if row:
                row[draw(st.integers(0, len(row) - 1))] = draw(CELLS)
            case "more":
                row.append(draw(CELLS))
            case "fewer" if row:
                row.pop()
            case _:
                row[:] = [""] * len(row)
    text = io.StringIO()
    csv.writer(text, lineterminator=draw(st.sampled_from(("\n", "\r\n")))).writerows(table)
    return text.getvalue()


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value, as what holds it and where."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for step, one in list(inner):
        found.append((value, step))
        if isinstance(one, dict | list):
            found += places(one)
    return found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(CELLS, some, max_size=3),
    max_leaves=6,
)


@st.composite
def schedules(draw: st.DrawFn) -> str:
    """A good schedule in which some places hold something else, twice, or nothing."""
    document = json.loads(GOOD["schedule"])
    for _ in range(draw(st.integers(0, 3))):
        holder, step = draw(st.sampled_from(places(document)))
        match draw(st.sampled_from(("other", "gone", "twice"))):
            case "other":
                holder[step] = draw(JSON)
            case "gone":
                del holder[step]
            case _ if isinstance(holder, list):
                holder.append(holder[step])
        if not places(document):
            break
    return json.dumps(document)


@st.composite
def scratched(draw: st.DrawFn, what: str) -> str:
    """A good file with something cut out of it, and something written into it."""
    good = GOOD[what]
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(good))] * 2)))
    return good[:first] + draw(st.text(max_size=20)) + good[last:]


FILES = {
    "budget": tables("budget"),
    "costs": tables("costs"),
    "schedule": schedules(),
}


def test_every_importer_there_is_stands_here() -> None:
    assert IMPORTERS.keys() == GOOD.keys() == FILES.keys()


def taken(what: str, text: str) -> Command | None:
    """What the file asks for; None where it was refused, with a cure for everything."""
    try:
        command = IMPORTERS[what][1].read(text)
    except BadFile as bad:
        assert 0 < len(bad.problems) <= PROBLEMS_MAX
        assert all(one.problem and one.cure for one in bad.problems)
        return None
    return type(command).model_validate_json(command.model_dump_json())


def recorded(what: str, command: Command) -> Sequence[Event] | None:
    """The facts as they come back from the log; None where the room refuses, and says why."""
    decider = IMPORTERS[what][0].decider_of(type(command))
    outcome = given(decider, *BEFORE[what]).when(command, known=Known(currency="USD"))
    if outcome.rejection is not None:
        assert str(outcome.rejection)
        return None
    return [decode(*event.wire(), event.encode()) for event in outcome.events]


@pytest.mark.parametrize("what", GOOD)
@for_patience
@drawn(data=st.data())
def test_nothing_in_a_file_breaks_its_reader(what: str, data: st.DataObject) -> None:
    command = taken(what, data.draw(st.text(max_size=60) | scratched(what)))
    if command is not None:
        recorded(what, command)


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a sheet that hold anything, read as any other program would."""
    header, *rows = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    names = [one.strip().lower() for one in header]
    return [
        dict(zip(names, (cell.strip() for cell in row), strict=True))
        for row in rows
        if any(cell.strip() for cell in row)
    ]


@for_patience
@drawn(text=FILES["budget"])
def test_every_row_of_a_budget_is_a_line_of_the_plan_or_the_file_is_refused(text: str) -> None:
    command = taken("budget", text)
    if not isinstance(command, ImportBudget):
        return
    rows = rows_of(text)
    assert [one.line for one in command.lines] == [row["line"] for row in rows]
    assert {one.category for one in command.categories} == {row["category"] for row in rows}
    for line, row in zip(command.lines, rows, strict=True):
        factors = (Decimal(row["amount"]), Decimal(row["x"] or "1"), Decimal(row["rate"]))
        assert (line.amount, line.x, line.rate) == factors
    facts = recorded("budget", command)
    if facts is not None:
        pages = [one for one in facts if isinstance(one, LinesImported)]
        assert [one.line for page in pages for one in page.lines] == [row["line"] for row in rows]


@for_patience
@drawn(text=FILES["costs"])
def test_every_row_of_a_list_of_costs_is_an_entry_or_the_file_is_refused(text: str) -> None:
    command = taken("costs", text)
    if not isinstance(command, RecordCosts):
        return
    rows = rows_of(text)
    assert [one.entry for one in command.entries] == [row["entry"].lower() for row in rows]
    posted = [one for one in command.entries if isinstance(one, PostEntry)]
    paid = [Decimal(row["amount"]) for row in rows if row["entry"].lower() == "post"]
    assert [one.amount for one in posted] == paid
    facts = recorded("costs", command)
    if facts is not None:
        assert sum(one.amount for one in facts if isinstance(one, CostPosted)) == sum(paid)


@for_patience
@drawn(text=FILES["schedule"])
def test_every_breakdown_of_a_schedule_is_taken_or_the_file_is_refused(text: str) -> None:
    command = taken("schedule", text)
    if not isinstance(command, ImportSchedule):
        return
    strips = json.loads(text)["universalScheduleStandard"]["breakdowns"]
    between_days = [one for one in strips if isinstance(one, dict) and one.get("type") == "day"]
    assert len(strips) - len(between_days) <= len(command.breakdowns) <= len(strips)
    facts = recorded("schedule", command)
    if facts is not None:
        pages = [one for one in facts if isinstance(one, BreakdownsAdded)]
        assert [one for page in pages for one in page.breakdowns] == list(command.breakdowns)
        (said,) = (one for one in facts if isinstance(one, ScheduleImported))
        assert said.eighths == sum(one.eighths for one in command.breakdowns)
        assert said.unplaced == command.unplaced
