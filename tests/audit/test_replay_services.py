"""What services remember is a fold of the logs too: whatever is done to it, a replay names it and
the fact that it is of."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from runtime import rooms
from runtime.audit.replay.run import Source, replay
from runtime.audit.replay.told import Difference, Outcome
from runtime.cli import app
from runtime.cli.audit import replaying
from runtime.cli.demo import _story
from runtime.log.contract import PARTITIONS
from runtime.log.partition import partition_of
from tests.http.film import ABOUT, Film
from tests.http.instance import Instance, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.long]

SERVICES = list(rooms.services())
REMEMBERING = [
    name for name, one in rooms.services().items() if one.policies.nothing_known is not None
]


@pytest.fixture(scope="module")
def film(instance: Instance) -> Film:
    """The whole film, played to its end, once all services have heard all of it."""
    film = Film(instance.as_, instance.issuer.person, ABOUT["production"])
    _story(instance.settings, instance.url, lambda line: None)
    wait_for("that all is heard", lambda: heard(instance, film.production), 120)
    return film


def heard(instance: Instance, production: str) -> bool:
    partition = partition_of(production, PARTITIONS)
    return not instance.sql(
        " UNION ALL ".join(
            f"SELECT 1 FROM {log}.head LEFT JOIN {name}_service.place AS at "
            f"ON at.log = '{log}' AND at.partition = {partition} "
            f"WHERE coalesce(at.position, 0) <> head.partitions[{partition + 1}]"
            for name, service in rooms.services().items()
            for log in service.consumes
        )
    )


def replayed(instance: Instance, film: Film, *names: str, source: Source = Source.LOG) -> Outcome:
    work = replay(instance.settings, source, names or SERVICES, film.production, 1)
    return asyncio.run(work).outcome


@contextmanager
def done(instance: Instance, change: str, undo: str, *values: Any) -> Iterator[None]:
    instance.sql(change)
    try:
        yield
    finally:
        instance.sql(undo, *values)


def only(outcome: Outcome) -> Difference:
    assert outcome.findings == []
    assert outcome.differing == 1, outcome.differences
    return outcome.differences[0]


@pytest.mark.parametrize("source", Source)
def test_nothing_is_found_where_nothing_was_done(
    source: Source, instance: Instance, film: Film
) -> None:
    outcome = replayed(instance, film, source=source)
    assert (outcome.differences, outcome.findings) == ([], [])
    assert outcome.rows > len(SERVICES)


@pytest.mark.parametrize("room", REMEMBERING)
def test_a_memory_that_was_changed_is_found_field_by_field_with_its_fact(
    room: str, instance: Instance, film: Film
) -> None:
    """Each field in its turn is emptied."""
    where = f"WHERE production = '{film.production}'"
    ((body,),) = instance.sql(f"SELECT body::text FROM {room}_service.known {where}")
    nothing = rooms.services()[room].policies.nothing_known
    assert nothing is not None
    told, empty = json.loads(body), json.loads(nothing.model_dump_json())
    changed = [one for one in told if told[one] != empty[one]]
    assert changed, "the room remembers nothing"
    for one in changed:
        forged = json.dumps({**told, one: empty[one]}).replace("'", "''")
        with done(
            instance,
            f"UPDATE {room}_service.known SET body = '{forged}' {where}",
            f"UPDATE {room}_service.known SET body = %s {where}",
            body,
        ):
            found = only(replayed(instance, film, room))
        assert (found.projection, found.table, found.key) == (
            f"{room}_service",
            "known",
            f"field {one}",
        )
        assert found.column == "value" and found.expected != found.found
        assert found.event is not None and found.event.log in rooms.services()[room].hears


@pytest.mark.parametrize("room", REMEMBERING)
def test_a_memory_that_is_gone_or_of_nobody_is_found(
    room: str, instance: Instance, film: Film
) -> None:
    table, where = f"{room}_service.known", f"WHERE production = '{film.production}'"
    ((body,),) = instance.sql(f"SELECT body::text FROM {table} {where}")
    put_back = f"INSERT INTO {table} VALUES ('{film.production}', %s)"
    with done(instance, f"DELETE FROM {table} {where}", put_back, body):
        outcome = replayed(instance, film, room)
    fields = type(rooms.services()[room].policies.nothing_known).model_fields
    assert [one.found for one in outcome.differences] == [None] * len(fields)


@pytest.mark.parametrize("room", SERVICES)
def test_a_team_that_was_changed_lets_nobody_in_unseen(
    room: str, instance: Instance, film: Film
) -> None:
    put_in = f"INSERT INTO {room}_service.team VALUES ('{film.production}', 'thief', 'producer')"
    with done(instance, put_in, f"DELETE FROM {room}_service.team WHERE person = 'thief'"):
        found = only(replayed(instance, film, room))
    assert (found.table, found.key) == ("team", "person thief, role producer")
    assert found.expected is None and found.event is None


def test_a_timer_that_is_gone_and_was_not_given_is_found_and_so_is_one_that_nobody_set(
    instance: Instance, film: Film
) -> None:
    table = ""
    for name, service in rooms.services().items():
        if service.keeps_time and instance.sql(
            f"SELECT 1 FROM {name}_service.timer WHERE production = '{film.production}'"
        ):
            table, room = f"{name}_service.timer", name
    assert table, "nothing falls due any more: the test shows nothing"
    where = f"WHERE production = '{film.production}'"
    keep = f"CREATE TABLE public.kept_timers AS SELECT * FROM {table} {where}"
    put_back = f"INSERT INTO {table} SELECT * FROM public.kept_timers"
    instance.sql(keep)
    ((waiting,),) = instance.sql("SELECT count(*) FROM public.kept_timers")
    try:
        with done(instance, f"DELETE FROM {table} {where}", put_back):
            outcome = replayed(instance, film, room)
            assert outcome.differing == waiting
            assert all(one.event and one.found is None for one in outcome.differences)
        later = f"UPDATE {table} SET due_at = due_at + interval '1 day' {where}"
        with done(instance, later, f"DELETE FROM {table} {where}; {put_back}"):
            outcome = replayed(instance, film, room)
            assert {one.column for one in outcome.differences} == {"due_at"}
        named = f"UPDATE {table} SET key = 'nobodys-' || key {where}"
        with done(instance, named, f"DELETE FROM {table} {where}; {put_back}"):
            outcome = replayed(instance, film, room)
            assert outcome.differing == 2 * waiting
    finally:
        instance.sql("DROP TABLE public.kept_timers")


def test_answers_that_are_none_of_the_log_are_found(instance: Instance, film: Film) -> None:
    partition = partition_of(film.production, PARTITIONS)
    put_in = f"""INSERT INTO approval_service.answered
        SELECT 'budget', {partition}, incarnation, position + 1000 FROM budget.head"""
    with done(instance, put_in, "DELETE FROM approval_service.answered WHERE log = 'budget'"):
        (found,) = replayed(instance, film, "approval").findings
    assert "what approval_service has answered" in found.what and found.log == "budget"


def test_the_command_names_the_service_and_the_cure(
    instance: Instance, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "here", lambda: instance.settings)

    def reel(*words: str) -> Any:
        return CliRunner().invoke(app, ["audit", "replay", film.production, *words])

    told = json.loads(reel("--json").stdout)
    assert told["ok"] and told["services"] == SERVICES
    assert "of 1 read model and 1 service," in reel("--model", "budget").stdout
    assert "of 1 service," in reel("--model", "approval").stdout
    put_in = f"INSERT INTO budget_service.team VALUES ('{film.production}', 'thief', 'producer')"
    with done(instance, put_in, "DELETE FROM budget_service.team WHERE person = 'thief'"):
        shown = reel("--model", "budget")
    assert shown.exit_code == 1 and "`reel rewind budget`" in " ".join(shown.output.split())
    assert reel("--model", "catering").exit_code == 2
