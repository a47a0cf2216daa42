"""An overage from the cost that brings it to the approved budget, over HTTP and through Kafka."""

from decimal import Decimal

import pytest

from tests.http.film import (
    CAST,
    EXECUTIVE_PRODUCER_DECIDES,
    LEADER,
    LIGHTHOUSE_LINE,
    NAMES,
    Film,
    good,
)
from tests.http.instance import Instance, wait_for

pytestmark = pytest.mark.integration

STEPS = {
    "subject_kind": "overage",
    "rules": [
        {
            "roles": ["producer"],
            "then": [{"roles": ["executive-producer"]}],
            "consult": ["director"],
            "due_days": 3,
        }
    ],
}
COST = {
    "account": "1401",
    "amount": "90000.00",
    "description": "Silas Marr, four weeks and a bonus",
    "incurred_on": "2026-10-12",
}


def locked(film: Film) -> None:
    """A budget of 86,000.00 on account 1401, approved and locked."""
    for rules in (EXECUTIVE_PRODUCER_DECIDES, STEPS):
        token = good(film.give("producer", "approval/set-approval-rules", rules)).json()["token"]
    film.until_heard(token)
    good(film.give("line-producer", "budget/draft-budget", {"categories": [CAST]}))
    good(film.give("line-producer", "budget/add-line", {"line": LIGHTHOUSE_LINE}))
    good(film.give("line-producer", "budget/submit-budget"))
    request = film.await_event("approval", "approval.ApprovalRequested")["data"]["request"]
    good(film.give(LEADER, "approval/grant-approval", {"request": request}))
    film.await_event("budget", "budget.BudgetLocked")


def test_an_overage_is_forecast_decided_step_by_step_and_approved(instance: Instance) -> None:
    film = instance.film()
    film.appoint_everybody()
    locked(film)
    threshold = {"amount": "1000.00", "behind_account": "1401"}
    token = good(film.give(LEADER, "budget/set-overage-threshold", threshold)).json()["token"]
    wait_for("the lock to be heard", lambda: _knows_of_a_plan(instance, film))
    film.status(after=token)

    posted = good(
        film.give("production-accountant", "budget/post-cost", {"posting": "INV-1", **COST})
    ).json()
    assert [one["type"] for one in posted["events"]] == [
        "budget.CostPosted",
        "budget.OverageForecast",
    ]
    status = film.status(after=posted["token"])
    [overage] = status["overages"]
    assert (overage["overage"], overage["state"], overage["amount"]) == ("OV-1", "open", "4000.00")
    assert status["total"]["variance"] == "-4000.00"

    asked = film.await_event("approval", "approval.ApprovalRequested", 2)["data"]
    assert (asked["subject"]["name"], asked["amount"]) == ("OV-1", "4000.00")
    assert asked["requested_by"] == film.person(NAMES["production-accountant"])
    request = {"request": asked["request"]}
    early = film.give(LEADER, "approval/grant-approval", request)
    assert (early.status_code, early.json()["code"]) == (409, "step-is-not-reached")
    view = {**request, "view": "He was worth it"}
    good(film.give("director", "approval/give-view", view))
    good(film.give("producer", "approval/grant-approval", request))
    good(film.give(LEADER, "approval/grant-approval", request))

    approved = film.await_event("budget", "budget.OverageApproved")["data"]
    assert Decimal(approved["amount"]) == 4000
    wait_for("the overage in the rows", lambda: film.status()["total"]["variance"] == "0.00")
    total = film.status()["total"]
    assert (total["approved"], total["original"]) == ("90000.00", "86000.00")
    again = good(
        film.give(
            "production-accountant",
            "budget/post-cost",
            {"posting": "INV-2", **COST, "amount": "999.99"},
        )
    ).json()
    assert [one["type"] for one in again["events"]] == ["budget.CostPosted"]

    hot = film.ask(LEADER, "hot-costs")
    assert (hot["base"], hot["rows"], hot["on_other_days"]) == (None, [], "0.00")


def _knows_of_a_plan(instance: Instance, film: Film) -> bool:
    ((plan,),) = instance.sql(
        "SELECT body->>'plan' FROM budget_service.known WHERE production = %s", film.production
    )
    return plan is not None
