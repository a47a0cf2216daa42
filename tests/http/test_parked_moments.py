"""A moment of the past that a build cannot fold, over HTTP: refused as the present is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from runtime.reading.stumbling import BlamingView
from runtime.view import Row, Rows
from tests.http.film import BUDGET_CSV, LEADER, PURCHASE_ORDER, Film, good
from tests.http.instance import Instance
from tests.http.test_problems import check

pytestmark = pytest.mark.integration

STATUS = "budget_status"
LATER = {"effective": "2030-01-01"}


@contextmanager
def stumbling(instance: Instance, type_: str) -> Iterator[None]:
    """A build that cannot fold facts of that type when it is asked for the past."""
    (reader,) = (one for one in instance.process._readers if one.projection.name == STATUS)
    past, view = reader.past, reader.projection.view

    def fold(rows: Rows, recorded: Any) -> Iterator[Row]:
        if recorded.type == type_:
            raise ArithmeticError("how much is in a barrel?")
        yield from view.evolve(rows, recorded)

    kept, past.view = past.view, BlamingView.of(replace(view, evolve=fold), STATUS)
    try:
        yield
    finally:
        past.view = kept


@pytest.fixture(scope="module")
def film(instance: Instance) -> tuple[Film, str]:
    """A film with a commitment, and the vector of the moment before that."""
    film = instance.film()
    uploaded = good(film.upload("line-producer", "budget", BUDGET_CSV)).json()
    film.status(after=uploaded["token"])
    before = film.ask(LEADER, "budget-status", **LATER)
    raised = good(film.give("line-producer", "budget/raise-commitment", PURCHASE_ORDER)).json()
    film.status(after=raised["token"])
    return film, before["moment"]["vector"]


def test_it_is_refused_with_the_fact_and_the_cure_and_what_was_before_is_answered(
    film: tuple[Film, str], instance: Instance
) -> None:
    lighthouse, before = film
    with stumbling(instance, "budget.CommitmentRaised"):
        for query, asked in (
            ("budget-status", LATER),
            ("budget-lines", LATER),
            ("figures/budget-status", {}),
            ("explain/budget-status", {"figure": "account/2302/efc"}),
            ("diff/budget-status", {"from": before}),
        ):
            answer = lighthouse.client(LEADER).get(f"{lighthouse.home}/{query}", params=asked)
            detail = check(answer, 503, "parked")["detail"]
            assert "cannot fold the budget.CommitmentRaised at budget" in detail, query
            assert "`moment_not_folded`" in detail and "barrel" not in answer.text
            assert answer.headers["retry-after"] == "60"
        assert lighthouse.status(as_of=before)["rows"]
        assert lighthouse.status()["rows"], "the present is folded already"


def test_the_slate_of_a_moment_leaves_it_out_and_names_it(
    film: tuple[Film, str], instance: Instance
) -> None:
    lighthouse, before = film
    other = instance.film()
    with stumbling(instance, "budget.CommitmentRaised"):
        slate = good(other.client(LEADER).get("/v1/budget-status", params=LATER)).json()
        known = good(other.client(LEADER).get("/v1/budget-status", params={"as_of": before}))
    listed = [row["production"] for row in slate["rows"]]
    assert other.production in listed and lighthouse.production not in listed
    (named,) = [one for one in slate["parked"] if one["production"] == lighthouse.production]
    assert (named["title"], named["log"]) == ("The Last Lighthouse", "budget")
    assert (named["type"], named["reason"]) == ("budget.CommitmentRaised", "the fold failed")
    assert lighthouse.production in [row["production"] for row in known.json()["rows"]]
