"""What a process takes from the network at once, through a real socket."""

import asyncio
import json
import select
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from runtime.importing import ROWS_MAX
from runtime.people.identity import TOKEN_CHARACTERS_MAX
from runtime.web import edge
from runtime.web.edge import Edge
from runtime.web.head import HEAD_BYTES_MAX
from tests.http.instance import Instance

pytestmark = pytest.mark.integration


@contextmanager
def line_to(instance: Instance) -> Iterator[socket.socket]:
    address = urlsplit(instance.url)
    with socket.create_connection((address.hostname or "", address.port or 0), 30) as line:
        yield line


def answer_on(line: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and problem, once the other side has closed or said all."""
    said = b""
    while b"\r\n\r\n" not in said or not said.rstrip().endswith(b"}"):
        part = line.recv(65_536)
        if not part:
            break
        said += part
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("pieces", [1, 40])
def test_a_head_without_end_is_not_gathered(instance: Instance, pieces: int) -> None:
    """In one piece it is seen whole; in many it is never seen to its end."""
    with line_to(instance) as line:
        line.sendall(b"GET /livez HTTP/1.1\r\nHost: here\r\n")
        for n in range(pieces):
            value = b"x" * (2 * HEAD_BYTES_MAX // pieces)
            line.sendall(b"X-%d: %b\r\n" % (n, value))
        if pieces == 1:
            line.sendall(b"\r\n")
        status, problem = answer_on(line)
    assert (status, problem["code"]) == (431, "head-too-large")
    assert f"{HEAD_BYTES_MAX:,}" in problem["detail"]
    assert "shorten" in problem["detail"]


def test_who_is_refused_before_the_end_of_his_head_can_read_why(instance: Instance) -> None:
    with line_to(instance) as line:
        line.sendall(b"GET /livez HTTP/1.1\r\nX-1: %b" % (b"x" * 2 * HEAD_BYTES_MAX))
        select.select([line], [], [], 30)
        for _ in range(5):
            line.sendall(b"x" * 1_000)
            time.sleep(0.02)
        status, _ = answer_on(line)
    assert status == 431


def test_a_head_of_just_that_size_is_taken(instance: Instance) -> None:
    answer = httpx.get(f"{instance.url}/livez", headers={"X-1": "x" * (HEAD_BYTES_MAX - 300)})
    assert answer.status_code == 200


def test_a_body_that_hardly_comes_is_given_up(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "BODY_SECONDS_MAX", 0.3)
    path = f"/v1/productions/{uuid.uuid4()}/approval/open-production"
    with line_to(instance) as line:
        line.sendall(
            b"POST %b HTTP/1.1\r\nHost: here\r\nContent-Length: 90\r\n\r\n{" % path.encode()
        )
        status, problem = answer_on(line)
    assert (status, problem["code"]) == (408, "body-too-slow")
    assert "send it again" in problem["detail"]


def test_bodies_that_are_too_much_together_are_turned_away(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what they weighed is given back: the next one is looked at."""
    monkeypatch.setattr(edge, "BODIES_BYTES_MAX", 10_000)
    path = f"/v1/productions/{uuid.uuid4()}/approval/open-production"
    client = instance.as_("Maya Lindqvist")
    for _ in range(3):
        answer = client.post(path, content=b"x" * 10_001)
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        assert answer.headers["Retry-After"] == "1"
        for _ in range(3):
            assert client.post(path, content=b"x" * 9_000).json()["code"] == "malformed-body"


def test_a_token_longer_than_any_is_not_looked_at(instance: Instance) -> None:
    answer = httpx.get(
        f"{instance.url}/v1/productions/{uuid.uuid4()}/budget/trail",
        headers={"Authorization": "Bearer " + "x" * (TOKEN_CHARACTERS_MAX + 1)},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
    assert f"{TOKEN_CHARACTERS_MAX:,}" in answer.json()["detail"]


def test_a_key_longer_than_any_is_invalid(instance: Instance) -> None:
    answer = instance.as_("Maya Lindqvist").post(
        f"/v1/productions/{uuid.uuid4()}/approval/open-production",
        json={},
        headers={"Idempotency-Key": "k" * 201},
    )
    assert answer.status_code == 422
    assert any("idempotency-key" in str(one).lower() for one in answer.json()["problems"])


def test_a_file_of_more_rows_than_are_read_is_bad(instance: Instance) -> None:
    film = instance.film()
    header = b"level,category,category_name,account,line,description,amount,unit,x,rate,subtotal\n"
    row = b"production,2300,Set construction,2301,2301-%d,A wall,1,day,1,10.00,10.00\n"
    rows = b"".join(row % n for n in range(ROWS_MAX + 1))
    answer = film.upload("line-producer", "budget", header + rows)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-file")
    assert f"{ROWS_MAX:,}" in answer.text or str(ROWS_MAX) in answer.text


async def test_a_request_that_a_stop_cuts_off_is_told_to_come_again() -> None:
    """As uvicorn does it that has waited long enough; what is cut off is no error of the process."""

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    transport = httpx.ASGITransport(Edge(endless, requests_max=1))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        for _ in range(2):
            asked = asyncio.create_task(client.get("/slow"))
            await asyncio.sleep(0.01)
            asked.cancel("timeout graceful shutdown exceeded")
            answer = await asked
            assert (answer.status_code, answer.json()["code"]) == (503, "stopping")
            assert answer.headers["Retry-After"] == "1"


async def test_more_requests_than_are_admitted_are_turned_away_at_once() -> None:
    """Health is told all the same, and whoever was admitted is answered."""
    go = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await go.wait()
        await PlainTextResponse("done")(scope, receive, send)

    transport = httpx.ASGITransport(Edge(slow, requests_max=3))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        admitted = [asyncio.create_task(client.get("/slow")) for _ in range(3)]
        await asyncio.sleep(0)
        refused = await asyncio.gather(*(client.get("/slow") for _ in range(20)))
        assert {(one.status_code, one.json()["code"]) for one in refused} == {(503, "overloaded")}
        assert {one.headers["Retry-After"] for one in refused} == {"1"}
        assert (await client.get("/readyz")).text == "done"
        go.set()
        assert {one.text for one in await asyncio.gather(*admitted)} == {"done"}
        assert (await client.get("/slow")).text == "done"
