"""Two small rooms and a ledger: a desk that records costs and asks for hires, a yard that answers
each of them once, and a read model that writes down every fact in the order in which it came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from events.budget import CommitmentClosed, CommitmentRaised, CostPosted
from events.envelope import Recorded
from events.event import Event
from events.money import ZERO
from runtime.decider import Command, Context, Decider, Policies, Reaction, Rejection
from runtime.rooms import Service
from runtime.view import Row, Rows, View

DESK, YARD = "approval", "budget"
LOGS = (DESK, YARD)
MOST = 60
DAY = date(2026, 9, 12)
POISON = "a cost that folds stumble over"


@dataclass
class Mending:
    """Whether those who fold have learned by now what they stumble over."""

    done: bool = False


class Post(Command):
    """Post some costs, and ask for a hire with them."""

    STREAM: ClassVar[str | None] = "costs"

    costs: str
    amounts: tuple[int, ...]
    text: str = "timber"
    hire: str | None = None


class TooMuch(Rejection):
    """These costs are at their limit."""


def decide_costs(total: int, command: Post, _: Context) -> Sequence[Event]:
    if total + sum(command.amounts) > MOST:
        raise TooMuch(f"{total} of {MOST} are spent")
    facts: list[Event] = [
        CostPosted(
            posting=f"INV-{n}",
            account="2302",
            amount=Decimal(amount),
            commitment=None,
            relieved=ZERO,
            description=command.text,
            incurred_on=DAY,
        )
        for n, amount in enumerate(command.amounts)
    ]
    if command.hire is not None:
        facts.append(
            CommitmentRaised(
                commitment=command.hire,
                account="2302",
                amount=Decimal(1),
                description=command.text,
                raised_on=DAY,
            )
        )
    return facts


def evolve_costs(total: int, fact: CostPosted | CommitmentRaised) -> int:
    return total + int(fact.amount) if isinstance(fact, CostPosted) else total


class Answer(Command):
    """Answer one hire. It is recorded however often it is given: only its id says that it is the
    same one."""

    hire: str


def decide_answers(_: int, command: Answer, context: Context) -> Sequence[Event]:
    return [
        CommitmentClosed(
            commitment=command.hire,
            account="2302",
            released=Decimal(0),
            closed_on=DAY,
            reason="answered",
        )
    ]


class Heard(BaseModel):
    """Every fact that the yard has heard of a production, by log and position."""

    model_config = ConfigDict(frozen=True)

    facts: tuple[tuple[str, int], ...] = ()


def desk() -> Service:
    """The room of costs."""
    return Service(DESK, (Decider("costs", 0, (Post,), decide_costs, evolve_costs),))


def yard(mending: Mending) -> Service:
    """The room of answers; until it is mended, it stumbles over some facts."""

    def hear(known: Heard, recorded: Recorded) -> Heard:
        stumble(recorded, mending.done)
        return Heard(facts=(*known.facts, (recorded.log, recorded.position)))

    def react(recorded: Recorded, _: Any) -> Sequence[Command]:
        assert isinstance(recorded.event, CommitmentRaised)
        return [Answer(hire=recorded.event.commitment)]

    return Service(
        YARD,
        (Decider("answers", 0, (Answer,), decide_answers, lambda count, _: count + 1),),
        Policies(
            logs=LOGS,
            nothing_known=Heard(),
            hear=hear,
            reactions=(
                Reaction(
                    CommitmentRaised,
                    "A hire that is asked for is answered.",
                    {Answer: (CommitmentClosed,)},
                    react,
                ),
            ),
        ),
    )


def stumble(recorded: Recorded, is_mended: bool) -> None:
    """Raises at a bad fact, unless whoever folds it is mended."""
    fact = recorded.event
    if not is_mended and isinstance(fact, CostPosted) and fact.description == POISON:
        raise ArithmeticError("this cannot be added up")


@dataclass(frozen=True)
class Trail:
    """What one log has told of a production, every fact in the order of its arrival."""

    TABLE: ClassVar[str] = "trail"
    KEY: ClassVar[tuple[str, ...]] = ("log",)

    log: str
    total: Decimal = ZERO
    positions: tuple[int, ...] = ()


def ledger(mending: Mending) -> View:
    """The read model."""

    def fold(rows: Rows, recorded: Recorded) -> Iterable[Row]:
        stumble(recorded, mending.done)
        fact = recorded.event
        before = rows.get(Trail, recorded.log) or Trail(recorded.log)
        yield replace(
            before,
            total=before.total + (fact.amount if isinstance(fact, CostPosted) else ZERO),
            positions=(*before.positions, recorded.position),
        )

    return View(logs=LOGS, tables=(Trail,), evolve=fold)
