"""What becomes of a deal's parts: payments, options, deliverables, conditions and conflicts."""

from collections.abc import Iterator
from typing import assert_never

from events import contract as facts
from events.envelope import Recorded
from projections.contracts.rows import Standing
from runtime.changing import changed
from runtime.view import Rows

Part = (
    facts.PaymentEarned
    | facts.DeliverableReceived
    | facts.DeliverableAccepted
    | facts.DeliverableRejected
    | facts.OptionExercised
    | facts.OptionExtended
    | facts.OptionLapsed
    | facts.ConditionMet
    | facts.EngagementConflicted
    | facts.ConflictResolved
)

DATED = frozenset({"option", "deliverable"})
"""What has a last day by the terms."""


def standing_after(rows: Rows, event: Part, recorded: Recorded) -> Standing:
    """How the part that a fact speaks of stands after it."""
    today = recorded.recorded_at.date()
    match event:
        case facts.PaymentEarned():
            before = _before(rows, event.contract, "payment", event.payment)
            return changed(before, status="earned", until=event.due_on, amount=event.amount)
        case facts.DeliverableReceived():
            before = _before(rows, event.contract, "deliverable", event.deliverable)
            return changed(before, status="received", on_day=event.received_on)
        case facts.DeliverableAccepted():
            before = _before(rows, event.contract, "deliverable", event.deliverable)
            return changed(before, status="accepted", on_day=event.accepted_on)
        case facts.DeliverableRejected():
            before = _before(rows, event.contract, "deliverable", event.deliverable)
            return changed(before, status="rejected", until=event.cure_by, note=event.reason)
        case facts.OptionExercised():
            before = _before(rows, event.contract, "option", event.option)
            on = event.exercised_on
            return changed(before, status="exercised", on_day=on, amount=event.price)
        case facts.OptionExtended():
            before = _before(rows, event.contract, "option", event.option)
            until = event.exercise_by
            return changed(before, status="extended", until=until, amount=event.price)
        case facts.OptionLapsed():
            before = _before(rows, event.contract, "option", event.option)
            return changed(before, status="lapsed", until=event.exercise_by)
        case facts.ConditionMet():
            before = _before(rows, event.contract, "condition", event.condition.value)
            return changed(before, status="met", on_day=today)
        case facts.EngagementConflicted():
            before = _before(rows, event.contract, "conflict", event.conflict)
            return changed(before, status="open", on_day=today, until=None, note=event.problem)
        case facts.ConflictResolved():
            before = _before(rows, event.contract, "conflict", event.conflict)
            return changed(before, status="resolved", until=today)
        case _:
            assert_never(event)


def moved(rows: Rows, event: facts.ContractAmended) -> Iterator[Standing]:
    """The parts whose last day the amendment moves: its terms say it, and no fact before them."""
    kept = event.days_kept()
    for one in list(rows.all(Standing)):
        if one.contract == event.contract and one.part in DATED and (one.part, one.id) not in kept:
            yield changed(one, until=None)


def _before(rows: Rows, contract: str, part: str, id: str) -> Standing:
    return rows.get(Standing, contract, part, id) or Standing(contract, part, id, "")
