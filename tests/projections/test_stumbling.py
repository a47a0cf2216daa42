"""A fold of the past that meets a fact that it cannot take: the fact is named, and logged."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from events import budget
from events.approval import Kind, ProductionOpened
from projections.budget_status.view import VIEW
from runtime.log.contract import Append, NewEvent
from runtime.log.memory import MemoryStore
from runtime.reading.moment import Moment
from runtime.reading.past import Cut, Past
from runtime.reading.stumbling import Stumbled
from runtime.view import Row, Rows, View

FILM = str(uuid.uuid4())
OPENED = ProductionOpened(
    title="The Last Lighthouse", kind=Kind.FEATURE, currency="USD", time_zone="Europe/London"
)
SPOILT = '{"barrels": 40}'


async def recorded(log: str, *facts: tuple[str, int, str]) -> MemoryStore:
    store = MemoryStore(log)
    new = tuple(NewEvent(str(uuid.uuid4()), *fact, 0) for fact in facts)
    await store.append(
        [Append(str(uuid.uuid4()), b"f", FILM, f"{log}-{FILM}", 0, "a", "c", events=new)]
    )
    return store


async def stores(*of_budget: tuple[str, int, str]) -> dict[str, MemoryStore]:
    opened = await recorded("approval", (*OPENED.wire(), OPENED.encode()))
    return {"approval": opened, "budget": await recorded("budget", *of_budget)}


async def cut(logs: dict[str, MemoryStore]) -> Cut:
    heads = {log: await store.heads() for log, store in logs.items()}
    return Cut(
        Moment({log: (one.incarnation, one.position) for log, one in heads.items()}),
        datetime.now(UTC),
    )


def breaking(error: Exception) -> View:
    def evolve(rows: Rows, recorded: object) -> Iterator[Row]:
        raise error
        yield

    return replace(VIEW, evolve=evolve)


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ((*budget.CostPosted.wire(), SPOILT), "UndecodableEvent"),
        (("budget.CostPosted", 99, SPOILT), "UnknownEvent"),
    ],
)
async def test_a_fact_that_cannot_be_read_is_named_and_logged(
    fact: tuple[str, int, str], reason: str
) -> None:
    logs = await stores(fact)
    past = Past(VIEW, logs, name="budget_status")
    with capture_logs() as said, pytest.raises(Stumbled) as told:
        await past.rows(FILM, await cut(logs))
    assert "budget_status cannot fold the budget.CostPosted at budget 1" in str(told.value)
    assert reason in str(told.value) and "barrels" not in str(told.value)
    assert "ask for a moment before" in str(told.value)
    (line,) = said
    assert (line["event"], line["log_level"]) == ("moment_not_folded", "error")
    assert (line["log"], line["position"], line["production"]) == ("budget", 1, FILM)
    assert line["reason"].startswith(reason)


async def test_a_production_whose_opening_cannot_be_read_is_not_one_that_was_not_opened() -> None:
    logs = {"approval": await recorded("approval", (*OPENED.wire(), SPOILT))}
    past = Past(replace(VIEW, logs=("approval",)), logs)
    with pytest.raises(Stumbled, match=r"approval.ProductionOpened at approval 1"):
        await past.facts(FILM, await cut(logs))


async def test_a_bug_of_a_fold_is_of_the_fact_and_a_full_memory_is_not() -> None:
    logs = await stores()
    with pytest.raises(Stumbled, match="the fold failed"):
        await Past(breaking(ArithmeticError("how much?")), logs).rows(FILM, await cut(logs))
    with pytest.raises(MemoryError):
        await Past(breaking(MemoryError()), logs).rows(FILM, await cut(logs))
