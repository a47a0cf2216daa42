"""The items that deals bring: engagements, payments, options, release windows, deliverables."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from events.money import shown
from projections.timeline.answers import Item, Span
from projections.timeline.kinds import ItemKind
from projections.timeline.network import Network
from projections.timeline.rows.deals import (
    Conflict,
    Deal,
    Deliverable,
    Engagement,
    Option,
    Payment,
    Window,
)
from projections.timeline.rows.schedule import Milestone
from runtime.view import Rows

ENDED = frozenset({"terminated", "expired"})
OVER = ENDED | {"completed"}
FEES = frozenset({"amount", "price"})
"""What of an item's detail says what a deal pays."""


def on(day: date | None) -> Span | None:
    """What happens on one day; nothing where there is none."""
    return None if day is None else Span(day, day)


def items_of_deals(rows: Rows, network: Network) -> Iterator[Item]:
    """Every item of every deal, as far as its terms still name it."""
    deals = {deal.contract: deal for deal in rows.all(Deal)}

    def deal(contract: str) -> Deal:
        return deals.get(contract) or Deal(contract, contract)

    for engagement in rows.all(Engagement):
        if not engagement.gone:
            yield _engagement(rows, network, deal(engagement.contract), engagement)
    for payment in rows.all(Payment):
        if not payment.gone:
            yield _payment(network, deal(payment.contract), payment)
    for option in rows.all(Option):
        if not option.gone:
            yield _option(rows, network, deal(option.contract), option)
    for window in rows.all(Window):
        if not window.gone:
            yield _window(network, deal(window.contract), window)
    for deliverable in rows.all(Deliverable):
        if not deliverable.gone:
            yield _deliverable(network, deal(deliverable.contract), deliverable)


def open_conflicts(rows: Rows) -> Iterator[Conflict]:
    """Those that nobody resolved yet. A deal that is over has none, and no fact says so."""
    for one in rows.all(Conflict):
        deal = rows.get(Deal, one.contract)
        if not one.resolved and (deal is None or deal.phase not in OVER):
            yield one


def without_fees(item: Item) -> Item:
    """The item for somebody who is not told what deals pay."""
    detail = {name: None if name in FEES else said for name, said in item.detail.items()}
    return replace(item, detail=detail)


def _engagement(rows: Rows, network: Network, deal: Deal, row: Engagement) -> Item:
    conflicted = any(one.contract == row.contract and one.days for one in open_conflicts(rows))
    baseline = None
    if row.baseline_ends_on is not None:
        baseline = Span(row.baseline_starts_on, row.baseline_ends_on)
    return Item(
        kind=ItemKind.ENGAGEMENT,
        id=row.contract,
        name=f"{deal.title}: {row.role}",
        baseline=baseline,
        forecast=Span(row.starts_on, row.ends_on),
        actual=None,
        slip_days=network.slip(row.baseline_ends_on, row.ends_on),
        status="conflicted" if conflicted else _standing(deal, "engaged"),
        cause=row.cause,
        detail={"role": row.role, "firm": row.firm, "element": row.element, **_of(deal)},
    )


def _payment(network: Network, deal: Deal, row: Payment) -> Item:
    if row.released:
        status = "released"
    elif row.earned:
        status = "earned"
    elif deal.signed and deal.phase in ENDED:
        status = "owed"
    else:
        status = _standing(deal, "promised")
    return Item(
        kind=ItemKind.PAYMENT,
        id=f"{row.contract}/{row.payment}",
        name=f"{deal.title}: {row.payment}",
        baseline=on(row.baseline),
        forecast=on(row.due_on),
        actual=None,
        slip_days=network.slip(row.baseline, row.due_on),
        status=status,
        cause=row.cause,
        detail={
            "payment": row.payment,
            "amount": shown(row.amount),
            "currency": row.currency,
            "upon": row.upon,
            **_of(deal),
        },
    )


def _option(rows: Rows, network: Network, deal: Deal, row: Option) -> Item:
    """`needed_on` is when the milestone that needs the right is expected."""
    needed = rows.get(Milestone, row.needed_by)
    needed_on = None if needed is None else network.milestone(needed)
    if row.exercised_on is not None:
        status = "exercised"
    elif row.lapsed:
        status = "lapsed"
    else:
        status = _standing(deal, "open")
    return Item(
        kind=ItemKind.OPTION_WINDOW,
        id=f"{row.contract}/{row.option}",
        name=f"{deal.title}: {row.right_to}",
        baseline=on(row.baseline),
        forecast=on(row.exercised_on or row.exercise_by),
        actual=on(row.exercised_on),
        slip_days=network.slip(row.baseline, row.exercise_by),
        status=status,
        cause=row.cause,
        detail={
            "option": row.option,
            "exercise_by": row.exercise_by,
            "price": shown(row.price),
            "needed_by": row.needed_by,
            "needed_on": needed_on,
            **_of(deal),
        },
    )


def _window(network: Network, deal: Deal, row: Window) -> Item:
    baseline = None
    if row.baseline_opens_on is not None:
        baseline = Span(row.baseline_opens_on, row.baseline_closes_on)
    return Item(
        kind=ItemKind.RELEASE_WINDOW,
        id=f"{row.contract}/{row.release}",
        name=f"{row.territory}: {row.medium}",
        baseline=baseline,
        forecast=Span(row.opens_on, row.closes_on),
        actual=None,
        slip_days=network.slip(row.baseline_opens_on, row.opens_on),
        status=_standing(deal, "agreed"),
        cause=row.cause,
        detail={
            "territory": row.territory,
            "medium": row.medium,
            "exclusive": row.exclusive,
            **_of(deal),
        },
    )


def _deliverable(network: Network, deal: Deal, row: Deliverable) -> Item:
    forecast = row.accepted_on or row.due_on or row.received_on
    return Item(
        kind=ItemKind.DELIVERABLE,
        id=f"{row.contract}/{row.deliverable}",
        name=row.name,
        baseline=on(row.baseline),
        forecast=on(forecast),
        actual=on(row.accepted_on),
        slip_days=network.slip(row.baseline, forecast),
        status=_standing(deal, row.status) if row.status == "due" else row.status,
        reason=row.reason,
        cause=row.cause,
        detail={"deliverable": row.deliverable, "received_on": row.received_on, **_of(deal)},
    )


def _standing(deal: Deal, signed: str) -> str:
    """How something of a deal stands: as it was signed, or still spoken of, or no more."""
    if deal.phase in ENDED:
        return "ended"
    return signed if deal.signed else deal.phase


def _of(deal: Deal) -> dict[str, str]:
    return {"contract": deal.contract, "title": deal.title}
