"""What is owed and handed over: payments that are earned, deliverables that pass or do not."""

from collections.abc import Sequence
from typing import assert_never

from events.contract import (
    DeliverableAccepted,
    DeliverableReceived,
    DeliverableRejected,
    PaymentEarned,
)
from events.event import Event
from services.contract.commands import (
    AcceptDeliverable,
    DeliverableCommand,
    EarnPayment,
    ReceiveDeliverable,
    RejectDeliverable,
)
from services.contract.model.phases import Contract, Delivery, executed
from services.contract.model.rejections import (
    DeliverableIsAccepted,
    DeliverableIsNotReceived,
    DeliverableIsReceived,
    DeliverableIsUnknown,
    PaymentIsEarned,
    PaymentIsUnknown,
)


def earn_payment(contract: Contract, command: EarnPayment) -> Sequence[Event]:
    """The fact that a payment is owed."""
    deal = executed(contract)
    payment = next((one for one in deal.terms.payments if one.payment == command.payment), None)
    if payment is None:
        raise PaymentIsUnknown(f"the terms have no payment {command.payment}: check its id")
    earned = PaymentEarned(**dict(command), amount=payment.amount)
    before = deal.earned.get(command.payment)
    if before is None:
        return [earned]
    if before.due_on == earned.due_on:
        return []
    raise PaymentIsEarned(
        f"payment {command.payment} is owed by {before.due_on} already: leave this one out"
    )


def decide_delivery(contract: Contract, command: DeliverableCommand) -> Sequence[Event]:
    """The facts that follow from something that is handed over."""
    deal = executed(contract)
    if all(one.deliverable != command.deliverable for one in deal.terms.deliverables):
        raise DeliverableIsUnknown(
            f"the terms have no deliverable {command.deliverable}: check its id"
        )
    before = deal.deliveries.get(command.deliverable)
    after = _delivered(command)
    if after == before:
        return []
    match command:
        case ReceiveDeliverable():
            _check_may_be_received(before)
        case AcceptDeliverable() | RejectDeliverable():
            _check_may_be_judged(command.deliverable, before)
        case _:
            assert_never(command)
    return [after]


def _delivered(command: DeliverableCommand) -> Delivery:
    match command:
        case ReceiveDeliverable():
            return DeliverableReceived(**dict(command))
        case AcceptDeliverable():
            return DeliverableAccepted(**dict(command))
        case RejectDeliverable():
            return DeliverableRejected(**dict(command))
        case _:
            assert_never(command)


def _check_may_be_received(before: Delivery | None) -> None:
    match before:
        case DeliverableReceived():
            raise DeliverableIsReceived(
                f"{before.deliverable} was received on {before.received_on}: accept it, or reject "
                "it to be handed over again"
            )
        case DeliverableAccepted():
            raise _is_accepted(before)
        case DeliverableRejected() | None:
            return
        case _:
            assert_never(before)


def _check_may_be_judged(deliverable: str, before: Delivery | None) -> None:
    match before:
        case DeliverableReceived():
            return
        case DeliverableAccepted():
            raise _is_accepted(before)
        case DeliverableRejected():
            raise DeliverableIsNotReceived(
                f"{deliverable} was rejected, to be cured by {before.cure_by}: receive it again "
                "first"
            )
        case None:
            raise DeliverableIsNotReceived(f"{deliverable} was not handed over: receive it first")
        case _:
            assert_never(before)


def _is_accepted(before: DeliverableAccepted) -> DeliverableIsAccepted:
    return DeliverableIsAccepted(
        f"{before.deliverable} passed on {before.accepted_on}: leave this one out"
    )
