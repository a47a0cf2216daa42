"""Facts of the budget room: the plan and its versions, and what is committed and spent."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from events.event import Event, Part
from events.money import Currency, Factor, Money
from events.names import ContentHash, Id, PersonId, Reference, Text

AccountNumber = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z.\-]+$")]
"""A number on the chart of accounts. A text, never an integer: `1101`, `01.10`, `113-85`."""


class Level(StrEnum):
    """The four production levels of a cost report."""

    ABOVE_THE_LINE = "atl"
    PRODUCTION = "production"
    POST = "post"
    OTHER = "other"


class Unit(StrEnum):
    """What an amount counts. `allow` and `flat` are lump sums."""

    ALLOW = "allow"
    FLAT = "flat"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    MILE = "mile"
    EACH = "each"
    FOOT = "foot"
    PAGE = "page"


class EstimateBasis(StrEnum):
    """Which figure the accountant entered; the others follow from it (field guide 2.3, 17)."""

    ETC = "etc"
    EFC = "efc"
    VARIANCE = "variance"


class Category(Part):
    """A heading of the chart of accounts, at one of the four production levels."""

    category: AccountNumber
    name: Text
    level: Level


class Line(Part):
    """One line of the plan: amount x x x rate, in currency units; `x` counts repeats."""

    line: Reference
    category: AccountNumber
    account: AccountNumber
    description: Text
    amount: Factor
    unit: Unit
    x: Factor = Decimal(1)
    rate: Factor


class PricedLine(Line):
    """A line with its subtotal, rounded once, half up, to the currency's minor unit."""

    subtotal: Money


class AccountTotal(Part):
    """What an account comes to, in currency units."""

    account: AccountNumber
    total: Money


class OverageCause(StrEnum):
    """Why money over the approved budget will be needed."""

    FORECAST = "forecast"
    BEHIND_SCHEDULE = "behind-schedule"


class HotDay(Part):
    """One shoot day of the hot-cost base: what is to be shot, and what it may cost."""

    day: Annotated[int, Field(ge=1)]
    on: date
    eighths: Annotated[int, Field(ge=0)]
    budgeted: Money


class BudgetDrafted(Event):
    """A budget was begun in one currency over a chart of accounts; it is version 1."""

    currency: Currency
    categories: tuple[Category, ...]


class CategoriesAdded(Event):
    """Headings were added to the chart of accounts."""

    categories: tuple[Category, ...]


class LineAdded(Event):
    """A line was added to the plan."""

    line: PricedLine


class LinesImported(Event):
    """A page of at most 500 lines was added to the plan from a file."""

    lines: Annotated[tuple[PricedLine, ...], Field(min_length=1, max_length=500)]


class LineRevised(Event):
    """A line of the plan was replaced; both stand here, so the change reads on its own."""

    before: PricedLine
    after: PricedLine


class LineRemoved(Event):
    """A line was taken out of the plan, with the reason."""

    line: PricedLine
    reason: Text


class BudgetSubmitted(Event):
    """This version was submitted for approval; its content hash names exactly what was meant."""

    version: int
    content_hash: ContentHash
    total: Money
    currency: Currency


class BudgetLocked(Event):
    """This version was approved and locked; the first lock is the original budget. `accounts` is
    what it comes to, account by account."""

    SCHEMA_VERSION: ClassVar[int] = 2

    version: int
    content_hash: ContentHash
    total: Money
    request: Id
    accounts: tuple[AccountTotal, ...]


class BudgetReturned(Event):
    """This version was refused and came back with the reason; the next version may be edited."""

    version: int
    reason: Text
    by: PersonId


class BudgetReopened(Event):
    """A submitted or locked version was set aside, with the reason; `version` is the next one,
    which is drafted now."""

    version: int
    was_locked: bool
    reason: Text


class CommitmentRaised(Event):
    """Money was promised: a purchase order, a deal, a rental. `amount` in currency units."""

    commitment: Reference
    account: AccountNumber
    amount: Money
    description: Text
    raised_on: date

    def effective_on(self) -> date | None:
        return self.raised_on


class CommitmentClosed(Event):
    """What was still open on a commitment was let go; what was posted against it stays."""

    commitment: Reference
    account: AccountNumber
    released: Money
    closed_on: date
    reason: Text | None = None

    def effective_on(self) -> date | None:
        return self.closed_on


class CostPosted(Event):
    """An actual cost was posted; it relieves `relieved` of its commitment's open balance."""

    posting: Reference
    account: AccountNumber
    amount: Money
    commitment: Reference | None
    relieved: Money
    description: Text
    incurred_on: date

    def effective_on(self) -> date | None:
        return self.incurred_on


class CostReversed(Event):
    """A posting was taken back; what it relieved is open again (`restored`, zero where the
    commitment was closed meanwhile). It holds from the day of the cost. Both stay readable."""

    reversal: Reference
    posting: Reference
    account: AccountNumber
    amount: Money
    commitment: Reference | None
    restored: Money
    reason: Text
    incurred_on: date
    reversed_on: date

    def effective_on(self) -> date | None:
        return self.incurred_on


class EstimateSet(Event):
    """The accountant's estimate for an account, numbered, dated and reasoned.

    `basis` says which figure `value` is; it replaces the account's estimate before it.
    """

    estimate: Reference
    number: int
    account: AccountNumber
    basis: EstimateBasis
    value: Money
    reason: Text
    estimated_on: date

    def effective_on(self) -> date | None:
        return self.estimated_on


class OverageThresholdSet(Event):
    """From how much over the approved budget on a forecast is an overage that must be approved, in
    currency units; money that a late shoot needs goes to `behind_account`."""

    amount: Money
    behind_account: AccountNumber


class HotCostBaseSet(Event):
    """The shoot days of the locked schedule became the base of the daily hot costs: the locked
    budget's production level, in equal shares with nothing lost."""

    schedule_version: int
    budget_version: int
    total: Money
    days: tuple[HotDay, ...]


class OverageForecast(Event):
    """More than the approved budget, by the production's threshold or over, will be needed.

    `amount` is what is not yet approved or asked for, `accounts` where it is needed; the hash names
    exactly this overage. Amounts in currency units.
    """

    overage: Reference
    number: int
    cause: OverageCause
    approved: Money
    efc: Money
    amount: Money
    accounts: Annotated[tuple[AccountTotal, ...], Field(min_length=1)]
    reason: Text
    content_hash: ContentHash


class OverageApproved(Event):
    """An overage was approved: it is part of the approved budget from now on."""

    overage: Reference
    amount: Money
    accounts: tuple[AccountTotal, ...]
    request: Id


class OverageRefused(Event):
    """An overage was refused, with the reason: the money must be found elsewhere."""

    overage: Reference
    amount: Money
    request: Id
    reason: Text
    by: PersonId


class BudgetLockedV1(Event):
    """Before a lock said what each account comes to."""

    version: int
    content_hash: ContentHash
    total: Money
    request: Id

    def upcast(self) -> Event:
        return BudgetLocked(**self.model_dump(), accounts=())
