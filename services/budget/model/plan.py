"""The plan and its versions: draft, submitted, locked, and back to draft as the next version."""

from collections.abc import Sequence
from typing import assert_never

from events.budget import BudgetLocked, BudgetReopened, BudgetReturned, BudgetSubmitted
from events.event import Event
from runtime.decider import Context, Decider
from runtime.versions import Draft, Submitted, Undrafted, comes_back, is_on, moved_on
from services.budget.commands import (
    AddCategories,
    AddLine,
    BudgetCommand,
    DraftBudget,
    ImportBudget,
    LockBudget,
    RemoveLine,
    ReopenBudget,
    ReturnBudget,
    ReviseLine,
    SetHotCostBase,
    SubmitBudget,
)
from services.budget.model.edits import decide_edit
from services.budget.model.hot_costs import set_hot_cost_base
from services.budget.model.phases import (
    Budget,
    Drafted,
    Locked,
    drafted,
    evolve,
    still_draft,
)
from services.budget.model.rejections import BudgetIsEmpty, VersionMovedOn


def decide(budget: Budget, command: BudgetCommand, context: Context) -> Sequence[Event]:
    """The facts that follow from `command`."""
    match command:
        case SubmitBudget():
            return _submit(budget)
        case LockBudget():
            return _lock(drafted(budget), command)
        case ReturnBudget():
            return _return(drafted(budget), command)
        case ReopenBudget():
            return _reopen(drafted(budget), command)
        case SetHotCostBase():
            return set_hot_cost_base(drafted(budget), command)
        case DraftBudget() | AddCategories() | ImportBudget():
            return decide_edit(budget, command, context)
        case AddLine() | ReviseLine() | RemoveLine():
            return decide_edit(budget, command, context)
        case _:
            assert_never(command)


BUDGET: Decider[Budget, BudgetCommand] = Decider(
    kind="budget",
    initial=Undrafted(),
    commands=(
        DraftBudget,
        AddCategories,
        AddLine,
        ReviseLine,
        RemoveLine,
        ImportBudget,
        SubmitBudget,
        LockBudget,
        ReturnBudget,
        ReopenBudget,
        SetHotCostBase,
    ),
    decide=decide,
    evolve=evolve,
)


def _submit(budget: Budget) -> Sequence[Event]:
    if isinstance(budget, Submitted):
        return []
    draft = still_draft(budget)
    if not draft.content.lines:
        raise BudgetIsEmpty(f"version {draft.version} has no lines: add or import some first")
    return [
        BudgetSubmitted(
            version=draft.version,
            content_hash=draft.content.content_hash(),
            total=draft.content.total(),
            currency=draft.content.currency,
        )
    ]


def _lock(budget: Drafted, command: LockBudget) -> Sequence[Event]:
    match budget:
        case Locked(locked=locked) if is_on(command, locked):
            return []
        case Submitted(submitted=submitted) if is_on(command, submitted):
            return [
                BudgetLocked(
                    **command.model_dump(),
                    total=submitted.total,
                    accounts=budget.content.by_account(),
                )
            ]
        case _:
            raise VersionMovedOn(moved_on(budget, command.version))


def _return(budget: Drafted, command: ReturnBudget) -> Sequence[Event]:
    if command.version < budget.version:
        return []
    if comes_back(budget, command.version):
        return [BudgetReturned(**command.model_dump())]
    raise VersionMovedOn(moved_on(budget, command.version))


def _reopen(budget: Drafted, command: ReopenBudget) -> Sequence[Event]:
    if isinstance(budget, Draft):
        return []
    return [
        BudgetReopened(
            version=budget.version + 1,
            was_locked=isinstance(budget, Locked),
            reason=command.reason,
        )
    ]
