"""What falls due by itself: offers at their last moment, options after their last day."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import assert_never

from events.calendar import end_of
from events.contract import (
    ContractAmended,
    ContractExecuted,
    ContractTerminated,
    OfferAccepted,
    OfferCountered,
    OfferLapsed,
    OfferMade,
    OfferWithdrawn,
    Option,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
)
from events.envelope import Recorded
from runtime.decider import Timer
from services.contract.commands import LapseOffer, LapseOption

OfferFact = OfferMade | OfferCountered | OfferAccepted | OfferLapsed | OfferWithdrawn
OptionFact = OptionExtended | OptionExercised | OptionLapsed


def timers(recorded: Recorded) -> Sequence[Timer]:
    """The timers that this fact sets, replaces or takes away.

    An amendment sets one for an option that was taken up before, too: its command then does
    nothing.
    """
    event = recorded.event
    match event:
        case OfferMade() | OfferCountered() | OfferAccepted() | OfferLapsed() | OfferWithdrawn():
            return [_of_offer(event)]
        case ContractExecuted():
            return _of_options(event.contract, event.terms.options)
        case ContractAmended():
            kept = {one.option for one in event.after.options}
            gone = [one.option for one in event.before.options if one.option not in kept]
            return [
                *_of_options(event.contract, event.after.options),
                *(_no_more(event.contract, option) for option in gone),
            ]
        case OptionExtended() | OptionExercised() | OptionLapsed():
            return [_of_option(event)]
        case ContractTerminated():
            return [
                Timer(_offer(event.contract), due_at=None),
                *(_no_more(event.contract, option) for option in event.options),
            ]
        case _:
            return []


def _of_offer(event: OfferFact) -> Timer:
    key = _offer(event.contract)
    match event:
        case OfferMade() | OfferCountered():
            lapse = LapseOffer(contract=event.contract, version=event.version)
            return Timer(key, event.expires_at, lapse)
        case OfferAccepted() | OfferLapsed() | OfferWithdrawn():
            return Timer(key, due_at=None)
        case _:
            assert_never(event)


def _of_option(event: OptionFact) -> Timer:
    match event:
        case OptionExtended():
            return _lapse_after(event.contract, event.option, event.exercise_by)
        case OptionExercised() | OptionLapsed():
            return _no_more(event.contract, event.option)
        case _:
            assert_never(event)


def _of_options(contract: str, options: Iterable[Option]) -> list[Timer]:
    return [_lapse_after(contract, one.option, one.exercise_by) for one in options]


def _lapse_after(contract: str, option: str, day: date) -> Timer:
    due_at = end_of(day)
    if due_at is None:
        return _no_more(contract, option)
    return Timer(_option(contract, option), due_at, LapseOption(contract=contract, option=option))


def _no_more(contract: str, option: str) -> Timer:
    return Timer(_option(contract, option), due_at=None)


def _offer(contract: str) -> str:
    return f"offer {contract}"


def _option(contract: str, option: str) -> str:
    return f"option {contract} {option}"
