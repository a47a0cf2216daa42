"""What the budget room remembers of a production, from its own facts and the others'."""

from collections.abc import Mapping
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from events.budget import OverageThresholdSet
from events.money import Currency
from services.budget.commands import PlannedShootDay
from services.budget.model.deals import Promised


class Remembered(BaseModel):
    """A piece of what is remembered."""

    model_config = ConfigDict(frozen=True)


class LockedPlan(Remembered):
    """What the last locked version says, account by account.

    `answered` are the overages that had their answer before it: it has taken their place.
    """

    accounts: Mapping[str, Decimal]
    answered: frozenset[str]


class LockedSchedule(Remembered):
    """The shoot days of a schedule that is locked now."""

    version: int
    days: tuple[PlannedShootDay, ...]


class HotBase(Remembered):
    """What an average shoot day of that schedule may cost: `total` over so many `days`."""

    schedule_version: int
    total: Decimal
    days: int


class Known(Remembered):
    """Currency and title of the production; what is locked, promised by deals and answered.

    `plan` is the last locked one, `is_locked` says whether it still is. `answered` are the overages
    that were approved or refused.
    """

    currency: Currency | None = None
    title: str | None = None
    plan: LockedPlan | None = None
    is_locked: bool = False
    answered: frozenset[str] = frozenset()
    threshold: OverageThresholdSet | None = None
    schedule: LockedSchedule | None = None
    hot_base: HotBase | None = None
    promised: tuple[Promised, ...] = ()
