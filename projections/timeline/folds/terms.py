"""The rows of a deal's terms: what they name has a row, what they name no more is gone."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeVar

from events import contract as facts
from events.names import id_of
from projections.timeline.rows.deals import Deal, Deliverable, Engagement, Option, Payment, Window
from runtime.changing import changed
from runtime.view import Row, Rows

R = TypeVar("R", Payment, Option, Window, Deliverable)
When = date | tuple[date, date | None] | None
Kept = frozenset[tuple[str, str]]
"""Parts whose last day an amendment leaves as it was, each by what it is and its id."""


def spoken_of(
    rows: Rows, deal: Deal, terms: facts.Terms, cause: str, kept: Kept = frozenset()
) -> Iterator[Row]:
    """The rows of a deal as these terms have it; deliverables that are `kept` have the day that
    facts gave them. Once the terms are signed, their dates are the baseline of what had none."""
    yield from _engagement(rows, deal, terms.engagement, cause)
    yield from _named(
        rows, deal, Payment, [_payment(rows, deal, terms, one, cause) for one in terms.payments]
    )
    yield from _named(
        rows, deal, Option, [_option(rows, deal, one, cause) for one in terms.options]
    )
    yield from _named(
        rows,
        deal,
        Window,
        [_window(rows, deal, id_, one, cause) for id_, one in _by_id(terms.windows)],
    )
    yield from _named(
        rows,
        deal,
        Deliverable,
        [_deliverable(rows, deal, one, cause, kept) for one in terms.deliverables],
    )


def _named(rows: Rows, deal: Deal, table: type[R], named: Iterable[R]) -> Iterator[R]:
    """Those that are named, and those of this deal that were and are no more."""
    by_key = {tuple(getattr(row, column) for column in table.KEY): row for row in named}
    for row in list(rows.all(table)):
        key = tuple(getattr(row, column) for column in table.KEY)
        if row.contract == deal.contract and key not in by_key and not row.gone:
            yield changed(row, gone=True)
    yield from by_key.values()


def _baseline(deal: Deal, before: date | None, now: date | None) -> date | None:
    return before if before is not None or not deal.signed else now


def _moved(before: When, now: When, was: str | None, cause: str) -> str | None:
    """What moved it last; a span moves with either of its ends."""
    return cause if before is not None and before != now else was


def _engagement(
    rows: Rows, deal: Deal, one: facts.Engagement | None, cause: str
) -> Iterator[Engagement]:
    row = rows.get(Engagement, deal.contract)
    if one is None:
        if row is not None and not row.gone:
            yield changed(row, gone=True)
        return
    row = row or Engagement(
        deal.contract, one.role, one.starts_on, one.ends_on, one.firm, one.element
    )
    yield changed(
        row,
        role=one.role,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        firm=one.firm,
        element=one.element,
        baseline_starts_on=_baseline(deal, row.baseline_starts_on, one.starts_on),
        baseline_ends_on=_baseline(deal, row.baseline_ends_on, one.ends_on),
        cause=_moved((row.starts_on, row.ends_on), (one.starts_on, one.ends_on), row.cause, cause),
        gone=False,
    )


def _payment(rows: Rows, deal: Deal, terms: facts.Terms, one: facts.Payment, cause: str) -> Payment:
    row = rows.get(Payment, deal.contract, one.payment) or Payment(deal.contract, one.payment)
    due_on = row.due_on if row.earned else one.due_on
    return changed(
        row,
        amount=one.amount,
        currency=terms.currency,
        due_on=due_on,
        upon=one.upon,
        baseline=_baseline(deal, row.baseline, one.due_on),
        cause=_moved(row.due_on, due_on, row.cause, cause),
        gone=False,
    )


def _option(rows: Rows, deal: Deal, one: facts.Option, cause: str) -> Option:
    row = rows.get(Option, deal.contract, one.option) or Option(
        deal.contract, one.option, one.right, one.exercise_by
    )
    # The terms of an amendment say the last day of what was extended, too.
    return changed(
        row,
        right_to=one.right,
        exercise_by=one.exercise_by,
        price=one.price,
        needed_by=one.needed_by,
        baseline=_baseline(deal, row.baseline, one.exercise_by),
        cause=_moved(row.exercise_by, one.exercise_by, row.cause, cause),
        gone=False,
    )


def _by_id(windows: Iterable[facts.Window]) -> Iterator[tuple[str, facts.Window]]:
    """A window's id comes from territory and medium, and from which one of those it is."""
    seen = Counter[tuple[str, str]]()
    for one in windows:
        where = (one.territory, one.medium)
        seen[where] += 1
        yield id_of("window", *where, str(seen[where])), one


def _window(rows: Rows, deal: Deal, id_: str, one: facts.Window, cause: str) -> Window:
    row = rows.get(Window, deal.contract, id_) or Window(
        deal.contract,
        id_,
        one.territory,
        one.medium,
        one.opens_on,
        one.closes_on,
        one.exclusive,
    )
    baseline = row.baseline_opens_on, row.baseline_closes_on
    if deal.signed and row.baseline_opens_on is None:
        # The end goes with the beginning: what was signed without an end has none here either.
        baseline = one.opens_on, one.closes_on
    return changed(
        row,
        opens_on=one.opens_on,
        closes_on=one.closes_on,
        exclusive=one.exclusive,
        baseline_opens_on=baseline[0],
        baseline_closes_on=baseline[1],
        cause=_moved(
            (row.opens_on, row.closes_on), (one.opens_on, one.closes_on), row.cause, cause
        ),
        gone=False,
    )


def _deliverable(
    rows: Rows, deal: Deal, one: facts.Deliverable, cause: str, kept: Kept
) -> Deliverable:
    row = rows.get(Deliverable, deal.contract, one.deliverable) or Deliverable(
        deal.contract, one.deliverable, one.name, one.due_on
    )
    due_on = row.due_on if ("deliverable", one.deliverable) in kept else one.due_on
    return changed(
        row,
        name=one.name,
        due_on=due_on,
        baseline=_baseline(deal, row.baseline, one.due_on),
        cause=_moved(row.due_on, due_on, row.cause, cause),
        gone=False,
    )
