"""Rights that are taken up in time, extended, or gone back.

The last day of a right counts in UTC, and is over with the day of the command's time, whether or
not a timer has said so.
"""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from events.contract import (
    ContractExpired,
    Kind,
    Option,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
)
from events.event import Event
from events.money import rounded
from runtime.decider import Context
from services.contract.commands import ExerciseOption, ExtendOption, LapseOption, OptionCommand
from services.contract.model.phases import Contract, Executed, executed
from services.contract.model.rejections import (
    ExtensionIsNotLater,
    OptionHasLapsed,
    OptionIsExercised,
    OptionIsUnknown,
)
from services.contract.model.terms import fraction


def decide_option(contract: Contract, command: OptionCommand, context: Context) -> Sequence[Event]:
    """The facts that follow from what becomes of a right."""
    match command:
        case ExerciseOption():
            return _exercise(executed(contract), command, context)
        case ExtendOption():
            return _extend(executed(contract), command, context)
        case LapseOption():
            return _lapse(contract, command, context)
        case _:
            assert_never(command)


def _exercise(deal: Executed, command: ExerciseOption, context: Context) -> Sequence[Event]:
    option = _option(deal, command.option)
    settled = deal.settled.get(command.option)
    if isinstance(settled, OptionExercised) and settled.exercised_on == command.exercised_on:
        return []
    _check_is_open(deal, option, max(command.exercised_on, context.at.date()))
    return [OptionExercised(**dict(command), price=option.price)]


def _extend(deal: Executed, command: ExtendOption, context: Context) -> Sequence[Event]:
    option, currency = _option(deal, command.option), deal.terms.currency
    flaw = fraction("the price of the extension", command.price, currency)
    if flaw is not None:
        raise flaw
    last = deal.extended.get(command.option)
    # An amendment may have taken back what the extension gave: then it is asked for anew.
    if last is not None and (last.exercise_by, last.price, option.exercise_by) == (
        command.exercise_by,
        command.price,
        command.exercise_by,
    ):
        return []
    _check_is_open(deal, option, context.at.date())
    if command.exercise_by <= option.exercise_by:
        raise ExtensionIsNotLater(
            f"option {option.option} runs until {option.exercise_by} already: give a later day"
        )
    return [
        OptionExtended(
            contract=command.contract,
            option=option.option,
            was=option.exercise_by,
            exercise_by=command.exercise_by,
            price=rounded(command.price, currency),
        )
    ]


def _lapse(contract: Contract, command: LapseOption, context: Context) -> Sequence[Event]:
    # A timer may come late: to a right that was taken up or extended, or to a deal that is over.
    if not isinstance(contract, Executed):
        return []
    still_open = dict(contract.open_options)
    exercise_by = still_open.pop(command.option, None)
    if exercise_by is None or context.at.date() <= exercise_by:
        return []
    lapsed = OptionLapsed(**dict(command), exercise_by=exercise_by)
    if still_open or not _was_about_options_alone(contract):
        return [lapsed]
    reason = f"nobody took up option {command.option} until {exercise_by}"
    return [lapsed, ContractExpired(contract=command.contract, reason=reason)]


def _was_about_options_alone(deal: Executed) -> bool:
    """Whether nothing is left of the deal once its last option has gone back."""
    was_taken_up = any(isinstance(one, OptionExercised) for one in deal.settled.values())
    is_amended = deal.amendment is not None
    return deal.deal.drafted.kind == Kind.OPTION and not was_taken_up and not is_amended


def _option(deal: Executed, name: str) -> Option:
    for option in deal.terms.options:
        if option.option == name:
            return option
    raise OptionIsUnknown(f"the terms have no option {name}: check its id")


def _check_is_open(deal: Executed, option: Option, on: date) -> None:
    settled = deal.settled.get(option.option)
    if isinstance(settled, OptionExercised):
        raise OptionIsExercised(
            f"option {option.option} was taken up on {settled.exercised_on}: leave this one out"
        )
    if settled is not None or on > option.exercise_by:
        raise OptionHasLapsed(
            f"option {option.option} could be taken up until {option.exercise_by}: agree on a new "
            "one, by an amendment or a deal of its own"
        )
