"""Why a figure is what it is, and what changed between two moments, over HTTP."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from runtime import rooms
from tests.http.film import BUDGET_CSV, LEADER, NAMES, PURCHASE_ORDER, Film, code, good
from tests.http.instance import Instance

pytestmark = pytest.mark.integration

STEEL = {
    "posting": "INV-1",
    "account": "2302",
    "amount": "48750.00",
    "commitment": "PO-1013",
    "description": "Lantern room: steel frame",
    "incurred_on": "2026-09-11",
}
ESTIMATE = {
    "estimate": "EST-1",
    "account": "2302",
    "basis": "efc",
    "value": "124000",
    "reason": "The gallery rail is condemned",
    "estimated_on": "2026-09-27",
}
TAKEN_BACK = {
    "reversal": "REV-1",
    "posting": "INV-1",
    "reason": "Invoiced twice",
    "reversed_on": "2026-10-02",
}
DEAL = {
    "contract": "b4a6d1f0-5c1e-4f0e-9f0a-0c8f5f3f7a11",
    "kind": "cast",
    "title": "Silas Marr, the keeper",
    "party": "noor-haddad",
    "terms": {"currency": "USD", "fee": "86000.00", "account": "1401"},
}
STEPS = (
    ("committed", "line-producer", "budget/raise-commitment", PURCHASE_ORDER),
    ("posted", "production-accountant", "budget/post-cost", STEEL),
    ("estimated", "production-accountant", "budget/set-estimate", ESTIMATE),
    ("taken back", "line-producer", "budget/reverse-cost", TAKEN_BACK),
    ("dealt", "producer", "contract/draft-contract", DEAL),
)


@dataclass
class Story:
    """The film, the moment behind each step, and the fact that it recorded."""

    film: Film
    at: dict[str, str] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def explain(
        self, figure: str, model: str = "budget-status", who: str = LEADER, **at: str
    ) -> Any:
        return self.film.ask(who, f"explain/{model}", figure=figure, **at)

    def diff(self, since: str, until: str | None = None) -> dict[str, Any]:
        moment = {} if until is None else {"as_of": self.at[until]}
        return self.film.ask(LEADER, "diff/budget-status", **{"from": self.at[since]}, **moment)

    def refusal(self, path: str, **query: str) -> tuple[int, str | None, str]:
        answer = self.film.client(LEADER).get(f"{self.film.home}/{path}", params=query)
        return answer.status_code, code(answer), answer.json()["detail"]


@pytest.fixture(scope="module")
def story(instance: Instance) -> Story:
    film = instance.film()
    told = Story(film)
    good(film.upload("line-producer", "budget", BUDGET_CSV))
    for step, who, command, body in STEPS:
        (told.facts[step],) = good(film.give(who, command, body)).json()["events"]
        ((now,),) = instance.sql("SELECT clock_timestamp()")
        told.at[step] = now.isoformat()
    return told


def all_of(figure: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield figure
    for term in figure["terms"]:
        yield from all_of(term)


def test_a_total_is_explained_down_to_the_posting_by_whom_when_and_why(story: Story) -> None:
    answer = story.explain("total/cost_to_date", as_of=story.at["posted"])
    figure = answer["figure"]
    assert (figure["value"], figure["unit"]) == ("48750.00", "USD")
    by_name = {one["name"]: one for one in all_of(figure)}
    path = ("category/2300/cost_to_date", "account/2302/cost_to_date")
    assert [by_name[name]["value"] for name in path] == ["48750.00"] * 2
    (behind,) = by_name[path[-1]]["facts"]
    assert behind["effects"] == [
        {
            "row": "account 2302",
            "column": "cost_to_date",
            "before": "0",
            "after": "48750.00",
        }
    ]
    (fact,) = answer["facts"]
    posted = story.facts["posted"]
    assert fact["id"] == behind["fact"] == posted["id"]
    assert fact["actor"] == story.film.person(NAMES["production-accountant"])
    assert fact["recorded_at"] == posted["recorded_at"]
    assert (fact["log"], fact["position"]) == ("budget", posted["position"])
    assert (fact["data"]["description"], fact["data"]["commitment"]) == (
        STEEL["description"],
        "PO-1013",
    )
    assert fact["effective_at"].startswith("2026-09-11")


def test_why_is_what_was_written_with_the_fact(story: Story) -> None:
    answer = story.explain("account/2302/efc")
    assert answer["figure"]["value"] == "124000.00"
    reasons = {fact["reason"] for fact in answer["facts"]}
    assert {"The gallery rail is condemned", "Invoiced twice"} <= reasons


def test_a_moment_and_a_day_are_explained_as_they_were(story: Story) -> None:
    now = story.explain("2302/cost_to_date")
    assert (now["figure"]["name"], now["figure"]["value"]) == ("account/2302/cost_to_date", "0.00")
    assert [fact["type"] for fact in now["facts"]] == ["budget.CostPosted", "budget.CostReversed"]
    then = story.explain("2302/cost_to_date", as_of=story.at["posted"])
    assert then["moment"]["as_of"] == story.at["posted"]
    assert [fact["type"] for fact in then["facts"]] == ["budget.CostPosted"]
    before = story.explain("2302/cost_to_date", effective="2026-09-10")
    assert (before["figure"]["value"], before["facts"]) == ("0.00", [])


def test_all_names_are_listed_with_what_they_are_worth(story: Story) -> None:
    rows = story.film.pages(LEADER, "figures/budget-status", "rows", "cursor")
    names = [row["name"] for row in rows]
    assert len(names) > 200 and names == sorted(set(names))
    total = {row["name"]: row for row in rows}["total/efc"]
    assert total["value"] == story.explain("total/efc")["figure"]["value"]


def test_a_name_that_there_is_not_is_refused_with_those_that_are_like_it(story: Story) -> None:
    status, problem, detail = story.refusal("explain/budget-status", figure="acount/2302/efc")
    assert (status, problem) == (404, "not-there")
    assert "account/2302/efc" in detail
    status, problem, detail = story.refusal("explain/budget-status", figure="efc")
    assert (status, problem) == (404, "not-there")
    assert "by the whole name" in detail and "total/efc" in detail


def test_a_difference_names_exactly_the_facts_between_by_whom_and_why(story: Story) -> None:
    answer = story.diff("estimated", "taken back")
    rows = {row["name"]: row for row in answer["rows"]}
    cost = rows["account/2302/cost_to_date"]
    assert (cost["before"], cost["after"]) == ("48750.00", "0.00")
    assert rows["total/committed"]["after"] == "48750.00"
    (fact,) = answer["facts"]
    assert fact["id"] == story.facts["taken back"]["id"]
    assert fact["actor"] == story.film.person(NAMES["line-producer"])
    assert fact["reason"] == "Invoiced twice"
    assert {tuple(row["facts"]) for row in answer["rows"]} == {(fact["id"],)}
    assert answer["since"]["as_of"] == story.at["estimated"]
    assert not any(name.startswith("account/1401") for name in rows)


def test_every_page_of_a_difference_has_rows_of_its_own(story: Story) -> None:
    asked = {"from": story.at["committed"], "as_of": story.at["estimated"]}
    whole = story.film.ask(LEADER, "diff/budget-status", **asked)["rows"]
    paged = story.film.pages(LEADER, "diff/budget-status", "rows", "cursor", limit=5, **asked)
    assert paged == whole and len(whole) > 5


def test_what_was_done_and_undone_between_changed_nothing(story: Story) -> None:
    answer = story.film.ask(
        LEADER, "diff/budget-status", **{"from": story.at["dealt"]}, as_of=story.at["dealt"]
    )
    assert (answer["rows"], answer["facts"]) == ([], [])
    since_order = {row["name"] for row in story.diff("committed", "taken back")["rows"]}
    assert "account/2302/cost_to_date" not in since_order
    assert "account/2302/efc" in since_order


@pytest.mark.parametrize("as_vector", [False, True])
def test_a_beginning_behind_the_end_is_refused(story: Story, as_vector: bool) -> None:
    since, until = story.at["taken back"], story.at["posted"]
    if as_vector:
        since, until = (
            story.explain("total/efc", as_of=at)["moment"]["vector"] for at in (since, until)
        )
    status, problem, detail = story.refusal("diff/budget-status", **{"from": since}, as_of=until)
    assert (status, problem) == (400, "bad-moment")
    assert "exchange them" in detail


def test_a_log_that_is_not_for_somebodys_roles_is_told_without_its_content(story: Story) -> None:
    figure = f"deal/{DEAL['contract']}/state"
    told = story.explain(figure, "contracts")
    (fact,) = told["facts"]
    assert fact["data"]["title"] == DEAL["title"]
    assert told["figure"]["facts"][0]["effects"]
    withheld = story.explain(figure, "contracts", "director")
    assert withheld["figure"]["value"] == told["figure"]["value"] == "draft"
    (same,) = withheld["facts"]
    assert (same["id"], same["actor"]) == (fact["id"], fact["actor"])
    assert (same["data"], same["reason"]) == (None, None)
    assert [behind["effects"] for behind in withheld["figure"]["facts"]] == [[]]
    listed = story.film.pages("director", "figures/contracts", "rows", "cursor")
    assert listed and not any("86000" in str(row) for row in listed)
    changed = story.film.ask("director", "diff/contracts", **{"from": story.at["taken back"]})
    assert [one["data"] for one in changed["facts"]] == [None]


@pytest.mark.parametrize("model", [one.path for one in rooms.projections().values()])
def test_every_read_model_answers_all_three(story: Story, model: str) -> None:
    for row in story.film.ask(LEADER, f"figures/{model}", limit=3)["rows"]:
        assert story.explain(row["name"], model)["figure"]["value"] == row["value"]
    answer = story.film.ask(LEADER, f"diff/{model}", **{"from": story.at["committed"]})
    assert answer["read_model"] == model


def test_a_stranger_learns_nothing(story: Story, instance: Instance) -> None:
    stranger = instance.as_(f"Stranger {uuid.uuid4()}")
    for path in ("figures", "explain", "diff"):
        query = {"figure": "total/efc", "from": story.at["posted"]}
        answer = stranger.get(f"{story.film.home}/{path}/budget-status", params=query)
        assert answer.status_code in (404, 503)
