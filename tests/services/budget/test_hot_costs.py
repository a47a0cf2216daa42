"""The hot-cost base: the locked budget's production level over the shoot days, nothing lost."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from events.budget import (
    BudgetDrafted,
    BudgetLocked,
    BudgetReopened,
    BudgetSubmitted,
    HotCostBaseSet,
    HotDay,
    LineAdded,
)
from services.budget.commands import PlannedShootDay, SetHotCostBase, SubmitBudget
from services.budget.model.content import Content
from services.budget.model.plan import BUDGET
from services.budget.model.rejections import BudgetIsNotDrafted, BudgetIsNotLocked
from services.budget.policies import Known
from tests.services.given import for_patience, given
from tests.services.lighthouse import (
    BUDGET_REQUEST,
    CAMERA,
    CAST,
    CONSTRUCTION,
    KEEPER,
    LANTERN_ROOM,
    line,
)

pytestmark = pytest.mark.unit

CONTENT = Content("USD").with_categories([CAST, CONSTRUCTION, CAMERA])
LENSES = line("3301-01", "3300", "3301", "1500.00")
PRICED = [CONTENT.priced(one) for one in (KEEPER, LANTERN_ROOM, LENSES)]
WRITTEN = (
    BudgetDrafted(currency="USD", categories=(CAST, CONSTRUCTION, CAMERA)),
    *(LineAdded(line=one) for one in PRICED),
)
WHOLE = CONTENT.with_lines(PRICED)
SUBMITTED = BudgetSubmitted(
    version=1, content_hash=WHOLE.content_hash(), total=WHOLE.total(), currency="USD"
)
LOCKED = BudgetLocked(
    version=1,
    content_hash=SUBMITTED.content_hash,
    total=SUBMITTED.total,
    request=BUDGET_REQUEST,
    accounts=WHOLE.by_account(),
)
MONDAY = date(2026, 9, 14)


def days(count: int) -> tuple[PlannedShootDay, ...]:
    return tuple(
        PlannedShootDay(day=n + 1, on=MONDAY + timedelta(days=n), eighths=27) for n in range(count)
    )


SET = SetHotCostBase(schedule_version=2, days=days(3))
BASE = HotCostBaseSet(
    schedule_version=2,
    budget_version=1,
    total=Decimal("100000.00"),
    days=tuple(
        HotDay(day=one.day, on=one.on, eighths=27, budgeted=Decimal(share))
        for one, share in zip(SET.days, ("33333.34", "33333.33", "33333.33"), strict=True)
    ),
)


def test_the_production_level_is_spread_over_the_shoot_days():
    assert (LOCKED.total, BASE.total) == (Decimal("186000.00"), Decimal("100000.00"))
    given(BUDGET, *WRITTEN, SUBMITTED, LOCKED).when(SET).then(BASE)
    given(BUDGET, *WRITTEN, SUBMITTED, LOCKED, BASE).when(SET).nothing()


def test_another_locked_schedule_gives_another_base():
    later = SetHotCostBase(schedule_version=3, days=days(2))
    [base] = given(BUDGET, *WRITTEN, SUBMITTED, LOCKED, BASE).when(later).events
    assert isinstance(base, HotCostBaseSet)
    assert [one.budgeted for one in base.days] == [Decimal("50000.00")] * 2


def test_only_a_locked_budget_is_spread():
    reopened = BudgetReopened(version=2, was_locked=True, reason="The rail is condemned")
    given(BUDGET).when(SET).refused(BudgetIsNotDrafted)
    for history in (WRITTEN, (*WRITTEN, SUBMITTED), (*WRITTEN, SUBMITTED, LOCKED, BASE, reopened)):
        given(BUDGET, *history).when(SET).refused(BudgetIsNotLocked, "follows from its approval")


def test_a_base_needs_a_day_and_nobody_sets_one_by_hand():
    with pytest.raises(ValidationError):
        SetHotCostBase(schedule_version=1, days=())
    assert not SetHotCostBase.MAY


def test_a_lock_says_what_each_account_comes_to():
    assert {one.account: one.total for one in LOCKED.accounts} == {
        "1401": Decimal("86000.00"),
        "2302": Decimal("98500.00"),
        "3301": Decimal("1500.00"),
    }
    assert sum(one.total for one in LOCKED.accounts) == LOCKED.total
    assert given(BUDGET, *WRITTEN).when(SubmitBudget(), known=Known(currency="USD")).events


@for_patience
@for_all(st.integers(1, 200))
def test_no_cent_is_lost_and_no_day_gets_two_more_than_another(count):
    command = SetHotCostBase(schedule_version=1, days=days(count))
    [base] = given(BUDGET, *WRITTEN, SUBMITTED, LOCKED).when(command).events
    assert isinstance(base, HotCostBaseSet)
    shares = [one.budgeted for one in base.days]
    assert sum(shares) == base.total
    assert max(shares) - min(shares) <= Decimal("0.01")
