"""What budget status tells of overages and of the daily hot costs."""

from datetime import date
from decimal import Decimal

import pytest

from events.budget import (
    AccountTotal,
    BudgetDrafted,
    BudgetLocked,
    Category,
    CostPosted,
    CostReversed,
    EstimateBasis,
    EstimateSet,
    HotCostBaseSet,
    HotDay,
    Level,
    LineAdded,
    OverageApproved,
    OverageCause,
    OverageForecast,
    OverageRefused,
    PricedLine,
)
from events.event import Event
from projections.budget_status.answers import HotCosts, OverageRow
from projections.budget_status.hot_costs import hot_costs
from projections.budget_status.report import overages, total
from projections.budget_status.view import VIEW
from runtime.view import Rows
from tests.services.given import recorded
from tests.services.lighthouse import BUDGET_REQUEST

pytestmark = pytest.mark.unit

DRAFTED = BudgetDrafted(
    currency="USD",
    categories=(
        Category(category="1400", name="Cast", level=Level.ABOVE_THE_LINE),
        Category(category="2300", name="Set construction", level=Level.PRODUCTION),
    ),
)


def planned(account: str, amount: str) -> LineAdded:
    return LineAdded(
        line=PricedLine(
            line=f"{account}-01",
            category=f"{account[:2]}00",
            account=account,
            description="as agreed",
            amount=Decimal(1),
            unit="flat",
            rate=Decimal(amount),
            subtotal=Decimal(amount),
        )
    )


def locked(version: int) -> BudgetLocked:
    return BudgetLocked(
        version=version,
        content_hash="3d" * 32,
        total=Decimal(1300),
        request=BUDGET_REQUEST,
        accounts=(),
    )


PLANNED = (DRAFTED, planned("1401", "1000"), planned("2302", "300"), locked(1))


def forecast(number: int, amount: str) -> OverageForecast:
    return OverageForecast(
        overage=f"OV-{number}",
        number=number,
        cause=OverageCause.FORECAST,
        approved=Decimal(1300),
        efc=Decimal(1300) + Decimal(amount),
        amount=Decimal(amount),
        accounts=(AccountTotal(account="2302", total=Decimal(amount)),),
        reason=f"over: account 2302 by {amount}",
        content_hash="4e" * 32,
    )


APPROVED = OverageApproved(
    overage="OV-1",
    amount=Decimal(50),
    accounts=forecast(1, "50").accounts,
    request=BUDGET_REQUEST,
)


def rows_after(*facts: Event) -> Rows:
    return VIEW.fold(recorded(fact, "budget") for fact in (*PLANNED, *facts))


def posted(posting: str, account: str, on: date, amount: str) -> CostPosted:
    return CostPosted(
        posting=posting,
        account=account,
        amount=Decimal(amount),
        commitment=None,
        relieved=Decimal(0),
        description="invoice",
        incurred_on=on,
    )


def test_an_approved_overage_is_approved_budget_until_a_later_lock():
    rows = rows_after(forecast(1, "50"))
    assert total(rows).approved == 1300
    rows = rows_after(forecast(1, "50"), APPROVED)
    assert (total(rows).approved, total(rows).original) == (1350, 1300)
    rows = rows_after(forecast(1, "50"), APPROVED, locked(2))
    assert total(rows).approved == 1300


def test_a_variance_is_measured_against_what_was_approved_when_it_was_entered():
    estimate = EstimateSet(
        estimate="EST-1",
        number=1,
        account="2302",
        basis=EstimateBasis.VARIANCE,
        value=Decimal(-50),
        reason="another boat",
        estimated_on=date(2026, 9, 14),
    )
    before = total(rows_after(estimate, forecast(1, "50"), APPROVED))
    assert (before.efc, before.variance) == (1350, 0)
    after = total(rows_after(forecast(1, "50"), APPROVED, estimate))
    assert (after.efc, after.variance) == (1400, -50)


def test_every_overage_is_told_with_its_answer():
    refused = OverageRefused(
        overage="OV-2",
        amount=Decimal(70),
        request=BUDGET_REQUEST,
        reason="Shorten the harbor days",
        by="henrietta",
    )
    told = overages(rows_after(forecast(2, "70"), forecast(1, "50"), APPROVED, refused))
    for one in told:
        OverageRow.model_validate(one)
    assert [(one["overage"], one["state"], one["amount"]) for one in told] == [
        ("OV-1", "approved", "50.00"),
        ("OV-2", "refused", "70.00"),
    ]
    assert told[0]["accounts"] == [{"account": "2302", "amount": "50.00"}]
    assert (told[1]["refused_by"], told[1]["refusal"]) == ("henrietta", refused.reason)
    assert told[1]["efc"] == "1370.00"


def base(schedule_version: int, *days: int) -> HotCostBaseSet:
    return HotCostBaseSet(
        schedule_version=schedule_version,
        budget_version=1,
        total=Decimal(300),
        days=tuple(
            HotDay(
                day=n,
                on=date(2026, 9, day),
                eighths=27,
                budgeted=Decimal(300) / len(days),
            )
            for n, day in enumerate(days, start=1)
        ),
    )


def told_of(*facts: Event) -> HotCosts:
    answer = hot_costs(rows_after(*facts), "USD")
    about = {"production": "6f0c2b1e-8d3a-4c57-9b64-2e71d5a0f38c", "title": "L", "currency": "USD"}
    return HotCosts.model_validate(
        {**about, "conventions": {}, **answer, "moment": None, "freshness": [], "next": None}
    )


def test_without_both_locks_there_is_no_base():
    told = told_of(posted("I-1", "2302", date(2026, 9, 14), "120"))
    assert (told.base, told.rows, told.trend) == (None, [], None)
    assert told.on_other_days == 120


def test_each_shoot_day_stands_beside_what_was_incurred_on_it_at_the_production_level():
    told = told_of(
        base(1, 14, 15, 16),
        posted("I-1", "2302", date(2026, 9, 14), "120"),
        posted("I-2", "2302", date(2026, 9, 14), "5"),
        posted("I-3", "1401", date(2026, 9, 14), "999"),
        posted("I-4", "2305", date(2026, 9, 12), "40"),
    )
    first, second, third = told.rows
    assert (first.budgeted, first.actual, first.variance) == (100, 125, -25)
    assert (second.actual, third.actual) == (None, None), "nobody has posted so far"
    assert (told.to_date.through, told.to_date.days) == (date(2026, 9, 14), 1)
    assert (told.days_left, told.trend) == (2, -50)
    assert told.on_other_days == 40, "on an account that its number puts beside 2302"


def test_a_day_without_a_cost_before_one_with_a_cost_cost_nothing():
    told = told_of(base(1, 14, 15, 16), posted("I-1", "2302", date(2026, 9, 15), "120"))
    assert [one.actual for one in told.rows] == [0, 120, None]
    assert (told.to_date.variance, told.trend) == (80, 40)


def test_a_reversal_takes_the_cost_off_its_day():
    cost = posted("I-1", "2302", date(2026, 9, 14), "120")
    reversal = CostReversed(
        reversal="R-1",
        posting="I-1",
        account="2302",
        amount=cost.amount,
        commitment=None,
        restored=Decimal(0),
        reason="billed twice",
        incurred_on=cost.incurred_on,
        reversed_on=date(2026, 9, 20),
    )
    assert told_of(base(1, 14), cost, reversal).to_date.through is None


def test_a_later_base_takes_the_place_of_the_one_before():
    told = told_of(base(1, 14, 15, 16), base(2, 21, 22))
    assert [one.on.day for one in told.rows] == [21, 22]
    assert told.base is not None and (told.base.schedule_version, told.base.days) == (2, 2)
    assert sum(one.budgeted for one in told.rows) == told.base.total
