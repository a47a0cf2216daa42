"""A fold tells the same whichever way its logs come together, and something of any part of them."""

import importlib
import pkgutil
import random

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import projections
from projections.budget_status.view import VIEW as BUDGET_STATUS_VIEW
from runtime.view import View
from tests.carrying.history import STEPS, VOCABULARY, Step, interleaved, lived
from tests.carrying.status import naive, plain
from tests.carrying.world import LEDGER_VIEW, production_in

pytestmark = pytest.mark.unit

LIGHTHOUSE = production_in(3)

VIEWS: dict[str, View] = {
    room.name: importlib.import_module(f"projections.{room.name}.view").VIEW
    for room in pkgutil.iter_modules(projections.__path__)
    if room.ispkg
} | {"ledger": LEDGER_VIEW}
QUICK = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


@pytest.mark.parametrize("name", VIEWS)
@given(steps=STEPS, chance=st.randoms(use_true_random=False))
@example(steps=VOCABULARY * 2, chance=random.Random(1))
@QUICK
def test_rows_are_equal_for_every_interleaving_of_the_logs(
    name: str, steps: list[Step], chance: random.Random
) -> None:
    view, logs = VIEWS[name], lived(LIGHTHOUSE, steps)
    one_after_the_other = view.fold([fact for facts in logs.values() for fact in facts])
    the_other_way_round = view.fold([fact for log in reversed(logs) for fact in logs[log]])
    assert the_other_way_round == one_after_the_other
    for _ in range(2):
        assert view.fold(interleaved(logs, chance)) == one_after_the_other


@pytest.mark.parametrize("name", VIEWS)
@given(steps=STEPS, chance=st.randoms(use_true_random=False))
@example(steps=VOCABULARY * 2, chance=random.Random(1))
@QUICK
def test_a_fold_tells_something_of_any_part_of_a_history(
    name: str, steps: list[Step], chance: random.Random
) -> None:
    """The effective axis skips facts: what is left out may be the very first one."""
    everything = interleaved(lived(LIGHTHOUSE, steps), chance)
    for keep in (0.9, 0.5, 0.1):
        VIEWS[name].fold([fact for fact in everything if chance.random() < keep])
    for fact in everything:
        VIEWS[name].fold([fact])


@given(steps=STEPS)
@example(steps=VOCABULARY * 3)
@QUICK
def test_the_budget_status_is_what_a_naive_reader_of_the_facts_adds_up(steps: list[Step]) -> None:
    facts = lived(LIGHTHOUSE, steps)["budget"]
    assert plain(BUDGET_STATUS_VIEW.fold(facts)) == naive(facts)
