"""Every stable code of the API is reached, as a problem that names it."""

import asyncio
import json
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import jwt
import pytest
from fastapi import FastAPI
from psycopg.conninfo import conninfo_to_dict

from events.event import UndecodableEvent, UnknownEvent
from runtime.log import committer as committing
from runtime.log.contract import COMMAND_BYTES_MAX, PARTITIONS
from runtime.log.memory import MemoryStore
from runtime.log.partition import partition_of
from runtime.log.postgres import PostgresStore
from runtime.people.identity import Verifier
from runtime.people.jwks import JwksKeys
from runtime.reading import query
from runtime.web import problems
from tests.http.desk import OPENING, desk
from tests.http.film import LEADER, LIGHTHOUSE_LINE, Film, code
from tests.http.instance import LIVE_SECONDS_MAX, Instance, wait_for

pytestmark = pytest.mark.integration

OPEN = "approval/open-production"
JSON = {"Content-Type": "application/json"}


def check(answer: httpx.Response, status: int, expected: str) -> dict[str, Any]:
    """It is that problem, in the form of RFC 9457."""
    assert (answer.status_code, code(answer)) == (status, expected), answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "status", "code", "detail", "problems"}
    assert (body["status"], body["type"]) == (status, "about:blank")
    assert body["title"] == expected.replace("-", " ").capitalize()
    assert body["detail"]
    assert ("retry-after" in answer.headers) == (status == 503)
    assert ("www-authenticate" in answer.headers) == (status == 401)
    return body


def test_the_tests_here_reach_every_code_there_is() -> None:
    """A new code comes with its test: this file names every one, or one of those beside it."""
    codes = {code for _, code in problems._TABLE.values()} | set(problems._HTTP_CODES.values())
    beside = ("test_parked.py", "test_as_of.py", "test_readings.py")
    files = [Path(__file__), *map(Path(__file__).with_name, beside)]
    text = "".join(file.read_text() for file in files)
    assert {
        one for one in codes | {"invalid", "bad-file", "unforeseen"} if f'"{one}"' not in text
    } == set()


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"{", JSON),
        (b'{"title": "The \xff Lighthouse"}', JSON),
        (b"[" * 100_000, JSON),
        (b"1" * 5_000, JSON),
        (json.dumps(OPENING).encode(), {}),
        (json.dumps(OPENING).encode(), {"Content-Type": "text/plain"}),
        (b"title=The+Last+Lighthouse", {"Content-Type": "application/x-www-form-urlencoded"}),
    ],
    ids=["cut short", "not UTF-8", "too deep", "too long a number", "of no type", "text", "a form"],
)
def test_a_body_that_is_no_json_is_malformed(
    film: Film, content: bytes, headers: dict[str, str]
) -> None:
    answer = film.client(LEADER).post(f"{film.home}/{OPEN}", content=content, headers=headers)
    assert "JSON" in check(answer, 400, "malformed-body")["detail"]


def test_a_file_that_is_not_utf8_is_malformed(film: Film) -> None:
    text = "line,description\n1,Zoë".encode("latin-1")
    body = check(film.upload("line-producer", "budget", text), 400, "malformed-body")
    assert "byte 21" in body["detail"] and "UTF-8" in body["detail"]


@pytest.mark.parametrize(
    "token", ["x", "budget:1", "budget:" + "0" * 36 + ":0:-1", "schedule:" + "0" * 36 + ":0:1"]
)
def test_a_token_that_is_none_is_refused(film: Film, token: str) -> None:
    answer = film.client(LEADER).get(f"{film.home}/budget-status", params={"after": token})
    check(answer, 400, "bad-token")


def test_a_token_of_a_partition_that_the_log_has_not_is_refused(film: Film) -> None:
    log, incarnation, _, position = film.appoint("director").headers["reel-token"].split(":")
    after = f"{log}:{incarnation}:99:{position}"
    answer = film.client(LEADER).get(f"{film.home}/budget-status", params={"after": after})
    check(answer, 400, "bad-token")


@pytest.mark.parametrize("path", ["budget-status", None])
def test_a_token_of_a_log_that_was_restored_is_gone(film: Film, path: str | None) -> None:
    log, _, partition, position = film.appoint("director").headers["reel-token"].split(":")
    after = f"{log}:{uuid.uuid4()}:{partition}:{position}"
    where = f"{film.home}/{path}" if path else "/v1/budget-status"
    check(film.client(LEADER).get(where, params={"after": after}), 410, "restored-since")


def _expired(instance: Instance) -> str:
    return f"Bearer {instance.issuer.token('Rosalind Achterberg', timedelta(minutes=-1))}"


def _unsigned(instance: Instance) -> str:
    token = instance.issuer.token("Rosalind Achterberg")
    claims = jwt.decode(token, options={"verify_signature": False})
    return "Bearer " + jwt.encode(claims, "", algorithm="none")


@pytest.mark.parametrize(
    "authorization",
    [
        lambda _: None,
        lambda _: "",
        lambda _: "Bearer",
        lambda _: "Bearer garbage",
        lambda _: "Basic cm9zYWxpbmQ6bGlnaHRob3VzZQ==",
        lambda instance: instance.issuer.token("Rosalind Achterberg"),
        _expired,
        _unsigned,
    ],
    ids=["none", "empty", "no token", "garbage", "basic", "no scheme", "expired", "unsigned"],
)
def test_who_cannot_say_who_he_is_is_not_authenticated(
    film: Film, instance: Instance, authorization: Callable[[Instance], str | None]
) -> None:
    given = authorization(instance)
    headers = {} if given is None else {"Authorization": given}
    answer = httpx.get(f"{instance.url}{film.home}/budget-status", headers=headers)
    check(answer, 401, "not-authenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_member_without_the_role_is_told_which_it_takes(film: Film) -> None:
    answer = film.give("director", "budget/submit-budget")
    detail = check(answer, 403, "role-missing")["detail"]
    assert "line-producer" in detail and "you are director" in detail


def test_an_unknown_production_is_unheard_of_for_two_seconds_and_then_not_there(
    film: Film,
) -> None:
    unknown = f"/v1/productions/{uuid.uuid4()}"
    client = film.client(LEADER)
    for path in ("budget-status", "budget/trail", "approval/trail"):
        check(client.get(f"{unknown}/{path}"), 503, "production-unheard-of")
    wait_for("404", lambda: client.get(f"{unknown}/approval/trail").status_code == 404)
    for path in ("budget-status", "budget/trail", "approval/trail"):
        check(client.get(f"{unknown}/{path}"), 404, "no-such-production")


def test_a_path_that_leads_nowhere_is_not_there(film: Film) -> None:
    for path in ("/v1/nothing", f"{film.home}/catering/trail"):
        check(film.client(LEADER).get(path), 404, "not-there")
    for command in ("lock-budget", "return-budget", "refuse-reaction"):
        answer = film.client(LEADER).post(f"{film.home}/budget/{command}", json={})
        check(answer, 404, "not-there")


def test_a_method_that_a_path_has_not_is_refused(film: Film) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = film.client(LEADER).request(method, f"{film.home}/{OPEN}")
        check(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == "POST"


def test_a_rule_of_the_trade_refuses_with_a_cure(film: Film) -> None:
    body = {"commitment": "PO-404", "closed_on": "2026-10-02"}
    answer = film.give("line-producer", "budget/close-commitment", body)
    assert "raise it first" in check(answer, 409, "commitment-is-unknown")["detail"]


def test_a_body_larger_than_a_command_is_too_large(film: Film) -> None:
    answer = film.upload("line-producer", "budget", b"x" * (COMMAND_BYTES_MAX + 1))
    check(answer, 413, "too-large")


def test_a_body_in_pieces_without_a_length_is_too_large_all_the_same(film: Film) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(COMMAND_BYTES_MAX // 65_536 + 1):
            yield b"x" * 65_536

    answer = film.client("line-producer").post(
        f"{film.home}/import/budget", content=pieces(), headers={"Content-Type": "text/csv"}
    )
    assert "content-length" not in answer.request.headers
    check(answer, 413, "too-large")


def test_a_body_of_just_the_size_of_a_command_is_read(film: Film) -> None:
    answer = film.upload("line-producer", "budget", b"x" * COMMAND_BYTES_MAX)
    check(answer, 422, "bad-file")


def test_an_event_larger_than_kafka_accepts_is_too_large_and_not_recorded(film: Film) -> None:
    rules = [{"roles": ["executive-producer"] * 30_000}]
    before = film.trail("approval")
    body = {"subject_kind": "script", "rules": rules}
    answer = film.give(LEADER, "approval/set-approval-rules", body)
    assert "524,288" in check(answer, 413, "too-large")["detail"]
    assert film.trail("approval") == before


def test_a_body_of_another_form_is_invalid_and_names_each_field(film: Film) -> None:
    line = LIGHTHOUSE_LINE | {"amount": "four", "colour": "red"}
    body = check(film.give("line-producer", "budget/add-line", {"line": line}), 422, "invalid")
    assert {one["where"] for one in body["problems"]} == {"body.line.amount", "body.line.colour"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("budget-status", {"limit": "201"}),
        ("budget-status", {"limit": "0"}),
        ("budget-status", {"by": "department"}),
        ("approval/trail", {"limit": "201"}),
        ("approval/trail", {"after": "-1"}),
        ("approval/trail", {"after": str(2**63)}),
        ("../../budget-status", {"cursor": "6f0c2b1e"}),
        ("../6F0C2B1E-8D3A-4C57-9B64-2E71D5A0F38C/budget-status", {}),
    ],
)
def test_a_query_of_another_form_is_invalid(film: Film, path: str, query: dict[str, str]) -> None:
    check(film.client(LEADER).get(f"{film.home}/{path}", params=query), 422, "invalid")


def test_a_file_with_problems_is_bad_and_lists_them(film: Film) -> None:
    answer = film.upload("line-producer", "costs", "date,entry\n")
    body = check(answer, 422, "bad-file")
    assert {one["column"] for one in body["problems"]} == {
        "reference",
        "account",
        "amount",
        "against",
        "description",
    }


def test_a_key_used_again_with_another_body_is_told(film: Film) -> None:
    rules = {"subject_kind": "poster", "rules": [{"roles": ["producer"]}]}
    film.give(LEADER, "approval/set-approval-rules", rules, "poster")
    answer = film.give(LEADER, "approval/set-approval-rules", rules | {"rules": []}, "poster")
    check(answer, 422, "idempotency-key-reused")


def test_a_text_that_looks_sealed_is_refused(film: Film) -> None:
    body = {"person": "wren", "role": "auditor", "name": "sealed:1:wren:AAAA"}
    check(film.give(LEADER, "approval/appoint-person", body), 422, "text-looks-sealed")


def test_a_write_that_has_not_arrived_in_time_is_not_yet_there(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nowhere(*_: object) -> int:
        return 0

    monkeypatch.setattr(query, "AFTER_SECONDS_MAX", 0.1)
    monkeypatch.setattr(query.Reader, "_position", nowhere)
    token = film.appoint("director").headers["reel-token"]
    answer = film.client(LEADER).get(f"{film.home}/budget-status", params={"after": token})
    check(answer, 503, "not-yet")


def test_a_write_that_was_never_recorded_is_not_waited_for(film: Film) -> None:
    token = film.appoint("director").headers["reel-token"].rpartition(":")[0] + ":999999999"
    answer = film.client(LEADER).get(f"{film.home}/budget-status", params={"after": token})
    assert "log ends at" in check(answer, 400, "bad-token")["detail"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UndecodableEvent("budget.CostPosted version 1: input_value='Wicks'"), "fact-unreadable"),
        (UnknownEvent("budget.MoonBought version 1 is not in the catalogue"), "newer-writer"),
    ],
    ids=["spoilt", "of a newer build"],
)
async def test_a_fact_that_this_build_cannot_read_is_told_and_not_quoted(
    error: Exception, expected: str
) -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    async def asked() -> None:
        raise error

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reel") as client:
        body = check(await client.get("/"), 503, expected)
    assert "Wicks" not in body["detail"]


def test_a_read_model_that_stands_still_says_so_and_why(film: Film, instance: Instance) -> None:
    instance.sql(
        "UPDATE budget_status_v2.place SET stopped = %s WHERE log = 'budget' AND partition = %s",
        "the fold failed: a storm",
        partition_of(film.production, PARTITIONS),
    )
    wait_for("the stop", lambda: httpx.get(f"{instance.url}/readyz").status_code == 503)
    client = film.client(LEADER)
    try:
        body = check(client.get(f"{film.home}/budget-status"), 503, "stopped")
        assert "a storm" in body["detail"]
        ready = httpx.get(f"{instance.url}/readyz")
        assert ready.status_code == 503 and "the fold failed" in ready.text
        assert "a storm" not in ready.text, "anybody may read it, so it quotes nothing of a fact"
        assert client.get(f"{film.home}/budget/trail").status_code == 200
    finally:
        instance.sql("UPDATE budget_status_v2.place SET stopped = NULL")
    wait_for("readiness", lambda: httpx.get(f"{instance.url}/readyz").status_code == 200)
    assert client.get(f"{film.home}/budget-status").status_code == 200


def test_a_read_model_that_is_being_filled_shows_nothing_and_says_how_far_it_is(
    film: Film, instance: Instance
) -> None:
    client = film.client(LEADER)
    instance.sql("DELETE FROM views.live WHERE projection = 'budget_status'")
    try:
        body = check(client.get(f"{film.home}/budget-status"), 503, "building")
        assert "budget_status_v2 is being filled: " in body["detail"]
    finally:
        instance.sql("INSERT INTO views.live VALUES ('budget_status', 'budget_status_v2')")
    assert client.get(f"{film.home}/budget-status").status_code == 200


def test_a_process_of_another_build_than_readers_read_names_the_version(
    film: Film, instance: Instance
) -> None:
    client = film.client(LEADER)
    instance.sql(
        "INSERT INTO views.version (schema, projection, code, rebuild, followed) "
        "VALUES ('budget_status_v9', 'budget_status', 9, 1, true)"
    )
    instance.sql("UPDATE views.live SET schema = 'budget_status_v9' WHERE schema ~ '^budget_st'")
    try:
        for path in (f"{film.home}/budget-status", "/v1/budget-status"):
            body = check(client.get(path), 503, "other-version")
            assert "readers read budget_status_v9" in body["detail"]
        wait_for("it", lambda: "budget_status_v9" in httpx.get(f"{instance.url}/readyz").text)
    finally:
        instance.sql("UPDATE views.live SET schema = 'budget_status_v2' WHERE schema ~ '_v9$'")
        instance.sql("DELETE FROM views.version WHERE schema = 'budget_status_v9'")
    wait_for("readiness", lambda: httpx.get(f"{instance.url}/readyz").status_code == 200)
    assert client.get(f"{film.home}/budget-status").status_code == 200


class Stuck(MemoryStore):
    """A log whose appends wait until they are let go."""

    def __init__(self, log: str) -> None:
        super().__init__(log)
        self.go = asyncio.Event()

    async def append(self, batch: Any) -> Any:
        await self.go.wait()
        return await super().append(batch)


async def test_a_full_queue_is_overloaded_and_those_in_it_are_answered(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "WAITING_COMMANDS_MAX", 4)
    monkeypatch.setattr(committing, "BATCH_COMMANDS_MAX", 1)
    store = Stuck("approval")
    async with desk(store, instance.settings) as at:
        try:
            sent = [asyncio.create_task(at.open(str(uuid.uuid4()))) for _ in range(12)]
            refused, waiting = await asyncio.wait(
                sent, return_when=asyncio.FIRST_COMPLETED, timeout=LIVE_SECONDS_MAX
            )
            assert refused and waiting
        finally:
            store.go.set()
        for answer in await asyncio.gather(*refused):
            check(answer, 503, "overloaded")
        late = await asyncio.gather(*waiting)
        assert sum(one.status_code == 201 for one in late) >= 4
        assert {one.status_code for one in late} <= {201, 503}
        assert len(store.events) == 2 * sum(one.status_code == 201 for one in late)


class Broken(MemoryStore):
    """A log that fails in a way that nobody foresaw, or whose database is away for appends."""

    error: Exception = RuntimeError("secret of the machine room")

    async def append(self, batch: Any) -> Any:
        raise self.error


async def test_an_unforeseen_error_tells_nothing_of_the_inside(instance: Instance) -> None:
    async with desk(Broken("approval"), instance.settings) as at:
        answer = await at.open(str(uuid.uuid4()))
    check(answer, 500, "unforeseen")
    assert "secret" not in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("the cable"),
        asyncpg.DiskFullError("could not extend file: No space left on device"),
        asyncpg.OutOfMemoryError("out of memory"),
        asyncpg.TransactionTimeoutError("terminating connection due to transaction timeout"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_log_that_does_not_answer_in_time_is_unavailable(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(committing, "UNAVAILABLE_AFTER_SECONDS", 0.2)
    store = Broken("approval")
    store.error = error
    async with desk(store, instance.settings) as at:
        check(await at.open(str(uuid.uuid4())), 503, "log-unavailable")


async def test_an_identity_provider_that_is_away_is_told_apart_from_a_bad_token(
    instance: Instance,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    keys = JwksKeys(f"http://127.0.0.1:{port}/jwks")
    verifier = Verifier("reel-embedded", "reel", keys)
    async with desk(MemoryStore("approval"), instance.settings, verifier=verifier) as at:
        check(await at.open(str(uuid.uuid4())), 503, "identity-provider-away")


@asynccontextmanager
async def cable(host: str, port: int) -> AsyncIterator["Cable"]:
    held = Cable(host, port)
    await held.plug()
    yield held
    await held.pull()


class Cable:
    """A TCP connection to the database's server that can be pulled."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def plug(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._to)
        self._writers += [writer, back]
        await asyncio.gather(_copy(reader, back), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def test_a_database_that_is_away_is_told_and_the_same_key_succeeds_when_it_is_back(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "UNAVAILABLE_AFTER_SECONDS", 0.2)
    server = conninfo_to_dict(str(instance.settings.database_url))
    production = str(uuid.uuid4())
    async with (
        cable(str(server["host"]), int(str(server["port"]))) as line,
        asyncpg.create_pool(
            instance.settings.database_url,
            host="127.0.0.1",
            port=line.port,
            min_size=1,
            max_size=4,
        ) as pool,
        desk(PostgresStore("approval", pool), instance.settings) as at,
    ):
        assert (await at.open(str(uuid.uuid4()))).status_code == 201
        await line.pull()
        for _ in range(2):
            check(await at.open(production, "open"), 503, "database-away")
        await line.plug()
        deadline = time.monotonic() + 30
        while (answer := await at.open(production, "open")).status_code == 503:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        assert answer.status_code == 201
        assert len(answer.json()["events"]) == 2
        assert len(await at.handler.store.of_production(production)) == 2


def test_a_caller_who_hangs_up_in_the_middle_of_a_file_records_nothing(
    film: Film, instance: Instance
) -> None:
    """What arrived of it reads as a whole file with fewer rows."""
    text = (
        b"date,entry,reference,account,amount,against,description\n"
        b"2026-09-07,commit,PO-77,1401,140000.00,,Deal memo\n"
    )
    before = film.trail("budget")
    host, port = instance.url.removeprefix("http://").split(":")
    token = instance.issuer.token("Lucille Brandauer")
    head = (
        f"POST {film.home}/import/costs HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/csv\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(text) + 60}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as caller:
        caller.sendall(head.encode() + text)
        time.sleep(0.2)
    time.sleep(0.5)
    assert film.trail("budget") == before
