"""How a figure is told: its facts once each, what stands twice once, and no deeper than is told."""

from dataclasses import replace

import pytest

from events.approval import Role
from events.personal import ERASED
from runtime import rooms
from runtime.explaining.figures import Cells, Figure, cells
from runtime.explaining.history import History
from runtime.explaining.telling import (
    ALIKE_MAX,
    DEPTH_MAX,
    FACTS_MAX,
    Teller,
    label_of,
    named,
)
from runtime.view import Rows
from runtime.web.problems import NotThere
from tests.explaining.film import facts_of, spent
from tests.projections import histories
from tests.projections.timeline.lighthouse import day

pytestmark = pytest.mark.unit

BUDGET = rooms.projections()["budget_status"]
ACCOUNT = next(table for table in BUDGET.view.tables if table.TABLE == "account")
NAMES = {"rosalind": "Ingrid Halvorsen Pike", "tobias": ERASED}
COST = Cells(ACCOUNT, ("2302",), ("cost_to_date",))


def teller(*roles: Role, name: str = "budget_status") -> Teller:
    view = rooms.projections()[name].view
    return Teller(History(view, facts_of(view), Rows()), rooms.services(), frozenset(roles), NAMES)


def figure(name: str, *terms: Figure, of: tuple[Cells, ...] = ()) -> Figure:
    return Figure(name, f"What {name} is", "1", terms=terms, cells=of)


def test_cells_that_are_named_twice_are_told_once() -> None:
    wider = Cells(ACCOUNT, ("2302",), ("cost_to_date", "committed"))
    told = teller().figure(figure("cost", of=(COST, wider, COST)))
    (posted,) = told["facts"]
    assert [one["column"] for one in posted["effects"]] == ["cost_to_date"]


def test_what_a_fact_did_to_a_row_in_steps_is_told_as_one() -> None:
    """Removing and adding on the same account within one fact moves its plan once."""
    view = BUDGET.view
    rows = Rows()
    history = History(view, facts_of(view), rows)
    for recorded, effects in history.behind([Cells(ACCOUNT, ("2303",), ("working",))]):
        assert len(effects) == 1, recorded.type


def test_a_term_that_stands_twice_is_told_where_it_stands_first() -> None:
    shared = figure("shared", of=(COST,))
    told = teller().figure(figure("top", shared, figure("between", shared)))
    first, second = told["terms"][0], told["terms"][1]["terms"][0]
    assert (first["told"], len(first["facts"])) == ("here", 1)
    assert (second["told"], second["facts"], second["value"]) == ("above", [], "1")


def test_a_long_row_of_terms_ends_where_it_is_deep_enough() -> None:
    last = figure("0")
    for number in range(1, 3 * DEPTH_MAX):
        last = figure(str(number), last)
    told = teller().figure(last)
    depth = 1
    while told["terms"]:
        (told,) = told["terms"]
        depth += 1
    assert (depth, told["told"]) == (DEPTH_MAX, "apart")


def test_of_many_facts_the_latest_are_told_and_the_others_counted() -> None:
    many = [spent(f"INV-{n}", "2302", day("09-15"), "1") for n in range(FACTS_MAX + 7)]
    history = History(BUDGET.view, histories.told("budget", *many), Rows())
    told = Teller(history, rooms.services(), frozenset(), NAMES).figure(figure("cost", of=(COST,)))
    assert (len(told["facts"]), told["facts_before"]) == (FACTS_MAX, 7)
    assert told["facts"][-1]["effects"][0]["after"] == str(FACTS_MAX + 7)


def test_who_did_it_and_whose_a_figure_is_are_told_by_name() -> None:
    one = teller()
    (posted,) = one.figure(figure("cost", of=(COST,)))["facts"]
    (fact,) = one.facts()
    assert (fact["id"], fact["actor_name"]) == (posted["fact"], "Ingrid Halvorsen Pike")
    assert fact["actor"] == "rosalind"
    waits = Figure("waiting", "What waits for", "1", person="rosalind")
    assert one.figure(waits)["label"] == "What waits for Ingrid Halvorsen Pike"
    assert label_of(waits, {}) == "What waits for rosalind"
    whose = replace(waits, person="tobias")
    assert one.label(whose) == f"What waits for {ERASED} tobias"


def test_every_fact_is_told_once_in_its_order() -> None:
    one = teller()
    one.figure(figure("top", figure("cost", of=(COST,)), figure("again", of=(COST,))))
    ids = one.ids([Cells(ACCOUNT, ("2302",), ("working", "cost_to_date"))])
    told = one.facts()
    assert [fact["id"] for fact in told] == ids and len(ids) > 2


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.AUDITOR])
def test_a_log_is_told_to_whom_its_trail_is_for(role: Role) -> None:
    one = teller(role, name="contracts")
    rows = Rows()
    view = rooms.projections()["contracts"].view
    view.fold(facts_of(view), rows)
    for table in view.tables:
        one.figure(
            figure(
                table.TABLE,
                of=tuple(
                    cells(row, "contract") for row in rows.all(table) if hasattr(row, "contract")
                ),
            )
        )
    told = {fact["log"]: fact["data"] is not None for fact in one.facts()}
    assert told == {"contract": role is Role.AUDITOR}


def test_a_figure_is_found_by_its_name_or_its_end() -> None:
    figures = [figure("account/2302/efc"), figure("efc"), figure("account/2303/efc")]
    assert named(figures, "efc").name == "efc"
    assert named(figures, "2303/efc").name == "account/2303/efc"
    with pytest.raises(NotThere, match=r"2 figures end in 'c'.*a/c or b/c"):
        named([figure("a/c"), figure("b/c")], "c")
    with pytest.raises(NotThere, match=r"is it account/230./efc or account/230./efc"):
        named(figures, "acount/230/efc")
    with pytest.raises(NotThere, match=r"no figure 'anything'\. Who names none"):
        named([], "anything")
    with pytest.raises(NotThere, match=rf"{ALIKE_MAX + 1} figures.*or another"):
        named([figure(f"{n}/c") for n in range(ALIKE_MAX + 1)], "c")


def test_what_is_shared_is_looked_into_once() -> None:
    shared = figure("0", of=(COST,))
    for number in range(1, 200):
        shared = figure(str(number), shared, shared)
    assert list(shared.all_cells()) == [COST]
