"""What the report says of accounts that nobody planned, of answers to no forecast, and of phases."""

from datetime import date
from decimal import Decimal

import pytest

from events.budget import (
    AccountTotal,
    BudgetDrafted,
    BudgetReopened,
    BudgetSubmitted,
    CategoriesAdded,
    Category,
    CommitmentRaised,
    CostPosted,
    Level,
    OverageApproved,
    OverageCause,
    OverageForecast,
    OverageRefused,
)
from events.event import Event
from projections.budget_status.answers import By
from projections.budget_status.explained.report import explained
from projections.budget_status.figures import category_of
from projections.budget_status.report import overages, place, standing, table
from projections.budget_status.rows import Account
from projections.budget_status.rows import Category as Heading
from projections.budget_status.view import VIEW
from runtime.view import Rows
from tests.explaining.film import TOLD_FEES
from tests.services.given import recorded
from tests.services.lighthouse import BUDGET_REQUEST

pytestmark = pytest.mark.unit

CAST = Category(category="1400", name="Cast", level=Level.ABOVE_THE_LINE)
CAMERA = Category(category="3300", name="Camera", level=Level.PRODUCTION)
DRAFTED = BudgetDrafted(currency="USD", categories=(CAST,))


def after(*facts: Event) -> Rows:
    return VIEW.fold(recorded(fact, "budget") for fact in facts)


def spent(account: str, amount: str = "10") -> CostPosted:
    return CostPosted(
        posting=f"INV-{account}",
        account=account,
        amount=Decimal(amount),
        commitment=None,
        relieved=Decimal(0),
        description="invoice",
        incurred_on=date(2026, 9, 14),
    )


@pytest.mark.parametrize(
    ("account", "headings", "category"),
    [
        ("1450", ("1400", "1200"), "1400"),
        ("1300", ("1400", "1200"), "unassigned"),
        ("2401", ("1400",), "unassigned"),
        ("1400", ("1400", "1200"), "1400"),
        ("1400", (), "unassigned"),
    ],
)
def test_an_account_that_nobody_planned_stands_under_the_heading_most_like_it(
    account, headings, category
):
    chart = {one: Heading(one, one, "production") for one in headings}
    assert category_of(Account(account), chart) == category
    assert category_of(Account(account, category="5000"), chart) == "5000"


def test_what_stands_under_no_heading_is_told_and_explained_without_a_name():
    rows = after(DRAFTED, spent("1401"), spent("9900"))
    told = {by: {row["key"]: row for row in table(rows, by)} for by in By}
    lost = told[By.ACCOUNT]["9900"]
    assert (lost["name"], lost["category"], lost["level"]) == (None, "unassigned", "unassigned")
    assert (told[By.ACCOUNT]["1401"]["name"], told[By.ACCOUNT]["1401"]["level"]) == ("Cast", "atl")
    assert (told[By.CATEGORY]["1400"]["name"], told[By.CATEGORY]["unassigned"]["name"]) == (
        "Cast",
        None,
    )
    assert list(told[By.LEVEL]) == ["atl", "unassigned"]
    labels = {one.name: one.label for one in explained(rows, TOLD_FEES)}
    assert labels["account/9900/efc"].endswith(" of 9900")
    assert labels["account/1401/efc"].endswith(" of 1401 Cast")
    assert labels["category/unassigned/efc"].endswith(" of unassigned")
    assert "level/unassigned/efc" in labels


def test_pages_follow_the_order_of_their_table():
    levels = [place(By.LEVEL, {"key": key}) for key in ("atl", "production", "post", "other")]
    assert levels == sorted(levels)
    assert place(By.LEVEL, {"key": "unassigned"}) < place(By.LEVEL, {"key": "a level of tomorrow"})
    assert place(By.ACCOUNT, {"key": "1401"}) < place(By.ACCOUNT, {"key": "2302"})
    assert place(By.ACCOUNT, {"key": "1401"}) == (0, "1401")


def test_an_answer_stands_before_its_forecast_is_heard_and_has_no_figures_yet():
    forecast = OverageForecast(
        overage="OV-1",
        number=1,
        cause=OverageCause.FORECAST,
        approved=Decimal(1300),
        efc=Decimal(1350),
        amount=Decimal(50),
        accounts=(AccountTotal(account="1401", total=Decimal(50)),),
        reason="the storm",
        content_hash="4e" * 32,
    )
    approved = OverageApproved(
        overage="OV-2", amount=Decimal(70), accounts=(), request=BUDGET_REQUEST
    )
    refused = OverageRefused(
        overage="OV-1", amount=Decimal(50), request=BUDGET_REQUEST, reason="no", by="henrietta"
    )
    unheard, heard = overages(after(forecast, approved, refused))
    assert (unheard["overage"], unheard["state"]) == ("OV-2", "approved")
    assert (unheard["approved_budget"], unheard["efc"], unheard["number"]) == (None, None, None)
    assert (heard["state"], heard["request"], heard["efc"]) == (
        "refused",
        BUDGET_REQUEST,
        "1350.00",
    )


def test_a_budget_stands_in_the_phase_that_was_heard_last():
    submitted = BudgetSubmitted(version=3, content_hash="3d" * 32, total=Decimal(1), currency="USD")
    reopened = BudgetReopened(version=4, was_locked=False, reason="The rail is condemned")
    assert standing(after(submitted)) == {
        "phase": "submitted",
        "version": 3,
        "locked_version": None,
    }
    assert standing(after(submitted, reopened))["phase"] == "draft"
    assert standing(after(submitted, reopened))["version"] == 4


def test_headings_that_are_added_are_headings():
    rows = after(DRAFTED, CategoriesAdded(categories=(CAMERA,)), spent("3301"))
    [row] = table(rows, By.CATEGORY)
    assert (row["key"], row["name"], row["level"]) == ("3300", "Camera", "production")


def test_a_promise_is_committed_on_its_account():
    raised = CommitmentRaised(
        commitment="PO-1",
        account="1401",
        amount=Decimal(300),
        description="the boat",
        raised_on=date(2026, 9, 2),
    )
    [row] = table(after(DRAFTED, raised), By.ACCOUNT)
    assert (row["committed"], row["cost_to_date"]) == ("300.00", "0.00")
