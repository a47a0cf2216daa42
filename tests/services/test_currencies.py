"""One deal from its draft to the overage that it brings, in currencies of none, two and three
decimals: not a unit is lost, and none is split."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.approval import ProductionOpened
from events.budget import (
    AccountTotal,
    BudgetDrafted,
    BudgetLocked,
    BudgetSubmitted,
    CommitmentRaised,
    HotCostBaseSet,
    LineAdded,
    OverageForecast,
    OverageThresholdSet,
    PricedLine,
)
from events.contract import ContractDrafted, ContractExecuted, Kind, Payment, Terms
from events.event import Event
from events.money import is_exact, minor_units, shown
from services.budget.commands import PlannedShootDay, SetHotCostBase
from services.budget.model.costs import COSTS
from services.budget.model.plan import BUDGET
from services.budget.policies import Known, hear, policies
from services.contract.commands import DraftContract
from services.contract.model.deal import CONTRACT
from services.contract.model.rejections import TermsDoNotFit
from services.contract.policies import Known as KnownOfDeals
from tests.services.given import for_patience, given, recorded
from tests.services.lighthouse import BUDGET_REQUEST, CAMERA, OPENED, line

pytestmark = pytest.mark.unit

DEAL = "5d0e8a91-3c27-4b6f-9e14-a7c2f0b3d658"
SIGNED = date(2026, 8, 3)
CURRENCIES = st.sampled_from(["JPY", "USD", "KWD"])
UNITS = st.lists(st.integers(1, 10**9), min_size=1, max_size=6)


def opened(currency: str) -> ProductionOpened:
    return OPENED.model_copy(update={"currency": currency})


def amounts(units: list[int], currency: str) -> list[Decimal]:
    return [Decimal(one).scaleb(-minor_units(currency)) for one in units]


def draft(currency: str, payments: list[Decimal]) -> DraftContract:
    parts = tuple(
        Payment(payment=f"part {n}", amount=one, due_on=SIGNED, account=f"{1401 + n % 2}")
        for n, one in enumerate(payments)
    )
    terms = Terms(currency=currency, fee=sum(payments, Decimal(0)), payments=parts)
    return DraftContract(contract=DEAL, kind=Kind.CAST, title="Silas", party="silas", terms=terms)


def signed(currency: str, payments: list[Decimal]) -> ContractExecuted:
    known = KnownOfDeals(currency=currency)
    [drafted] = given(CONTRACT).when(draft(currency, payments), known=known).events
    assert isinstance(drafted, ContractDrafted)
    return ContractExecuted(
        **drafted.model_dump(exclude={"name"}),
        version=1,
        content_hash="5c" * 32,
        executed_on=SIGNED,
    )


@for_patience
@for_all(CURRENCIES, UNITS)
def test_what_a_deal_pays_is_committed_and_asked_for_to_the_unit(currency, units):
    deal = signed(currency, amounts(units, currency))
    plan = BudgetLocked(
        version=1,
        content_hash="3d" * 32,
        total=Decimal(1),
        request=BUDGET_REQUEST,
        accounts=(AccountTotal(account="1401", total=Decimal(1)),),
    )
    known = hear(Known(), recorded(opened(currency), "approval"))
    known = hear(hear(known, recorded(plan, "budget")), recorded(deal, "contract"))
    history: list[Event] = [OverageThresholdSet(amount=Decimal(0), behind_account="1401")]
    for command in policies.react(recorded(deal, "contract"), known):
        done = given(COSTS, *history).when(command, known=known)
        assert done.rejection is None
        history += done.events
    committed = [one.amount for one in history if isinstance(one, CommitmentRaised)]
    asked = [one for one in history if isinstance(one, OverageForecast)]
    assert sum(committed) == deal.terms.fee
    on_plan = sum(one.amount for one in deal.terms.payments if one.account == "1401")
    assert sum(one.amount for one in asked) == deal.terms.fee - min(Decimal(1), on_plan)
    for overage in asked:
        shares = [one.total for one in overage.accounts]
        assert sum(shares) == overage.amount
        assert all(is_exact(one, currency) for one in shares)
    for one in committed:
        assert Decimal(shown(one)) == one and is_exact(one, currency)


@for_patience
@for_all(CURRENCIES, st.integers(1, 10**9), st.integers(1, 60))
def test_the_production_level_is_spread_to_the_unit(currency, units, count):
    [total] = amounts([units], currency)
    priced = PricedLine(**line("3301-01", "3300", "3301", str(total)).model_dump(), subtotal=total)
    submitted = BudgetSubmitted(version=1, content_hash="3d" * 32, total=total, currency=currency)
    locked = BudgetLocked(
        version=1,
        content_hash="3d" * 32,
        total=total,
        request=BUDGET_REQUEST,
        accounts=(AccountTotal(account="3301", total=total),),
    )
    drafted = BudgetDrafted(currency=currency, categories=(CAMERA,))
    days = tuple(
        PlannedShootDay(day=day, on=date(2026, 9, 1), eighths=8) for day in range(1, count + 1)
    )
    [base] = (
        given(BUDGET, drafted, LineAdded(line=priced), submitted, locked)
        .when(SetHotCostBase(schedule_version=1, days=days))
        .events
    )
    assert isinstance(base, HotCostBaseSet)
    shares = [one.budgeted for one in base.days]
    assert sum(shares) == base.total == total
    assert max(shares) - min(shares) <= Decimal(1).scaleb(-minor_units(currency))
    assert all(is_exact(one, currency) for one in shares)


@pytest.mark.parametrize(
    ("currency", "amount", "cure"),
    [("JPY", "100.5", "101"), ("USD", "1.005", "1.01"), ("KWD", "1.0005", "1.001")],
)
def test_no_deal_pays_less_than_a_unit(currency, amount, cure):
    given(CONTRACT).when(
        draft(currency, [Decimal(amount)]), known=KnownOfDeals(currency=currency)
    ).refused(TermsDoNotFit, cure)
