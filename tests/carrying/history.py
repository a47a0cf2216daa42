"""Histories of one production as the rooms would record them, from steps drawn by lot."""

import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st

from events.approval import Role
from events.budget import BudgetSubmitted, OverageForecast
from events.envelope import Recorded
from events.names import id_of
from runtime.decider import Command, Context, Decider, Rejection
from runtime.log.memory import MemoryStore
from services.approval import commands as approval
from services.approval import policies as approval_policies
from services.approval.model import DECIDERS as APPROVAL
from services.budget import commands as budget
from services.budget import policies as budget_policies
from services.budget.model import DECIDERS as BUDGET
from tests.carrying.world import Log

T = TypeVar("T")

LOCK, RETURN = "lock", "return"
"""Steps that speak of the version that was submitted last."""
APPROVE, REFUSE = "approve", "refuse"
"""Steps that answer the overage that was forecast last."""

Step = Command | str
REQUESTS = [id_of("request", str(n)) for n in range(2)]
DAY = "2026-09-14"


def lines() -> list[dict[str, Any]]:
    """Lines that collide in their ids and move between accounts."""
    return [
        {
            "line": f"L-{n}",
            "category": account[:2] + "00",
            "account": account,
            "description": "as agreed",
            "amount": "3",
            "unit": "day",
            "rate": rate,
        }
        for n in range(3)
        for account in ("1401", "2301", "2302")
        for rate in ("100", "250.505")
    ]


CATEGORIES = [
    {"category": "1400", "name": "Cast", "level": "atl"},
    {"category": "2300", "name": "Set construction", "level": "production"},
]


def vocabulary() -> list[Step]:
    """Every command of both rooms, each in a few forms that get in each other's way."""
    steps: list[Step] = [
        approval.OpenProduction.model_validate(
            {"title": "Lighthouse", "kind": "feature", "currency": "USD", "time_zone": "UTC"}
        ),
        approval.SetApprovalRules.model_validate(
            {"subject_kind": "budget", "rules": [{"roles": ["producer"]}]}
        ),
        budget.DraftBudget.model_validate({"categories": CATEGORIES}),
        budget.DraftBudget.model_validate({"categories": CATEGORIES[:1]}),
        budget.AddCategories.model_validate({"categories": CATEGORIES[1:]}),
        budget.SubmitBudget(),
        budget.ReopenBudget(reason="the gallery rail is condemned"),
        budget.ImportBudget.model_validate({"categories": CATEGORIES, "lines": lines()[::8]}),
        LOCK,
        RETURN,
        APPROVE,
        REFUSE,
        *overages_and_hot_costs(),
    ]
    steps += [
        approval.AppointPerson.model_validate({"person": person, "role": role, "starts": DAY})
        for person in ("maya", "tobias")
        for role in ("producer", "production-accountant")
    ]
    for request in REQUESTS:
        subject = {"kind": "script", "name": "blue", "version": 1, "content_hash": "a" * 64}
        steps += [
            approval.RequestApproval.model_validate({"request": request, "subject": subject}),
            approval.GrantApproval(request=request),
            approval.RefuseApproval(request=request, reason="the fire cannot be insured"),
            approval.VoidApproval(request=request, reason="another revision replaces it"),
        ]
    for line in lines():
        steps += [
            budget.AddLine.model_validate({"line": line}),
            budget.ReviseLine.model_validate({"line": line}),
        ]
    steps += [budget.RemoveLine(line=f"L-{n}", reason="cut") for n in range(3)]
    for n in range(3):
        account, amount = ("1401", "2301", "9999")[n], str(100 * n + 75)
        promise = {"commitment": f"PO-{n}", "account": account, "amount": amount}
        post = {"posting": f"INV-{n}", "account": account, "incurred_on": DAY}
        steps += [
            budget.RaiseCommitment.model_validate(
                {**promise, "description": "rental", "raised_on": DAY}
            ),
            budget.CloseCommitment.model_validate({"commitment": f"PO-{n}", "closed_on": DAY}),
            budget.PostCost.model_validate(
                {**post, "amount": "60.25", "commitment": f"PO-{n}", "description": "half"}
            ),
            budget.PostCost.model_validate({**post, "amount": "12.10", "description": "petty"}),
            budget.ReverseCost.model_validate(
                {
                    "reversal": f"REV-{n}",
                    "posting": f"INV-{n}",
                    "reason": "billed twice",
                    "reversed_on": DAY,
                }
            ),
        ]
        steps += [
            budget.SetEstimate.model_validate(
                {
                    "estimate": f"EST-{n}-{basis}",
                    "account": account,
                    "basis": basis,
                    "value": str(Decimal(500 - 300 * n)),
                    "reason": "as the accountant sees it",
                    "estimated_on": DAY,
                }
            )
            for basis in ("etc", "efc", "variance")
        ]
    return steps


def overages_and_hot_costs() -> list[Step]:
    """What leads to overages beside costs, and to a hot-cost base."""
    behind = {"cause": "behind-schedule", "amount": "40", "account": "2302", "reason": "rain"}
    return [
        budget.SetOverageThreshold.model_validate({"amount": "0", "behind_account": "2302"}),
        budget.SetOverageThreshold.model_validate({"amount": "90", "behind_account": "2302"}),
        budget.ForecastOverage.model_validate({"overage": "OV-2-2", "series": "OV-2-", **behind}),
        *(
            budget.SetHotCostBase.model_validate(
                {"schedule_version": n, "days": [{"day": n, "on": DAY, "eighths": 27}]}
            )
            for n in (1, 2)
        ),
    ]


VOCABULARY = vocabulary()
STEPS = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=60)


@dataclass
class History:
    """One production, lived through in both rooms; what is refused records nothing."""

    production: str
    logs: dict[str, Log]
    states: dict[str, Any] = field(default_factory=dict)
    submitted: BudgetSubmitted | None = None
    forecast: OverageForecast | None = None
    known: dict[str, Any] = field(
        default_factory=lambda: {
            "approval": approval_policies.Known(),
            "budget": budget_policies.Known(currency="USD", title="L"),
        }
    )

    async def take(self, step: Step) -> None:
        """One command, decided as the rooms decide."""
        command = self._command(step)
        if command is None:
            return
        log, decider = _room_of(command)
        stream = decider.stream(self.production, command)
        state = self.states.get(stream, decider.initial)
        try:
            events = decider.decide(state, command, self._context(log))
        except Rejection:
            return
        if events:
            facts = await self.logs[log].record(self.production, *events, stream=stream)
            self.states[stream] = decider.fold(events, state)
            for event in events:
                if isinstance(event, BudgetSubmitted):
                    self.submitted = event
                if isinstance(event, OverageForecast):
                    self.forecast = event
            self._hear(facts)

    def _hear(self, facts: Sequence[Recorded]) -> None:
        """Both rooms hear both logs."""
        for fact in facts:
            for room, policies in (("approval", approval_policies), ("budget", budget_policies)):
                self.known[room] = policies.hear(self.known[room], fact)

    def _command(self, step: Step) -> Command | None:
        if not isinstance(step, str):
            return step
        if step in (APPROVE, REFUSE):
            return self._answer(step)
        if self.submitted is None:
            return None
        if step == LOCK:
            return budget.LockBudget(
                version=self.submitted.version,
                content_hash=self.submitted.content_hash,
                request=REQUESTS[0],
            )
        return budget.ReturnBudget(version=self.submitted.version, reason="too dear", by="maya")

    def _answer(self, step: str) -> Command | None:
        if self.forecast is None:
            return None
        which = {"overage": self.forecast.overage, "content_hash": self.forecast.content_hash}
        if step == APPROVE:
            return budget.ApproveOverage(**which, request=REQUESTS[0])
        return budget.RefuseOverage(**which, request=REQUESTS[0], reason="too dear", by="maya")

    def _context(self, log: str) -> Context:
        return Context(
            production=self.production,
            actor="maya",
            principal="maya",
            at=datetime(2026, 9, 14, tzinfo=UTC),
            roles=frozenset(Role),
            known=self.known[log],
        )


def _room_of(command: Command) -> tuple[str, Decider[Any, Any]]:
    for log, deciders in (("approval", APPROVAL), ("budget", BUDGET)):
        for decider in deciders:
            if type(command) in decider.commands:
                return log, decider
    raise LookupError(type(command).__name__)


def lived(production: str, steps: Sequence[Step]) -> dict[str, list[Recorded]]:
    """The facts that those steps leave in each log, in memory."""
    stores = {log: MemoryStore(log) for log in ("approval", "budget")}
    history = History(production, {name: Log(store) for name, store in stores.items()})
    for step in steps:
        done(history.take(step))
    return {name: store.events for name, store in stores.items()}


def interleaved(logs: dict[str, list[Recorded]], chance: random.Random) -> list[Recorded]:
    """One order of all facts in which each log keeps its own."""
    left = {log: list(facts) for log, facts in logs.items() if facts}
    order = []
    while left:
        log = chance.choice(sorted(left))
        order.append(left[log].pop(0))
        if not left[log]:
            del left[log]
    return order


def done(work: Coroutine[Any, Any, T]) -> T:
    """Runs to its end what never has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        answer: T = end.value
        return answer
    raise RuntimeError("it waits for something")
