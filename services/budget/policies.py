"""How the budget room answers the approval room, and what it remembers of a production."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from events.approval import ApprovalGranted, ApprovalRefused, ProductionOpened, Subject
from events.budget import BudgetLocked, BudgetReturned
from events.envelope import Recorded
from events.money import Currency
from runtime.decider import Command, Policies, Reaction
from services.budget.commands import LockBudget, ReturnBudget


class Known(BaseModel):
    """The currency and the title that a production was opened with."""

    model_config = ConfigDict(frozen=True)

    currency: Currency | None = None
    title: str | None = None


def hear(known: Known, recorded: Recorded) -> Known:
    """Remembers what the production was opened with."""
    match recorded.event:
        case ProductionOpened(currency=currency, title=title):
            return Known(currency=currency, title=title)
        case _:
            return known


def _lock(recorded: Recorded, _: Known) -> Sequence[Command]:
    match recorded.event:
        case ApprovalGranted(subject=Subject(kind="budget") as subject, request=request):
            return [
                LockBudget(
                    version=subject.version, content_hash=subject.content_hash, request=request
                )
            ]
        case _:
            return []


def _return(recorded: Recorded, _: Known) -> Sequence[Command]:
    match recorded.event:
        case ApprovalRefused(subject=Subject(kind="budget") as subject, reason=reason, by=by):
            return [ReturnBudget(version=subject.version, reason=reason, by=by)]
        case _:
            return []


REACTIONS = (
    Reaction(
        on=ApprovalGranted,
        because="an approved budget is locked",
        gives={LockBudget: (BudgetLocked,)},
        react=_lock,
    ),
    Reaction(
        on=ApprovalRefused,
        because="a refused budget comes back",
        gives={ReturnBudget: (BudgetReturned,)},
        react=_return,
    ),
)

policies = Policies(logs=("approval",), nothing_known=Known(), hear=hear, reactions=REACTIONS)
