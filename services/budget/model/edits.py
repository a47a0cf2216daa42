"""Edits of the plan. What already stands so records nothing, in whatever phase the budget is."""

from collections.abc import Sequence
from typing import assert_never

from events.budget import (
    BudgetDrafted,
    CategoriesAdded,
    Category,
    Line,
    LineAdded,
    LineRemoved,
    LineRevised,
    LinesImported,
    PricedLine,
)
from events.event import Event
from runtime.decider import Context, Rejection
from runtime.paging import pages
from runtime.refusals import Problem, listed, problem
from runtime.versions import Undrafted
from services.budget.commands import (
    AddCategories,
    AddLine,
    DraftBudget,
    DraftEdit,
    ImportBudget,
    RemoveLine,
    ReviseLine,
)
from services.budget.model.content import Content
from services.budget.model.currency import currency_of
from services.budget.model.phases import Budget, drafted, still_draft
from services.budget.model.rejections import (
    BudgetIsDrafted,
    CurrencyIsAnother,
    FileDoesNotFit,
    LineExists,
    LineIsUnknown,
)


def decide_edit(budget: Budget, command: DraftEdit, context: Context) -> Sequence[Event]:
    """The facts that follow from an edit of the plan."""
    match command:
        case DraftBudget():
            return _draft(budget, command, context)
        case AddCategories():
            return _add_categories(budget, command)
        case AddLine():
            return _add_line(budget, command)
        case ReviseLine():
            return _revise_line(budget, command)
        case RemoveLine():
            return _remove_line(budget, command)
        case ImportBudget():
            return _import(budget, command, context)
        case _:
            assert_never(command)


def _draft(budget: Budget, command: DraftBudget, context: Context) -> Sequence[Event]:
    if isinstance(budget, Undrafted):
        currency = currency_of(context.known)
        if command.currency not in (None, currency):
            raise CurrencyIsAnother(
                f"the production counts in {currency}: leave `currency` out, or open a production "
                f"in {command.currency}"
            )
        return _drafted(currency, _new_headings(Content(currency), command.categories))
    content = budget.content
    if command.currency in (None, content.currency) and all(
        content.categories.get(one.category) == one for one in command.categories
    ):
        return []
    raise BudgetIsDrafted(
        f"version {budget.version} in {content.currency} is there already: add categories and "
        "lines to it"
    )


def _add_categories(budget: Budget, command: AddCategories) -> Sequence[Event]:
    headings = _new_headings(drafted(budget).content, command.categories)
    if not headings:
        return []
    still_draft(budget)
    return _added(headings)


def _add_line(budget: Budget, command: AddLine) -> Sequence[Event]:
    line = _new_line(drafted(budget).content, command.line)
    if line is None:
        return []
    still_draft(budget)
    return [LineAdded(line=line)]


def _revise_line(budget: Budget, command: ReviseLine) -> Sequence[Event]:
    content = drafted(budget).content
    before = content.lines.get(command.line.line)
    if before is None:
        raise LineIsUnknown(f"there is no line {command.line.line} to revise: add it")
    after = content.priced(command.line)
    if after == before:
        return []
    still_draft(budget)
    content.without(before).check_fits(after)
    return [LineRevised(before=before, after=after)]


def _remove_line(budget: Budget, command: RemoveLine) -> Sequence[Event]:
    content = drafted(budget).content
    line = content.lines.get(command.line)
    if line is not None:
        still_draft(budget)
        return [LineRemoved(line=line, reason=command.reason)]
    if command.line in content.removed:
        return []
    raise LineIsUnknown(f"the plan never had a line {command.line}: check the line's id")


def _import(budget: Budget, command: ImportBudget, context: Context) -> Sequence[Event]:
    is_new = isinstance(budget, Undrafted)
    content = Content(currency_of(context.known)) if is_new else drafted(budget).content
    headings, lines, problems = _sorted_out(content, command)
    if problems:
        raise FileDoesNotFit(
            f"{len(problems)} parts of the file do not fit: mend them and import it again",
            listed(problems),
        )
    if not (headings or lines):
        return []
    if not is_new:
        still_draft(budget)
    return [
        *(_drafted(content.currency, headings) if is_new else _added(headings)),
        *(LinesImported(lines=page) for page in pages(lines)),
    ]


def _sorted_out(
    content: Content, command: ImportBudget
) -> tuple[list[Category], list[PricedLine], list[Problem]]:
    """What is new in a file, and what does not fit; each line sees those before it."""
    headings: list[Category] = []
    lines: list[PricedLine] = []
    problems: list[Problem] = []
    for heading in command.categories:
        try:
            new_headings = _new_headings(content, [heading])
        except Rejection as rejection:
            problems.append(problem(rejection, category=heading.category))
            continue
        content = content.with_categories(new_headings)
        headings += new_headings
    for line in command.lines:
        try:
            new_line = _new_line(content, line)
        except Rejection as rejection:
            problems.append(problem(rejection, line=line.line))
            continue
        if new_line is not None:
            content = content.with_lines([new_line])
            lines.append(new_line)
    return headings, lines, problems


def _new_headings(content: Content, categories: Sequence[Category]) -> list[Category]:
    new: list[Category] = []
    for category in categories:
        content.check_agrees(category)
        if category.category not in content.categories:
            new.append(category)
            content = content.with_categories([category])
    return new


def _new_line(content: Content, line: Line) -> PricedLine | None:
    """The line with its price, or nothing if it stands there already."""
    priced = content.priced(line)
    before = content.lines.get(line.line)
    if before == priced:
        return None
    if before is not None:
        raise LineExists(
            f"line {line.line} is {before.description!r} at {before.subtotal}: revise that line, "
            "or give this one another id"
        )
    content.check_fits(line)
    return priced


def _drafted(currency: str, headings: Sequence[Category]) -> Sequence[Event]:
    first, *others = list(pages(headings)) or [()]
    return [
        BudgetDrafted(currency=currency, categories=first),
        *(CategoriesAdded(categories=page) for page in others),
    ]


def _added(headings: Sequence[Category]) -> Sequence[Event]:
    return [CategoriesAdded(categories=page) for page in pages(headings)]
