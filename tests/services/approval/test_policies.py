"""How the approval room answers the rooms whose subjects it approves, and its nameplate."""

from datetime import date
from decimal import Decimal

import pytest

from events.approval import ApprovalRulesSet, Role, Rule
from events.budget import (
    AccountTotal,
    BudgetLocked,
    BudgetReopened,
    BudgetSubmitted,
    OverageCause,
    OverageForecast,
)
from events.contract import TermsSubmitted, TermsWithdrawn
from events.schedule import ScheduleReopened, ScheduleSubmitted
from services.approval.api import service
from services.approval.commands import RequestApproval, VoidApproval
from services.approval.policies import Known, hear, policies, request_of
from tests.services.given import recorded
from tests.services.lighthouse import BUDGET_REQUEST, INGRID, LUCILLE, OPENED, PRODUCTION

pytestmark = pytest.mark.unit

CONTRACT = "5d0e8a91-3c27-4b6f-9e14-a7c2f0b3d658"
SUBMITTED = BudgetSubmitted(
    version=1, content_hash="3d" * 32, total=Decimal("5695852.92"), currency="USD"
)


def reopened(was_locked: bool) -> BudgetReopened:
    return BudgetReopened(version=2, was_locked=was_locked, reason="The rail is condemned")


def test_a_submitted_budget_asks_for_the_approval_of_exactly_that_version():
    [ask] = policies.react(recorded(SUBMITTED, "budget", by=LUCILLE), Known())
    assert isinstance(ask, RequestApproval)
    assert ask.request == BUDGET_REQUEST
    assert (ask.subject.kind, ask.subject.name, ask.subject.version) == ("budget", "budget", 1)
    assert ask.subject.content_hash == SUBMITTED.content_hash
    assert ask.amount == SUBMITTED.total
    assert ask.rule is None


def test_a_budget_reopened_before_the_answer_voids_the_question():
    [void] = policies.react(recorded(reopened(was_locked=False), "budget"), Known())
    assert isinstance(void, VoidApproval)
    assert void.request == BUDGET_REQUEST
    assert "version 1 was set aside for version 2" in void.reason


def test_a_locked_budget_that_is_reopened_voids_nothing():
    assert policies.react(recorded(reopened(was_locked=True), "budget"), Known()) == []


def test_a_submitted_schedule_asks_in_the_highest_band():
    submitted = ScheduleSubmitted(
        version=3,
        content_hash="5c" * 32,
        shoot_days=30,
        eighths=840,
        starts_on=date(2026, 9, 14),
        ends_on=date(2026, 10, 23),
    )
    [ask] = policies.react(recorded(submitted, "schedule", by=INGRID), Known())
    assert isinstance(ask, RequestApproval)
    assert ask.request == request_of(PRODUCTION, "schedule", "schedule", 3)
    assert (ask.subject.kind, ask.subject.name, ask.subject.version) == ("schedule", "schedule", 3)
    assert ask.amount is None


def test_agreed_terms_ask_under_the_name_of_their_contract():
    submitted = TermsSubmitted(
        contract=CONTRACT,
        kind="cast",
        title="Silas Marr",
        version=2,
        content_hash="5c" * 32,
        amount=Decimal("86000.00"),
        currency="USD",
    )
    [ask] = policies.react(recorded(submitted, "contract", by=INGRID), Known())
    assert isinstance(ask, RequestApproval)
    assert (ask.subject.kind, ask.subject.name, ask.subject.version) == ("contract", CONTRACT, 2)
    assert (ask.subject.content_hash, ask.amount) == ("5c" * 32, Decimal("86000.00"))
    withdrawn = TermsWithdrawn(contract=CONTRACT, version=2, reason="Another agent called")
    [void] = policies.react(recorded(withdrawn, "contract"), Known())
    assert isinstance(void, VoidApproval)
    assert (void.request, void.reason) == (ask.request, "Another agent called")


def test_a_forecast_overage_asks_for_exactly_that_much():
    forecast = OverageForecast(
        overage="OV-2",
        number=2,
        cause=OverageCause.FORECAST,
        approved=Decimal("5695852.92"),
        efc=Decimal("5727602.92"),
        amount=Decimal("31750.00"),
        accounts=(AccountTotal(account="2302", total=Decimal("31750.00")),),
        reason="over: account 2302 by 31750.00",
        content_hash="5c" * 32,
    )
    [ask] = policies.react(recorded(forecast, "budget", by=LUCILLE), Known())
    assert isinstance(ask, RequestApproval)
    assert (ask.subject.kind, ask.subject.name, ask.subject.version) == ("overage", "OV-2", 2)
    assert (ask.subject.content_hash, ask.amount) == ("5c" * 32, Decimal("31750.00"))


def test_a_schedule_reopened_before_the_answer_voids_the_question():
    reopened = ScheduleReopened(version=4, was_locked=False, reason="The ferry is off")
    [void] = policies.react(recorded(reopened, "schedule"), Known())
    assert isinstance(void, VoidApproval)
    assert void.request == request_of(PRODUCTION, "schedule", "schedule", 3)
    locked = reopened.model_copy(update={"was_locked": True})
    assert policies.react(recorded(locked, "schedule"), Known()) == []


def test_other_facts_are_not_answered():
    locked = BudgetLocked(
        version=1, content_hash="3d" * 32, total=Decimal(1), request=BUDGET_REQUEST, accounts=()
    )
    assert policies.react(recorded(locked, "budget"), Known()) == []
    assert policies.react(recorded(OPENED, "approval"), Known()) == []


def test_the_room_remembers_the_rules_that_were_set_last():
    alone = (Rule(roles=(Role.EXECUTIVE_PRODUCER,)),)
    two = (Rule(roles=(Role.FINANCIER,), needed=2),)
    known = Known(rules={"script": alone})
    for rules in (alone, two):
        event = ApprovalRulesSet(subject_kind="budget", rules=rules)
        known = hear(known, recorded(event, "approval"))
    assert known == Known(rules={"script": alone, "budget": two})
    assert hear(known, recorded(SUBMITTED, "budget")) == known
    assert Known.model_validate_json(known.model_dump_json()) == known


def test_the_nameplate_has_an_example_of_every_command():
    assert set(service.examples) == set(service.commands)
    for command, body in service.examples.items():
        command.model_validate(body)


def test_commands_of_one_request_speak_to_its_own_stream():
    kinds = ("request", "screening", "person", "production")
    streams: dict[str, set[str]] = {kind: set() for kind in kinds}
    for command, body in service.examples.items():
        stream = service.decider_of(command).stream("p", command.model_validate(body))
        streams[command.STREAM or "production"].add(stream)
    assert streams["production"] == {"production-p"}
    for kind in ("request", "screening", "person"):
        [stream] = streams[kind]
        assert stream.startswith(f"{kind}-")
