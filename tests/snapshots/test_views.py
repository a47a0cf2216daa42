"""Snapshots of views: a moment is the same with them and without, whoever meddles with them."""

import random
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from events import budget
from events.approval import Kind, ProductionOpened
from events.event import Event
from projections.budget_status.view import VIEW
from runtime.log.contract import Append, NewEvent
from runtime.log.memory import MemoryStore
from runtime.migrate import Schema, migrate
from runtime.reading import past
from runtime.reading.moment import Moment
from runtime.reading.past import Cut, Past
from runtime.snapshots.sealed_state import StateSeal
from runtime.snapshots.views import ViewSnapshots
from tests.servers import drop_database, fresh_database

pytestmark = pytest.mark.integration

FILM, OTHER = str(uuid.uuid4()), str(uuid.uuid4())
SEAL = StateSeal(b"m" * 32, "views")
OPENED = ProductionOpened(
    title="The Last Lighthouse", kind=Kind.FEATURE, currency="USD", time_zone="Europe/London"
)


@pytest.fixture(scope="module")
def views(database_url: str) -> Iterator[str]:
    dsn = fresh_database(database_url)
    migrate([Schema(dsn, "views", "views")])
    yield dsn
    drop_database(dsn)


@pytest.fixture
async def pool(views: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(views, min_size=1, max_size=4) as pool:
        await pool.execute("TRUNCATE views.snapshot")
        yield pool


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "PAGE_EVENTS", 50)


class Reads(MemoryStore):
    """A log that counts how many facts were read of it."""

    facts = 0

    async def of_production(self, *of: object, **more: object) -> list[object]:  # type: ignore[override]
        found = await super().of_production(*of, **more)  # type: ignore[arg-type]
        self.facts += len(found)
        return list(found)


async def recorded(store: MemoryStore, production: str, events: list[Event]) -> None:
    stream = f"{store.log}-{production}"
    new = tuple(NewEvent(str(uuid.uuid4()), *one.wire(), one.encode(), 0) for one in events)
    expected = len(await store.of_stream(stream))
    await store.append(
        [Append(str(uuid.uuid4()), b"f", production, stream, expected, "a", "c", events=new)]
    )


def posted(number: int) -> budget.CostPosted:
    return budget.CostPosted(
        posting=f"INV-{number}",
        account=str(2300 + number % 7),
        amount=Decimal(number),
        commitment=None,
        relieved=Decimal(0),
        description="Steel",
        incurred_on=date(2026, 9, 1) + timedelta(days=number % 30),
    )


@pytest.fixture
async def stores() -> dict[str, Reads]:
    approval, costs = Reads("approval"), Reads("budget")
    await recorded(approval, FILM, [OPENED])
    for first in range(0, 400, 20):
        await recorded(costs, FILM, [posted(n) for n in range(first, first + 20)])
        await recorded(costs, OTHER, [posted(first)])
    return {"approval": approval, "budget": costs}


def kept_in(pool: asyncpg.Pool, fold: str = "this fold") -> ViewSnapshots:
    return ViewSnapshots("budget_status", pool, SEAL, fold)


async def at(stores: dict[str, Reads], position: int) -> Cut:
    heads = {log: await store.heads() for log, store in stores.items()}
    moment = {log: (one.incarnation, one.position) for log, one in heads.items()}
    moment["budget"] = (moment["budget"][0], position)
    return Cut(Moment(moment), datetime.now(UTC))


async def holds(stores: dict[str, Reads], kept: ViewSnapshots, positions: list[int]) -> None:
    """As of each of those positions, the rows are what the whole fold makes of the facts."""
    for position in positions:
        cut = await at(stores, position)
        rows, about = await Past(VIEW, stores, kept).rows(FILM, cut)
        await kept.settled()
        known = [one for one in stores["budget"].events[:position] if one.production == FILM]
        assert rows == VIEW.fold(known), position
        assert about == {"title": "The Last Lighthouse", "currency": "USD"}


async def test_at_every_moment_the_rows_are_the_same_with_snapshots_and_without(
    pool: asyncpg.Pool, stores: dict[str, Reads]
) -> None:
    kept = kept_in(pool)
    ends = len(stores["budget"].events)
    await holds(stores, kept, [ends, *random.Random(5).choices(range(ends + 1), k=60), 0])
    assert await pool.fetchval("SELECT count(*) FROM views.snapshot") == 400 // 50


async def test_what_a_snapshot_holds_is_not_read_again(
    pool: asyncpg.Pool, stores: dict[str, Reads]
) -> None:
    kept, ends = kept_in(pool), len(stores["budget"].events)
    await holds(stores, kept, [ends])
    stores["budget"].facts = 0
    await holds(stores, kept, [ends])
    assert stores["budget"].facts <= 51


async def test_what_takes_effect_later_is_left_out_whatever_is_kept(
    pool: asyncpg.Pool, stores: dict[str, Reads]
) -> None:
    kept = kept_in(pool)
    await holds(stores, kept, [len(stores["budget"].events)])
    cut = await at(stores, len(stores["budget"].events))
    before_all = Cut(cut.moment, cut.at, datetime(1969, 1, 1, tzinfo=UTC))
    rows, _ = await Past(VIEW, stores, kept).rows(FILM, before_all)
    assert rows == VIEW.fold([])


@pytest.mark.parametrize(
    "meddling",
    [
        "UPDATE views.snapshot SET rows = overlay(rows PLACING '\\x00' FROM 40 FOR 1)",
        "UPDATE views.snapshot SET rows = substr(rows, 1, 60)",
        "UPDATE views.snapshot SET position = position + 1",
        "UPDATE views.snapshot AS one SET rows = (SELECT rows FROM views.snapshot AS other "
        "WHERE other.position < 60 LIMIT 1)",
        "UPDATE views.snapshot SET hash = sha256(hash)",
        "UPDATE views.snapshot SET production = '{other}' WHERE production <> '{other}'",
        "UPDATE views.snapshot SET fold = 'another fold'",
        "UPDATE views.snapshot SET incarnation = gen_random_uuid()",
    ],
)
async def test_a_snapshot_that_somebody_changed_changes_no_answer(
    meddling: str, pool: asyncpg.Pool, stores: dict[str, Reads]
) -> None:
    kept, ends = kept_in(pool), len(stores["budget"].events)
    await holds(stores, kept, [ends])
    await pool.execute(meddling.replace("{other}", OTHER))
    await holds(stores, kept, [ends, ends - 3, 100, 7])


async def test_a_snapshot_of_an_event_that_the_log_has_not_is_given_up(
    pool: asyncpg.Pool, stores: dict[str, Reads]
) -> None:
    kept, ends = kept_in(pool), len(stores["budget"].events)
    await holds(stores, kept, [ends])
    other = Reads("budget")
    other.incarnation = stores["budget"].incarnation
    for first in range(0, 400, 20):
        await recorded(other, FILM, [posted(n + 1) for n in range(first, first + 20)])
        await recorded(other, OTHER, [posted(first)])
    await holds({**stores, "budget": other}, kept, [ends, 60])


async def test_another_fold_takes_snapshots_of_its_own(
    pool: asyncpg.Pool, stores: dict[str, Reads]
) -> None:
    ends = len(stores["budget"].events)
    await holds(stores, kept_in(pool), [ends])
    await holds(stores, kept_in(pool, "a mended fold"), [ends, 33])
    assert await pool.fetch("SELECT DISTINCT fold FROM views.snapshot") == [("a mended fold",)]
