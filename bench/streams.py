"""Streams as long as they get in a year of a large production, written straight into a log."""

import itertools
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from events.budget import BudgetDrafted, Category, CostPosted, Level, LineRevised, PricedLine, Unit
from events.budget import LinesImported as Imported
from events.event import Event
from events.money import ZERO
from events.schedule import ScheduleDrafted, TaskKind, TaskMoved, TaskSet
from runtime.decider import Command
from runtime.log.contract import Append, NewEvent, Outcome, Store
from services.budget.commands import PostCost, ReviseLine
from services.schedule.commands import MoveTask

LINES = 500
TASKS = 200
ACCOUNTS = 60
PAGE_EVENTS = 5_000
_DAY = date(2026, 9, 7)


@dataclass(frozen=True)
class Long:
    """One kind of stream: the facts that fill it, and the commands that it then takes."""

    kind: str
    log: str
    facts: Iterable[Event]
    commands: Iterator[Command]


def kinds() -> list[Long]:
    """Every kind that may grow to 100,000 facts: postings, revisions of a plan, moved dates."""
    return [
        Long("costs", "budget", _postings(), map(_post, itertools.count())),
        Long("budget", "budget", _revisions(), map(_revise, itertools.count())),
        Long("schedule", "schedule", _moves(), map(_move, itertools.count())),
    ]


async def fill(
    store: Store, stream: str, production: str, facts: Iterable[Event], many: int
) -> None:
    """Appends the first `many` facts to that stream, in commands of 5,000."""
    left = itertools.islice(facts, many)
    version = 0
    while page := list(itertools.islice(left, PAGE_EVENTS)):
        command = str(uuid.uuid4())
        append = Append(
            command_id=command,
            fingerprint=uuid.UUID(command).bytes,
            production=production,
            stream=stream,
            expected=version,
            actor="person-bench",
            correlation=command,
            events=tuple(
                NewEvent(str(uuid.uuid4()), *one.wire(), one.encode(), 1_788_739_200_000_000)
                for one in page
            ),
        )
        (answer,) = await store.append([append])
        assert answer.outcome is Outcome.RECORDED
        version = answer.version


def _postings() -> Iterator[Event]:
    for n in itertools.count():
        yield CostPosted(
            posting=f"INV-{n}",
            account=str(2000 + n % ACCOUNTS),
            amount=Decimal(1250 + n % 999),
            commitment=None,
            relieved=ZERO,
            description="Lantern room, scaffolding and weather cover",
            incurred_on=_DAY,
        )


def _post(n: int) -> Command:
    return PostCost(
        posting=f"NEW-{uuid.uuid4()}",
        account=str(2000 + n % ACCOUNTS),
        amount=Decimal(17),
        description="Nails",
        incurred_on=_DAY,
    )


def _line(n: int, rate: int) -> dict[str, Any]:
    return {
        "line": f"line-{n}",
        "category": "20",
        "account": str(2000 + n % ACCOUNTS),
        "description": "Lantern room, scaffolding and weather cover",
        "amount": Decimal(2),
        "unit": Unit.WEEK,
        "rate": Decimal(rate),
    }


def _priced(n: int, rate: int) -> PricedLine:
    return PricedLine(**_line(n, rate), subtotal=Decimal(2 * rate))


def _revisions() -> Iterator[Event]:
    yield BudgetDrafted(
        currency="USD", categories=(Category(category="20", name="Set", level=Level.PRODUCTION),)
    )
    yield Imported(lines=tuple(_priced(n, 100) for n in range(LINES)))
    for n in itertools.count(LINES):
        turn, line = divmod(n, LINES)
        yield LineRevised(before=_priced(line, 99 + turn), after=_priced(line, 100 + turn))


def _revise(n: int) -> Command:
    from events.budget import Line

    return ReviseLine(line=Line(**_line(n % LINES, 5_000 + n)))


def _moves() -> Iterator[Event]:
    yield ScheduleDrafted(name="The Last Lighthouse")
    for n in range(TASKS):
        yield TaskSet(
            task=f"task-{n}", kind=TaskKind.PREP, name="Build", starts_on=_DAY, days=5, links=()
        )
    for n in itertools.count(TASKS):
        turn, task = divmod(n, TASKS)
        yield TaskMoved(
            task=f"task-{task}",
            was_on=_DAY + timedelta(turn - 1),
            was_days=5,
            starts_on=_DAY + timedelta(turn),
            days=5,
            reason="Weather",
        )


def _move(n: int) -> Command:
    return MoveTask(
        task=f"task-{n % TASKS}", starts_on=_DAY + timedelta(5_000 + n), reason="More weather"
    )
