"""Every figure of every read model is what the answers show, and is explained to its end."""

import random
from decimal import Decimal
from itertools import pairwise

import pytest

from runtime import rooms
from runtime.explaining.figures import Asker, Cells, Figure, text
from runtime.explaining.history import History
from runtime.rooms import Projection
from runtime.view import Rows
from tests.explaining.film import NOT_TOLD, TOLD_FEES, facts_of
from tests.explaining.shown import SHOWN

pytestmark = pytest.mark.unit

SEEDS = range(12)
FEES = ("86000", "43000", "21500", "120000", "5000.00")
"""What deals of the film pay; a budget shows its commitments to the whole team."""
TELL_FEES = ("contracts", "inbox", "obligations", "timeline")

OF_THE_WHOLE = ("/slack", "/critical")
"""What hangs on everything that is linked, and is explained by the end of it alone. In this story
the delivery's ties run in a circle too: where it is broken changes with ties of others."""

PROJECTIONS = [pytest.param(one, id=name) for name, one in rooms.projections().items()]
every_projection = pytest.mark.parametrize("projection", PROJECTIONS)


def told(projection: Projection, seed: int | None, asker: Asker = TOLD_FEES) -> dict[str, Figure]:
    """The figures after all facts, or after some."""
    rows, _ = after(projection, seed)
    return {one.name: one for one in projection.figures(rows, asker)}


def after(projection: Projection, seed: int | None) -> tuple[Rows, History]:
    """The rows after all facts, or after some, with their history."""
    chance = None if seed is None else random.Random(seed)
    rows = Rows()
    return rows, History(projection.view, facts_of(projection.view, chance), rows)


def whole(figure: Figure) -> list[Figure]:
    """It, and everything that it is made of, each once."""
    found = {id(figure): figure}
    left = [figure]
    while left:
        for term in left.pop().terms:
            if id(term) not in found:
                found[id(term)] = term
                left.append(term)
    return list(found.values())


@every_projection
def test_every_read_model_explains_itself_and_is_held_to_it_here(projection: Projection) -> None:
    assert len(told(projection, None)) > 20
    assert projection.name in SHOWN, "say in tests/explaining/shown.py what it answers"


@every_projection
@pytest.mark.parametrize("seed", [None, *SEEDS])
def test_names_are_unique_and_so_is_each_figure(projection: Projection, seed: int | None) -> None:
    rows, _ = after(projection, seed)
    figures = list(projection.figures(rows, TOLD_FEES))
    named = {one.name: one for one in figures}
    assert len(named) == len(figures), sorted(one.name for one in figures)
    for one in figures:
        assert one.label and "\n" not in one.name
        for term in whole(one):
            assert named.get(term.name) == term, f"{term.name} of {one.name} is not asked for alone"


@every_projection
@pytest.mark.parametrize("fees", [TOLD_FEES, NOT_TOLD], ids=["fees", "no fees"])
@pytest.mark.parametrize("seed", [None, *SEEDS])
def test_every_number_and_date_of_an_answer_is_a_figure_with_that_value(
    projection: Projection, seed: int | None, fees: Asker
) -> None:
    rows, _ = after(projection, seed)
    figures = {one.name: one.value for one in projection.figures(rows, fees)}
    for name, value in SHOWN[projection.name](rows, fees):
        assert name in figures, f"{name} is in an answer, and nothing explains it"
        assert figures[name] == text(value), name


@every_projection
@pytest.mark.parametrize("seed", [None, *SEEDS])
def test_a_sum_is_the_sum_of_its_terms(projection: Projection, seed: int | None) -> None:
    sums = [one for one in told(projection, seed).values() if "the sum of" in (one.formula or "")]
    assert sums or projection.name == "inbox" or seed is not None
    for one in sums:
        terms = (Decimal(term.value) for term in one.terms if term.value is not None)
        assert Decimal(one.value or 0) == sum(terms, Decimal(0)), one.name


@every_projection
@pytest.mark.parametrize("seed", [None, *SEEDS])
def test_what_a_figure_is_read_from_has_facts_that_made_it_what_it_is(
    projection: Projection, seed: int | None
) -> None:
    rows, history = after(projection, seed)
    for figure in projection.figures(rows, TOLD_FEES):
        for cells in figure.cells:
            row = rows.get(cells.table, *cells.key)
            for column in cells.columns:
                behind = history.behind([Cells(cells.table, cells.key, (column,))])
                effects = [effect for _, effects in behind for effect in effects]
                assert column in cells.table.__dataclass_fields__, figure.name
                if row is None:
                    assert not behind, figure.name
                elif effects:
                    assert effects[-1].after == getattr(row, column), figure.name
                    for earlier, later in pairwise(effects):
                        assert earlier.after == later.before, figure.name
                else:
                    default = cells.table.__dataclass_fields__[column].default
                    assert getattr(row, column) in (None, default), (figure.name, column)


@every_projection
@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_fact_changes_is_explained_by_it(projection: Projection, seed: int) -> None:
    facts = facts_of(projection.view, random.Random(seed))
    chance = random.Random(seed)
    for at in sorted(chance.sample(range(len(facts)), min(12, len(facts)))):
        rows = projection.view.fold(facts[:at])
        was = {one.name: one for one in projection.figures(rows, TOLD_FEES)}
        history = History(projection.view, [facts[at]], rows)
        now = {one.name: one for one in projection.figures(rows, TOLD_FEES)}
        for name in was.keys() & now.keys():
            in_a_circle = "delivery/" in name or name.startswith("finish/")
            in_a_circle |= name.endswith("/needed_on")
            if in_a_circle or name.endswith(OF_THE_WHOLE):
                continue
            if was[name].value != now[name].value:
                cells = {*was[name].all_cells(), *now[name].all_cells()}
                said = f"{facts[at].type}: {name} {was[name].value} -> {now[name].value}"
                assert history.behind(cells), said


@every_projection
@pytest.mark.parametrize("seed", [None, *SEEDS])
def test_a_figure_has_terms_or_is_read_from_rows(projection: Projection, seed: int | None) -> None:
    for one in told(projection, seed).values():
        said = (
            one.terms
            or one.cells
            or one.value in (None, "0", "0.00")
            or "nothing" in (one.formula or "")
        )
        assert said, f"{one.name} = {one.value} comes from nowhere"


@pytest.mark.parametrize("name", TELL_FEES)
@pytest.mark.parametrize("seed", [None, *SEEDS])
def test_no_fee_is_in_a_figure_for_who_is_not_told_fees(name: str, seed: int | None) -> None:
    projection = rooms.projections()[name]
    for figure in told(projection, seed, NOT_TOLD).values():
        said = f"{figure.name} {figure.label} {figure.value} {figure.formula}"
        assert not any(fee in said for fee in FEES), said
    if seed is None:
        shown = [figure.value or "" for figure in told(projection, None).values()]
        assert any(fee in value for fee in FEES for value in shown), "no fee to leave out"
