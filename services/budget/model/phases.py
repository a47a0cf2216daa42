"""The phases of a budget, and how facts lead from one to the next."""

from dataclasses import dataclass
from typing import assert_never

from events.budget import (
    BudgetDrafted,
    BudgetLocked,
    BudgetReopened,
    BudgetReturned,
    BudgetSubmitted,
    CategoriesAdded,
    HotCostBaseSet,
    LineAdded,
    LineRemoved,
    LineRevised,
    LinesImported,
)
from runtime.changing import changed
from runtime.versions import Approved, Draft, Submitted, Undrafted, to_edit
from services.budget.model.content import Content
from services.budget.model.rejections import (
    BudgetIsLocked,
    BudgetIsNotDrafted,
    BudgetIsSubmitted,
)


@dataclass(frozen=True)
class Locked(Approved[Content, BudgetLocked]):
    """This version was approved. Its hot-cost base is there once the schedule is locked too."""

    hot_base: HotCostBaseSet | None = None


Drafted = Draft[Content] | Submitted[Content, BudgetSubmitted] | Locked
Budget = Undrafted | Drafted

ContentEvent = CategoriesAdded | LineAdded | LinesImported | LineRevised | LineRemoved
BudgetEvent = (
    BudgetDrafted
    | ContentEvent
    | BudgetSubmitted
    | BudgetLocked
    | BudgetReturned
    | BudgetReopened
    | HotCostBaseSet
)


def evolve(budget: Budget, event: BudgetEvent) -> Budget:
    """The budget after `event`."""
    if isinstance(event, BudgetDrafted):
        return Draft(Content(event.currency).with_categories(event.categories), version=1)
    assert not isinstance(budget, Undrafted)
    match event:
        case BudgetSubmitted():
            return Submitted(budget.content, event)
        case BudgetLocked():
            return Locked(budget.content, event)
        case BudgetReturned():
            return Draft(budget.content, event.version + 1)
        case BudgetReopened():
            return Draft(budget.content, event.version)
        case HotCostBaseSet():
            assert isinstance(budget, Locked)
            return changed(budget, hot_base=event)
        case CategoriesAdded() | LineAdded() | LinesImported() | LineRevised() | LineRemoved():
            assert isinstance(budget, Draft)
            return changed(budget, content=_edited(budget.content, event))
        case _:
            assert_never(event)


def drafted(budget: Budget) -> Drafted:
    """The budget, whatever its phase, or the refusal that there is none."""
    if isinstance(budget, Undrafted):
        raise BudgetIsNotDrafted("draft or import a budget first")
    return budget


def still_draft(budget: Budget) -> Draft[Content]:
    """The draft, or the refusal to edit what is submitted or locked."""
    match drafted(budget):
        case Draft() as draft:
            return draft
        case Submitted(submitted=submitted):
            raise BudgetIsSubmitted(
                f"version {submitted.version} is submitted: {to_edit(submitted.version)}, or "
                "wait for the decision"
            )
        case Locked(locked=locked):
            raise BudgetIsLocked(f"version {locked.version} is locked: {to_edit(locked.version)}")
        case _ as never:
            assert_never(never)


def _edited(content: Content, event: ContentEvent) -> Content:
    match event:
        case CategoriesAdded():
            return content.with_categories(event.categories)
        case LineAdded():
            return content.with_lines([event.line])
        case LinesImported():
            return content.with_lines(event.lines)
        case LineRevised():
            return content.without(event.before).with_lines([event.after])
        case LineRemoved():
            return content.without(event.line)
        case _:
            assert_never(event)
