"""The phases of an overage, and how facts lead from one to the next."""

from dataclasses import dataclass

from immutables import Map

from events.budget import OverageApproved, OverageCause, OverageForecast, OverageRefused
from runtime.changing import changed


@dataclass(frozen=True)
class OpenOverage:
    """It waits for its answer."""

    forecast: OverageForecast


@dataclass(frozen=True)
class ApprovedOverage:
    """It is part of the approved budget."""

    forecast: OverageForecast
    approved: OverageApproved


@dataclass(frozen=True)
class RefusedOverage:
    """The money must be found elsewhere. Once more is asked for, that is `asked_again` in it."""

    forecast: OverageForecast
    refused: OverageRefused
    asked_again: bool = False


Overage = OpenOverage | ApprovedOverage | RefusedOverage
Overages = Map[str, Overage]


def asked(overages: Overages, event: OverageForecast) -> Overages:
    """The overages with this one open. A forecast from costs asks for all that is needed, what was
    refused before included."""
    after = overages.mutate()
    if event.cause is OverageCause.FORECAST:
        for reference, one in overages.items():
            if isinstance(one, RefusedOverage) and one.forecast.cause is event.cause:
                after[reference] = changed(one, asked_again=True)
    after[event.overage] = OpenOverage(event)
    return after.finish()


def answered(overages: Overages, event: OverageApproved | OverageRefused) -> Overages:
    """The overages with the answer to one of them."""
    forecast = overages[event.overage].forecast
    if isinstance(event, OverageApproved):
        return overages.set(event.overage, ApprovedOverage(forecast, event))
    return overages.set(event.overage, RefusedOverage(forecast, event))
