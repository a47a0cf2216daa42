"""The versions of a budget: submitted, locked, returned, reopened."""

from decimal import Decimal

import pytest

from events.budget import (
    AccountTotal,
    BudgetDrafted,
    BudgetLocked,
    BudgetReopened,
    BudgetReturned,
    BudgetSubmitted,
    LineAdded,
    LineRemoved,
)
from events.event import Event
from runtime.versions import Draft
from services.budget.commands import (
    AddCategories,
    AddLine,
    DraftBudget,
    ImportBudget,
    LockBudget,
    RemoveLine,
    ReopenBudget,
    ReturnBudget,
    ReviseLine,
    SubmitBudget,
)
from services.budget.model.content import Content
from services.budget.model.phases import Locked
from services.budget.model.plan import BUDGET
from services.budget.model.rejections import (
    BudgetIsEmpty,
    BudgetIsLocked,
    BudgetIsNotDrafted,
    BudgetIsSubmitted,
    SumIsTooLarge,
    VersionMovedOn,
)
from services.budget.policies import Known
from tests.services.given import given
from tests.services.lighthouse import BUDGET_REQUEST, CAMERA, CAST, KEEPER, SCRIPT_PAGES, line

pytestmark = pytest.mark.unit

DOLLARS = Known(currency="USD")
CONTENT = Content("USD").with_categories([CAST])
DRAFTED = BudgetDrafted(currency="USD", categories=(CAST,))
ADDED = LineAdded(line=CONTENT.priced(KEEPER))
CONTENT_HASH = CONTENT.with_lines([ADDED.line]).content_hash()
SUBMITTED = BudgetSubmitted(
    version=1, content_hash=CONTENT_HASH, total=Decimal("86000.00"), currency="USD"
)
LOCK = LockBudget(version=1, content_hash=CONTENT_HASH, request=BUDGET_REQUEST)
LOCKED = BudgetLocked(
    **LOCK.model_dump(),
    total=Decimal("86000.00"),
    accounts=(AccountTotal(account="1401", total=Decimal("86000.00")),),
)
RETURN = ReturnBudget(version=1, reason="Another safety boat is missing", by="henrietta")
RETURNED = BudgetReturned(**RETURN.model_dump())
REOPEN = ReopenBudget(reason="The engineer condemned the gallery rail")
REOPENED = BudgetReopened(version=2, was_locked=False, reason=REOPEN.reason)
REOPENED_FROM_LOCK = BudgetReopened(version=2, was_locked=True, reason=REOPEN.reason)

WRITTEN: tuple[Event, ...] = (DRAFTED, ADDED)
WAITING = (*WRITTEN, SUBMITTED)
APPROVED = (*WAITING, LOCKED)
EDITS = [
    AddLine(line=SCRIPT_PAGES),
    AddCategories(categories=(CAMERA,)),
    ReviseLine(line=KEEPER.model_copy(update={"amount": Decimal(5)})),
    ImportBudget(lines=(KEEPER, SCRIPT_PAGES)),
    RemoveLine(line=KEEPER.line, reason="The keeper is written out"),
]


def test_a_version_is_submitted_with_its_hash_and_total():
    given(BUDGET, *WRITTEN).when(SubmitBudget()).then(SUBMITTED)


def test_submitting_what_is_submitted_records_nothing():
    given(BUDGET, *WAITING).when(SubmitBudget()).nothing()


def test_an_empty_budget_is_not_submitted():
    given(BUDGET, DRAFTED).when(SubmitBudget()).refused(BudgetIsEmpty, "add or import")
    given(BUDGET).when(SubmitBudget()).refused(BudgetIsNotDrafted)


def test_a_locked_budget_is_not_submitted_again():
    given(BUDGET, *APPROVED).when(SubmitBudget()).refused(BudgetIsLocked, "reopen it")


def test_a_total_beyond_what_money_holds_is_refused_in_a_sentence():
    vast = [
        LineAdded(line=CONTENT.priced(line(f"L{n}", "1400", "1401", "60000000000", amount="1000")))
        for n in range(2)
    ]
    given(BUDGET, DRAFTED, *vast).when(SubmitBudget()).refused(SumIsTooLarge, "largest lines")


@pytest.mark.parametrize("edit", EDITS)
def test_nothing_is_edited_while_others_decide(edit):
    given(BUDGET, *WAITING).when(edit, known=DOLLARS).refused(
        BudgetIsSubmitted, "version 1", "reopen it"
    )


@pytest.mark.parametrize("edit", EDITS)
def test_a_locked_version_stays_what_it_is(edit):
    given(BUDGET, *APPROVED).when(edit, known=DOLLARS).refused(
        BudgetIsLocked, "version 1", "reopen it"
    )


@pytest.mark.parametrize("history", [WRITTEN, WAITING, APPROVED])
def test_an_edit_that_already_stands_so_records_nothing_in_any_phase(history):
    given(BUDGET, *history).when(AddLine(line=KEEPER)).nothing()
    given(BUDGET, *history).when(DraftBudget(currency="USD", categories=(CAST,))).nothing()


def test_exactly_the_approved_version_is_locked():
    given(BUDGET, *WAITING).when(LOCK).then(LOCKED)
    assert isinstance(BUDGET.fold(APPROVED), Locked)


def test_locking_what_is_locked_records_nothing():
    given(BUDGET, *APPROVED).when(LOCK).nothing()


def test_an_approval_of_another_content_or_version_locks_nothing():
    other_hash = LOCK.model_copy(update={"content_hash": "aa" * 32})
    other_version = LOCK.model_copy(update={"version": 2})
    for other in (other_hash, other_version):
        given(BUDGET, *WAITING).when(other).refused(VersionMovedOn, "version 1 is submitted")
        given(BUDGET, *APPROVED).when(other).refused(VersionMovedOn, "version 1 is locked")


def test_an_approval_that_comes_after_the_reopening_locks_nothing():
    given(BUDGET, *WAITING, REOPENED).when(LOCK).refused(
        VersionMovedOn, "on version 1", "version 2 is a draft", "submit it"
    )


def test_a_refused_version_comes_back_as_the_next_draft():
    given(BUDGET, *WAITING).when(RETURN).then(RETURNED)
    state = BUDGET.fold((*WAITING, RETURNED))
    assert isinstance(state, Draft)
    assert state.version == 2
    assert state.content.content_hash() == CONTENT_HASH


def test_returning_what_came_back_or_was_reopened_records_nothing():
    given(BUDGET, *WAITING, RETURNED).when(RETURN).nothing()
    given(BUDGET, *WAITING, REOPENED).when(RETURN).nothing()


def test_a_locked_version_is_not_returned():
    given(BUDGET, *APPROVED).when(RETURN).refused(VersionMovedOn, "version 1 is locked")


def test_a_refusal_of_a_version_that_nobody_submitted_returns_nothing():
    later = RETURN.model_copy(update={"version": 2})
    given(BUDGET, *WAITING).when(later).refused(VersionMovedOn, "version 1 is submitted")


def test_a_submitted_or_locked_version_is_reopened_as_the_next_draft():
    given(BUDGET, *WAITING).when(REOPEN).then(REOPENED)
    given(BUDGET, *APPROVED).when(REOPEN).then(REOPENED_FROM_LOCK)
    state = BUDGET.fold((*APPROVED, REOPENED_FROM_LOCK))
    assert isinstance(state, Draft)
    assert state.version == 2


def test_a_draft_needs_no_reopening():
    given(BUDGET, *WRITTEN).when(REOPEN).nothing()
    given(BUDGET, *APPROVED, REOPENED_FROM_LOCK).when(REOPEN).nothing()


def test_the_next_version_is_edited_and_submitted_under_its_own_number():
    removed = LineRemoved(line=ADDED.line, reason="The keeper is written out")
    pages = LineAdded(line=CONTENT.priced(SCRIPT_PAGES))
    [second] = (
        given(BUDGET, *APPROVED, REOPENED_FROM_LOCK, removed, pages).when(SubmitBudget()).events
    )
    assert isinstance(second, BudgetSubmitted)
    assert (second.version, second.total) == (2, Decimal("361.85"))
    assert second.content_hash != CONTENT_HASH
