"""How the budget room answers approvals and the schedule, and its nameplate."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from events.approval import ApprovalGranted, ApprovalRefused, Subject
from events.budget import (
    AccountTotal,
    BudgetDrafted,
    BudgetLocked,
    BudgetReopened,
    HotCostBaseSet,
    HotDay,
    OverageCause,
    OverageThresholdSet,
)
from events.calendar import Calendar
from events.event import Event
from events.schedule import PlannedDay, ScheduleLocked, ScheduleReopened, ShootDayFellBehind
from runtime.decider import Command
from services.budget.api import service
from services.budget.commands import (
    ApproveOverage,
    ForecastOverage,
    LockBudget,
    PlannedShootDay,
    RefuseOverage,
    ReturnBudget,
    SetHotCostBase,
)
from services.budget.policies import Known, hear, policies
from tests.services.given import recorded
from tests.services.lighthouse import BUDGET_REQUEST, OPENED

pytestmark = pytest.mark.unit

BUDGET = Subject(kind="budget", name="budget", version=2, content_hash="3d" * 32)
SCRIPT = Subject(kind="script", name="blue-revision", version=3, content_hash="5c" * 32)


def granted(subject: Subject) -> ApprovalGranted:
    return ApprovalGranted(request=BUDGET_REQUEST, subject=subject, by="rosalind")


def refused(subject: Subject) -> ApprovalRefused:
    return ApprovalRefused(
        request=BUDGET_REQUEST, subject=subject, by="henrietta", reason="No safety boat"
    )


def test_a_granted_budget_is_locked_at_exactly_what_was_approved():
    assert policies.react(recorded(granted(BUDGET), "approval"), Known()) == [
        LockBudget(version=2, content_hash=BUDGET.content_hash, request=BUDGET_REQUEST)
    ]


def test_a_refused_budget_is_returned_with_the_reason():
    assert policies.react(recorded(refused(BUDGET), "approval"), Known()) == [
        ReturnBudget(version=2, reason="No safety boat", by="henrietta")
    ]


def test_decisions_on_other_subjects_do_not_touch_the_budget():
    assert policies.react(recorded(granted(SCRIPT), "approval"), Known()) == []
    assert policies.react(recorded(refused(SCRIPT), "approval"), Known()) == []
    assert policies.react(recorded(OPENED, "approval"), Known()) == []


OVERAGE = Subject(kind="overage", name="OV-1", version=1, content_hash="4e" * 32)


def test_the_answer_on_an_overage_is_told_to_exactly_that_one():
    assert policies.react(recorded(granted(OVERAGE), "approval"), Known()) == [
        ApproveOverage(overage="OV-1", content_hash="4e" * 32, request=BUDGET_REQUEST)
    ]
    assert policies.react(recorded(refused(OVERAGE), "approval"), Known()) == [
        RefuseOverage(
            overage="OV-1",
            content_hash="4e" * 32,
            request=BUDGET_REQUEST,
            reason="No safety boat",
            by="henrietta",
        )
    ]


LOCKED = BudgetLocked(
    version=1,
    content_hash="3d" * 32,
    total=Decimal("100000.00"),
    request=BUDGET_REQUEST,
    accounts=(AccountTotal(account="2302", total=Decimal("100000.00")),),
)
SCHEDULE = ScheduleLocked(
    version=4,
    content_hash="5c" * 32,
    request=BUDGET_REQUEST,
    board="first",
    calendar=Calendar(starts_on=date(2026, 9, 14)),
    days=(
        PlannedDay(day=1, on=date(2026, 9, 14), eighths=27, breakdowns=("s1",)),
        PlannedDay(day=2, on=date(2026, 9, 15), eighths=31, breakdowns=("s2",)),
    ),
)
SPREAD = SetHotCostBase(
    schedule_version=4,
    days=(
        PlannedShootDay(day=1, on=date(2026, 9, 14), eighths=27),
        PlannedShootDay(day=2, on=date(2026, 9, 15), eighths=31),
    ),
)


def answers(*facts: Event) -> list[Command]:
    """The commands that answer the last of these facts, by what was heard with it."""
    known, commands = hear(Known(), recorded(OPENED, "approval")), list[Command]()
    for fact in facts:
        told = recorded(fact, fact.wire()[0].partition(".")[0])
        known = hear(known, told)
        commands = policies.react(told, known)
    assert Known.model_validate_json(known.model_dump_json()) == known
    return commands


def test_the_later_of_two_locks_spreads_the_budget_over_the_shoot_days():
    assert answers(LOCKED) == answers(SCHEDULE) == []
    assert answers(LOCKED, SCHEDULE) == answers(SCHEDULE, LOCKED) == [SPREAD]


def test_what_was_reopened_is_not_spread():
    budget = BudgetReopened(version=2, was_locked=True, reason="The rail is condemned")
    schedule = ScheduleReopened(version=5, was_locked=True, reason="The ferry is off")
    assert answers(LOCKED, budget, SCHEDULE) == []
    assert answers(SCHEDULE, schedule, LOCKED) == []
    assert answers(LOCKED, SCHEDULE, schedule, LOCKED) == []
    draft = budget.model_copy(update={"was_locked": False})
    assert answers(LOCKED, draft, SCHEDULE) == [SPREAD], "a submitted one was set aside, no lock"


BASE = HotCostBaseSet(
    schedule_version=4,
    budget_version=1,
    total=Decimal("100000.00"),
    days=tuple(
        HotDay(day=n, on=date(2026, 9, 13 + n), eighths=27, budgeted=Decimal("33333.33"))
        for n in (1, 2, 3)
    ),
)
THRESHOLD = OverageThresholdSet(amount=Decimal("25000.00"), behind_account="3521")


def behind(tenths: int) -> ShootDayFellBehind:
    return ShootDayFellBehind(
        day=12,
        on=date(2026, 9, 29),
        eighths_behind=40,
        threshold=16,
        tenths_of_days_behind=tenths,
    )


def test_a_late_shoot_is_forecast_at_the_average_day_of_the_base():
    [forecast] = answers(LOCKED, BASE, THRESHOLD, behind(13))
    assert isinstance(forecast, ForecastOverage)
    assert (forecast.overage, forecast.account) == ("OV-behind-v4-12", "3521")
    assert forecast.series == "OV-behind-v4-"
    assert forecast.cause is OverageCause.BEHIND_SCHEDULE
    assert forecast.amount == Decimal("43333.33")
    assert "40 eighths behind, 1.3 average days" in forecast.reason


def test_a_late_shoot_is_not_forecast_without_base_or_threshold_or_below_it():
    assert answers(LOCKED, THRESHOLD, behind(13)) == []
    assert answers(LOCKED, BASE, behind(13)) == []
    assert answers(LOCKED, BASE, THRESHOLD, behind(7)) == []


def test_a_late_shoot_is_forecast_at_the_threshold_but_never_at_nothing():
    day = THRESHOLD.model_copy(update={"amount": Decimal("33333.33")})
    [forecast] = answers(LOCKED, BASE, day, behind(10))
    assert isinstance(forecast, ForecastOverage) and forecast.amount == Decimal("33333.33")
    from_nothing = THRESHOLD.model_copy(update={"amount": Decimal("0.00")})
    assert answers(LOCKED, BASE, from_nothing, behind(0)) == []
    small = BASE.model_copy(update={"total": Decimal("3.00")})
    [forecast] = answers(LOCKED, small, from_nothing, behind(10))
    assert isinstance(forecast, ForecastOverage) and forecast.amount == Decimal("1.00")


def test_nobody_locks_or_returns_by_hand():
    assert not LockBudget.MAY
    assert not ReturnBudget.MAY


def test_the_room_remembers_the_currency_of_the_production():
    known = hear(Known(), recorded(OPENED, "approval"))
    assert known == Known(currency="USD", title="The Last Lighthouse")
    drafted = BudgetDrafted(currency="CAD", categories=())
    assert hear(known, recorded(drafted, "budget")) == known
    assert Known.model_validate_json(known.model_dump_json()) == known


def test_the_nameplate_has_an_example_of_every_command():
    assert set(service.examples) == set(service.commands)
    for command, body in service.examples.items():
        command.model_validate(dict[str, Any](body))


def test_plan_and_costs_are_streams_of_their_own():
    streams = {
        service.decider_of(command).stream("p", command.model_validate(body))
        for command, body in service.examples.items()
    }
    assert streams == {"budget-p", "costs-p"}
