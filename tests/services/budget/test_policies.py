"""How the budget room answers the approval room, and its nameplate."""

from typing import Any

import pytest

from events.approval import ApprovalGranted, ApprovalRefused, Subject
from events.budget import BudgetDrafted
from services.budget.api import service
from services.budget.commands import LockBudget, ReturnBudget
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
