"""Overages: what will be needed beyond the approved budget, asked for and answered."""

import json
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import assert_never

from events.budget import (
    OverageApproved,
    OverageForecast,
    OverageRefused,
    OverageThresholdSet,
)
from events.event import Event
from events.money import ZERO
from services.budget.commands import (
    ApproveOverage,
    ForecastOverage,
    OverageCommand,
    RefuseOverage,
    SetOverageThreshold,
)
from services.budget.model.asked import ApprovedOverage, OpenOverage, Overage, RefusedOverage
from services.budget.model.currency import exact
from services.budget.model.forecast import accounts_of, need_of, refused_before
from services.budget.model.known import Known
from services.budget.model.ledger import Ledger
from services.budget.model.rejections import (
    BudgetIsNotLocked,
    OverageIsAnother,
    OverageIsAnswered,
    OverageIsUnknown,
    OverageThresholdIsNotSet,
)


def decide_overage(
    ledger: Ledger, command: OverageCommand, known: Known, currency: str
) -> Sequence[Event]:
    """The facts that follow from a command about overages."""
    match command:
        case SetOverageThreshold():
            return _set_threshold(ledger, command, currency)
        case ForecastOverage():
            return _forecast(ledger, command, known, currency)
        case ApproveOverage():
            return _approve(ledger, command)
        case RefuseOverage():
            return _refuse(ledger, command)
        case _:
            assert_never(command)


def overage_by_forecast(ledger: Ledger, known: Known, currency: str) -> Sequence[Event]:
    """The overage that these costs bring, if they come to more than is approved or asked for, by
    the threshold or over. What was refused is not asked for again before it has grown."""
    if ledger.threshold is None or known.plan is None:
        return []
    forecast = accounts_of(ledger, known.plan)
    need = need_of(forecast)
    if need.amount <= max(ZERO, refused_before(ledger, known.plan)):
        return []
    if need.amount < ledger.threshold.amount:
        return []
    number = len(ledger.overages) + 1
    return [_told(f"OV-{number}", number, need.overage(forecast, currency))]


def _told(reference: str, number: int, fields: dict[str, object]) -> OverageForecast:
    """The overage under its reference, with the hash that names exactly it."""
    draft = OverageForecast.model_validate(
        {"overage": reference, "number": number, "content_hash": "0" * 64, **fields}
    )
    said = draft.model_dump(mode="json", exclude={"content_hash"})
    canonical = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return draft.model_copy(update={"content_hash": sha256(canonical.encode()).hexdigest()})


def _set_threshold(ledger: Ledger, command: SetOverageThreshold, currency: str) -> Sequence[Event]:
    threshold = OverageThresholdSet(
        amount=exact(command.amount, currency), behind_account=command.behind_account
    )
    return [] if threshold == ledger.threshold else [threshold]


def _forecast(
    ledger: Ledger, command: ForecastOverage, known: Known, currency: str
) -> Sequence[Event]:
    # One reference is one question, whatever was answered since.
    if command.overage in ledger.overages:
        return []
    if ledger.threshold is None:
        raise OverageThresholdIsNotSet("set an overage threshold first")
    if known.plan is None:
        raise BudgetIsNotLocked("lock a budget first: nothing is approved that could be overrun")
    amount = exact(command.amount, currency) - _asked_before(ledger, command)
    if amount <= 0 or amount < ledger.threshold.amount:
        return []
    forecast = accounts_of(ledger, known.plan)
    number = len(ledger.overages) + 1
    fields = {
        "cause": command.cause,
        "approved": sum((one.approved for one in forecast.values()), ZERO),
        "efc": sum((one.efc for one in forecast.values()), ZERO),
        "amount": amount,
        "accounts": ({"account": command.account, "total": amount},),
        "reason": command.reason,
    }
    return [_told(command.overage, number, fields)]


def _asked_before(ledger: Ledger, command: ForecastOverage) -> Decimal:
    """What was asked for of the same need, whatever the answer."""
    return sum(
        (
            one.forecast.amount
            for reference, one in ledger.overages.items()
            if reference.startswith(command.series)
        ),
        ZERO,
    )


def _approve(ledger: Ledger, command: ApproveOverage) -> Sequence[Event]:
    match _exactly(ledger, command):
        case OpenOverage(forecast=forecast):
            return [
                OverageApproved(
                    overage=command.overage,
                    amount=forecast.amount,
                    accounts=forecast.accounts,
                    request=command.request,
                )
            ]
        case ApprovedOverage():
            return []
        case RefusedOverage(refused=refused):
            raise OverageIsAnswered(
                f"{command.overage} was refused by {refused.by} ({refused.reason}): a larger "
                "forecast is asked for anew"
            )
        case _ as never:
            assert_never(never)


def _refuse(ledger: Ledger, command: RefuseOverage) -> Sequence[Event]:
    match _exactly(ledger, command):
        case OpenOverage(forecast=forecast):
            return [
                OverageRefused(
                    overage=command.overage,
                    amount=forecast.amount,
                    request=command.request,
                    reason=command.reason,
                    by=command.by,
                )
            ]
        case ApprovedOverage():
            raise OverageIsAnswered(
                f"{command.overage} was approved: it is part of the approved budget, so lock a "
                "version without it"
            )
        case RefusedOverage():
            return []
        case _ as never:
            assert_never(never)


def _exactly(ledger: Ledger, command: ApproveOverage | RefuseOverage) -> Overage:
    """The overage that the answer is about."""
    overage = ledger.overages.get(command.overage)
    if overage is None:
        raise OverageIsUnknown(f"nobody forecast {command.overage}: check its reference")
    if overage.forecast.content_hash != command.content_hash:
        raise OverageIsAnother(
            f"{command.overage} is {overage.forecast.amount} by another forecast: decide on that"
        )
    return overage
