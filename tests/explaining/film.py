"""What four logs hold of The Last Lighthouse, for everything that explains it."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal

from events import approval, budget, contract
from events.envelope import Recorded
from events.event import Event
from events.names import id_of
from runtime.explaining.figures import Asker
from runtime.view import View
from tests.projections import histories
from tests.projections.day_out_of_days import lighthouse as boards
from tests.projections.timeline import lighthouse as days

NOW = datetime(2026, 9, 24, 12, tzinfo=UTC)
TOLD_FEES = Asker("USD", NOW, fees=True)
NOT_TOLD = Asker("USD", NOW, fees=False)


def line(account: str, rate: str, line: str = "01") -> budget.PricedLine:
    return budget.PricedLine(
        line=f"{account}-{line}",
        category=f"{account[:2]}00",
        account=account,
        description="as agreed",
        amount=Decimal(1),
        unit="flat",
        rate=Decimal(rate),
        subtotal=Decimal(rate),
    )


def estimated(account: str, basis: str, value: str) -> budget.EstimateSet:
    return budget.EstimateSet(
        estimate=f"EST-{account}",
        number=1,
        account=account,
        basis=budget.EstimateBasis(basis),
        value=Decimal(value),
        reason="another boat",
        estimated_on=date(2026, 9, 14),
    )


def spent(posting: str, account: str, on: date, amount: str) -> budget.CostPosted:
    return budget.CostPosted(
        posting=posting,
        account=account,
        amount=Decimal(amount),
        commitment=None,
        relieved=Decimal(0),
        description="invoice",
        incurred_on=on,
    )


BUDGET: list[Event] = [
    budget.BudgetDrafted(
        currency="USD",
        categories=(
            budget.Category(category="1400", name="Cast", level=budget.Level.ABOVE_THE_LINE),
            budget.Category(category="2300", name="Construction", level=budget.Level.PRODUCTION),
        ),
    ),
    budget.LinesImported(lines=(line("1401", "86000"), line("2302", "300"), line("2303", "50"))),
    budget.LineAdded(line=line("2302", "98500", "02")),
    budget.LineRevised(before=line("2303", "50"), after=line("2303", "75")),
    budget.BudgetLocked(
        version=1,
        content_hash=histories.HASH,
        total=Decimal(184875),
        request=histories.CAUSE,
        accounts=(),
    ),
    budget.HotCostBaseSet(
        schedule_version=1,
        budget_version=1,
        total=Decimal(98875),
        days=tuple(
            budget.HotDay(day=one.day, on=one.on, eighths=one.eighths, budgeted=Decimal(24718))
            for one in days.DAYS
        ),
    ),
    budget.LineRemoved(line=line("2303", "75"), reason="not built"),
    estimated("2302", "efc", "124000"),
    estimated("1401", "variance", "-50"),
    spent("INV-7", "2302", date(2026, 9, 15), "31200"),
    spent("INV-8", "1401", date(2026, 9, 15), "777"),
    spent("INV-9", "2399", date(2026, 9, 1), "12"),
    estimated("2399", "etc", "88"),
]

CAPTAIN = id_of("contract", "the captain")
STILL_ASKED: list[Event] = [
    *(
        approval.PersonAppointed(person="matteo", role=role)
        for role in ("line-producer", "director", "auditor", "producer")
    ),
    approval.AuthorityDelegated(
        delegator="matteo", delegate="tobias", starts="2026-09-01", ends="2026-09-30"
    ),
    *(
        one.model_copy(update={"request": id_of("request", "still open")})
        for one in histories.FACTS["approval"]
        if isinstance(one, approval.ApprovalRequested)
    ),
]
STILL_WAITING: list[Event] = [
    histories.drafted(CAPTAIN),
    contract.OfferMade(
        contract=CAPTAIN,
        version=1,
        terms=histories.terms(),
        content_hash=histories.HASH,
        expires_at=NOW,
    ),
    histories.executed(id_of("contract", "the boat")),
    contract.DeliverableReceived(
        contract=id_of("contract", "the boat"), deliverable="looping", received_on="2026-09-20"
    ),
]

FACTS: dict[str, list[Event]] = {
    "approval": [*histories.FACTS["approval"], *days.APPROVALS, *days.DECIDED, *STILL_ASKED],
    "budget": [*BUDGET, *histories.FACTS["budget"], *days.BUDGET, days.APPROVED],
    "contract": [*days.CONTRACTS, days.AMENDED, *histories.FACTS["contract"], *STILL_WAITING],
    "schedule": [
        *(boards.ELEMENTS, boards.BREAKDOWNS, boards.BLUE, boards.PINK, boards.CHOSEN),
        *days.SCHEDULE,
        *(one for one in days.OTHERS if one.wire()[0].startswith("schedule.")),
        *histories.FACTS["schedule"],
        *(boards.LOCKED, boards.MOVED),
    ],
}


def facts_of(view: View, chance: random.Random | None = None) -> list[Recorded]:
    """What the view hears: all of it, or as much of each log as chance has it."""
    logs = {log: histories.told(log, *FACTS[log]) for log in view.logs}
    if chance is None:
        return [fact for facts in logs.values() for fact in facts]
    cut = {log: facts[: chance.randint(0, len(facts))] for log, facts in logs.items()}
    return histories.interleaved(cut, chance)
