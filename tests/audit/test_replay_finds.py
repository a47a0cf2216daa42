"""Whatever is done to a row of any table of any read model, a replay names it and the fact that the
row should be of."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from runtime import rooms
from runtime.audit.replay.folding import LogFacts, replay_all
from runtime.audit.replay.live import Databases
from runtime.audit.replay.plan import planned
from runtime.audit.replay.teams import with_teams
from runtime.audit.replay.told import Difference, Outcome, Told
from runtime.cli import app
from runtime.cli.audit import replaying
from runtime.rebuilding.registry import VIEWS, point_to, register_first, register_rebuild
from runtime.view import Key, Rows, View, key_of
from tests.audit.replaying import VOCABULARY, Studio, film_of, made, studio
from tests.servers import drop_database, fresh_database

pytestmark = [pytest.mark.integration, pytest.mark.long]

FILM, NOBODYS = film_of(0), film_of(1)
TABLES = [
    (name, table)
    for name, one in rooms.projections().items()
    for table in with_teams(one.view).tables
]
Writers = Mapping[tuple[str, str, Key], Told]
CHANGED = {
    "text": "{0} || '!'",
    "varchar": "{0} || '!'",
    "numeric": "{0} + 1",
    "int2": "{0} + 1000",
    "int4": "{0} + 1000",
    "int8": "{0} + 1000",
    "bool": "NOT {0}",
    "date": "{0} + 1",
    "timestamptz": "{0} + interval '1 hour'",
}
"""By PostgreSQL's type, another value than a column has."""


@pytest.fixture(scope="module")
async def film(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Studio]:
    """One film of which every table has rows, heard by everybody."""
    dsn = fresh_database(database_url)
    await asyncio.to_thread(made, dsn)
    found = await studio(dsn, tmp_path_factory.mktemp("replay"))
    for log, events in VOCABULARY.items():
        await found.record(log, FILM, events)
        facts = await found.stores[log].page()
        for name, one in rooms.projections().items():
            if log in one.view.logs:
                await found.take(name, facts)
    yield found
    await asyncio.wait_for(found.pool.close(), 10)
    await asyncio.to_thread(drop_database, dsn)


@dataclass
class Through(Databases):
    """The databases through one connection, inside the transaction of a test."""

    connection: asyncpg.Connection

    async def of(self, room: str) -> asyncpg.Connection:
        return self.connection


@pytest.fixture
async def through(film: Studio) -> AsyncIterator[Through]:
    """What is done here is undone behind the test."""
    async with film.pool.acquire() as connection:
        tampering = connection.transaction(isolation="repeatable_read")
        await tampering.start()
        yield Through(connection)
        await tampering.rollback()


async def replayed(through: Through, name: str, production: str | None = None) -> Outcome:
    outcome = Outcome()
    plan = await planned(through, [name], production, outcome)
    outcome.add(await replay_all(plan, through, LogFacts(through), lambda facts: None))
    return outcome


@pytest.fixture(scope="module")
async def writers(film: Studio) -> Writers:
    """By read model, table and key the fact behind which the row last became another one, found by
    looking at all rows behind every fact."""
    found = {}
    for name, one in rooms.projections().items():
        view: View = with_teams(one.view)
        rows, before = Rows(), {}
        for log in view.logs:
            for fact in await film.stores[log].of_production(FILM):
                view.fold([fact], rows)
                now = {
                    (table, key_of(row)): row for table in view.tables for row in rows.all(table)
                }
                for (table, key), row in now.items():
                    if row != before.get((table, key)):
                        found[name, table.TABLE, key] = Told.by(fact)
                before = now
    return found


async def a_row(through: Through, name: str, table: type[Any]) -> asyncpg.Record:
    schema = rooms.projections()[name].schema
    rows = await through.connection.fetch(
        f"SELECT * FROM {schema}.{table.TABLE} WHERE production = $1 ORDER BY 1", FILM
    )
    assert rows, f"{name} {table.TABLE} has no row"
    return rows[len(rows) // 2]


async def types_of(through: Through, name: str, table: type[Any]) -> dict[str, str]:
    rows = await through.connection.fetch(
        "SELECT column_name, udt_name FROM information_schema.columns "
        "WHERE table_schema = $1 AND table_name = $2",
        rooms.projections()[name].schema,
        table.TABLE,
    )
    return {row[0]: row[1] for row in rows}


def this(name: str, table: type[Any], row: asyncpg.Record) -> tuple[str, list[Any]]:
    """A table and a condition that one row of it meets, and its values."""
    names = ["production", *table.KEY]
    where = " AND ".join(f"{column} = ${n}" for n, column in enumerate(names, 1))
    return (
        f"{rooms.projections()[name].schema}.{table.TABLE}",
        where,
        [row[column] for column in names],
    )


def only(outcome: Outcome) -> Difference:
    assert outcome.findings == []
    assert outcome.differing == 1, outcome.differences
    return outcome.differences[0]


def key_told(table: type[Any], row: asyncpg.Record) -> str:
    return ", ".join(f"{column} {row[column]}" for column in table.KEY) or "the one row"


def plain(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def ids(one: Any) -> str:
    return getattr(one, "TABLE", str(one))


async def test_nothing_is_found_where_nothing_was_done(through: Through) -> None:
    for name in rooms.projections():
        outcome = await replayed(through, name)
        assert outcome.differences == [] and outcome.is_clean and outcome.rows


@pytest.mark.parametrize(("name", "table"), TABLES, ids=ids)
async def test_a_row_that_was_changed_is_found_with_the_fact_that_it_is_of(
    name: str, table: type[Any], through: Through, writers: Writers
) -> None:
    row, types = await a_row(through, name, table), await types_of(through, name, table)
    whole, where, values = this(name, table, row)
    columns = [
        one.name for one in fields(table) if one.name not in table.KEY and row[one.name] is not None
    ]
    assert columns, "a row that is all key cannot be changed"
    for column in columns:
        changing = through.connection.transaction()
        await changing.start()
        new = CHANGED[types[column]].format(column)
        await through.connection.execute(
            f"UPDATE {whole} SET {column} = {new} WHERE {where}", *values
        )
        one = only(await replayed(through, name))
        await changing.rollback()
        assert (one.projection, one.production, one.table) == (name, FILM, table.TABLE)
        assert (one.key, one.column) == (key_told(table, row), column)
        assert one.expected == plain(row[column]) != one.found
        assert one.event == writers[name, table.TABLE, tuple(row[key] for key in table.KEY)]


@pytest.mark.parametrize(("name", "table"), TABLES, ids=ids)
async def test_a_row_that_was_deleted_is_found_with_the_fact_that_it_is_of(
    name: str, table: type[Any], through: Through, writers: Writers
) -> None:
    row = await a_row(through, name, table)
    whole, where, values = this(name, table, row)
    await through.connection.execute(f"DELETE FROM {whole} WHERE {where}", *values)
    one = only(await replayed(through, name, FILM))
    assert (one.projection, one.production, one.table) == (name, FILM, table.TABLE)
    assert (one.key, one.column, one.found) == (key_told(table, row), None, None)
    assert one.expected is not None
    assert one.event == writers[name, table.TABLE, tuple(row[key] for key in table.KEY)]


@pytest.mark.parametrize(("name", "table"), TABLES, ids=ids)
async def test_a_row_that_was_put_in_is_found_and_no_fact_explains_it(
    name: str, table: type[Any], through: Through
) -> None:
    """One beside those that are there, and one of a film that no log knows."""
    row, types = await a_row(through, name, table), await types_of(through, name, table)
    schema = rooms.projections()[name].schema
    for key in ("production", *table.KEY[:1]):
        inserting = through.connection.transaction()
        await inserting.start()
        new = f"'{NOBODYS}'" if key == "production" else CHANGED[types[key]].format(key)
        columns = [one.name for one in fields(table)]
        values = [new if one == key else one for one in ["production", *columns]]
        whole, where, own = this(name, table, row)
        await through.connection.execute(
            f"INSERT INTO {schema}.{table.TABLE} (production, {', '.join(columns)}) "
            f"SELECT {', '.join(values)} FROM {whole} WHERE {where}",
            *own,
        )
        one = only(await replayed(through, name))
        await inserting.rollback()
        production = NOBODYS if key == "production" else FILM
        assert (one.projection, one.production, one.table) == (name, production, table.TABLE)
        assert (one.column, one.expected, one.event) == (None, None, None)
        assert one.found is not None


PLACE = "UPDATE inbox_v{version}.place SET {what} WHERE log = 'budget' AND position > 0"


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("hash = sha256(hash)", "hash "),
        ("incarnation = gen_random_uuid()", "incarnation "),
        ("position = position + 1000", "a fact of that partition there"),
    ],
)
async def test_a_place_that_is_none_of_the_log_is_found(
    what: str, expected: str, through: Through
) -> None:
    version = rooms.projections()["inbox"].version
    await through.connection.execute(PLACE.format(version=version, what=what))
    outcome = await replayed(through, "inbox")
    (found,) = outcome.findings
    assert found.log == "budget" and found.expected.startswith(expected)
    assert outcome.differences == []
    assert (outcome.rows == 0) == what.startswith("incarnation")


async def test_a_partition_that_stands_still_is_told_and_compared_as_far_as_it_came(
    through: Through,
) -> None:
    version = rooms.projections()["inbox"].version
    what = "stopped = 'UnknownEvent: one of a newer build'"
    await through.connection.execute(PLACE.format(version=version, what=what))
    outcome = await replayed(through, "inbox")
    assert outcome.is_clean and outcome.rows
    (remark,) = outcome.remarks
    assert "stands still at budget/" in remark and "UnknownEvent" in remark


async def test_a_fact_that_cannot_be_folded_is_named_and_no_row_is_called_wrong(
    through: Through,
) -> None:
    await through.connection.execute("SET LOCAL session_replication_role = replica")
    await through.connection.execute(
        """UPDATE budget.event SET payload = '{"none": "of it"}' WHERE position = 7"""
    )
    outcome = await replayed(through, "budget_status")
    (found,) = outcome.findings
    assert (found.log, found.position, found.production) == ("budget", 7, FILM)
    assert found.found == "UndecodableEvent"
    assert outcome.differences == []


async def test_a_changed_fact_of_the_log_shows_in_the_rows_that_it_made(through: Through) -> None:
    await through.connection.execute("SET LOCAL session_replication_role = replica")
    ((position,),) = await through.connection.fetch(
        """UPDATE approval.event SET payload = replace(payload::text, '"title":"', '"title":"X')::json
           WHERE type = 'approval.ProductionOpened'
             AND position = (SELECT max(position) FROM approval.event
                             WHERE type = 'approval.ProductionOpened')
           RETURNING position"""
    )
    outcome = await replayed(through, "obligations")
    assert outcome.findings == []
    (one,) = [one for one in outcome.differences if one.table == "production"]
    assert one.column == "title" and one.expected == f"X{one.found}"
    assert one.event is not None and one.event.position == position


async def test_what_is_parked_is_told_and_compared_up_to_there(through: Through) -> None:
    """As if the last deal's fact had been parked: its rows are put back to what was before it."""
    schema = rooms.projections()["contracts"].schema
    (last,) = await through.connection.fetch(
        "SELECT position, partition, type FROM contract.event ORDER BY position DESC LIMIT 1"
    )
    await through.connection.execute(
        f"""INSERT INTO {schema}.parked (log, partition, production, position, type, reason)
            VALUES ('contract', $1, $2, $3, $4, 'ArithmeticError: the amount 5')""",
        last["partition"],
        FILM,
        last["position"],
        last["type"],
    )
    outcome = await replayed(through, "contracts")
    (remark,) = outcome.remarks
    assert f"contract {last['position']}: ArithmeticError" in remark and "amount" not in remark
    changed = outcome.differences
    await through.connection.execute(f"DELETE FROM {schema}.parked")
    assert (await replayed(through, "contracts")).is_clean
    assert changed, "the last fact changes no row: the test shows nothing"


async def test_the_version_that_readers_read_is_compared(through: Through) -> None:
    inbox = rooms.projections()["inbox"]
    await register_first(through.connection, inbox)
    rebuilt = await register_rebuild(through.connection, inbox)
    await through.connection.execute(f"ALTER SCHEMA {inbox.schema} RENAME TO {rebuilt.schema}")
    await point_to(through.connection, "inbox", rebuilt.schema)
    outcome = await replayed(through, "inbox")
    assert outcome.is_clean and outcome.rows
    await through.connection.execute(f"UPDATE {VIEWS}.version SET code = code + 1")
    with pytest.raises(LookupError, match="--model"):
        await replayed(through, "inbox")


async def test_a_production_that_nobody_knows_is_refused(through: Through) -> None:
    with pytest.raises(LookupError, match="knows a production"):
        await replayed(through, "inbox", NOBODYS)


async def test_the_command_says_what_differs_and_how_it_is_cured(
    film: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "here", lambda: film.settings)

    async def reel(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["audit", "replay", *words])

    clean = await reel("--json")
    assert clean.exit_code == 0, clean.output
    told = json.loads(clean.stdout)
    assert told["ok"] and told["models"] == list(rooms.projections())
    assert told["rows"] > 100 and told["facts"] == sum(map(len, VOCABULARY.values()))

    schema = rooms.projections()["contracts"].schema
    tamper = f"UPDATE {schema}.deal SET title = title || $1"
    (untouched,) = await film.pool.fetch(f"SELECT * FROM {schema}.deal ORDER BY contract LIMIT 1")
    await film.pool.execute(f"{tamper} WHERE contract = $2", "!", untouched["contract"])
    differing = await reel(FILM, "--model", "contracts", "--json")
    (one,) = json.loads(differing.stdout)["differences"]
    assert (one["column"], one["expected"]) == ("title", untouched["title"])
    assert one["event"]["type"].startswith("contract.")
    shown = await reel("--model", "contracts")
    await film.pool.execute(
        f"UPDATE {schema}.deal SET title = $1 WHERE contract = $2",
        untouched["title"],
        untouched["contract"],
    )
    assert differing.exit_code == shown.exit_code == 1
    assert "reel rebuild contracts" in " ".join(shown.output.split())
    assert untouched["title"] in shown.output

    unknown = await reel("--model", "nothing")
    assert unknown.exit_code == 2 and "there are" in unknown.output
    assert (await reel("no-uuid")).exit_code == 2
    assert (await reel(NOBODYS)).exit_code == 2
