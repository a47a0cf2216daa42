"""How the command line calls: what passes is waited out under one key, what does not is told."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from runtime.cli import client as calling
from runtime.cli.client import Client, Refused

pytestmark = pytest.mark.unit

URL = "http://127.0.0.1:9"
PAUSES_MAX = 12


class Server:
    """Answers what it is told to, in turn, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.asked: list[httpx.Request] = []
        self._answers = iter(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return next(self._answers)


def not_now(code: str, after: str = "1") -> httpx.Response:
    return httpx.Response(503, json={"code": code}, headers={"Retry-After": after})


def done() -> httpx.Response:
    return httpx.Response(201, json={"events": []})


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """What it would have slept."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert len(slept) <= PAUSES_MAX

    monkeypatch.setattr("tenacity.nap.time.sleep", sleep)
    yield slept


def client_of(server: Server) -> Client:
    client = Client(URL, "token")
    client._http = httpx.Client(base_url=URL, transport=httpx.MockTransport(server))
    return client


def give(server: Server) -> Any:
    return client_of(server).command("/v1/productions/x/approval/erase-person", {"person": "p"})


def test_a_command_that_is_sent_again_is_the_same_command(pauses: list[float]) -> None:
    server = Server(not_now("log-unavailable"), not_now("log-unavailable"), done())
    assert give(server) == {"events": []}
    keys = [request.headers["Idempotency-Key"] for request in server.asked]
    assert len(keys) == 3 and len(set(keys)) == 1
    other = Server(done())
    give(other)
    assert other.asked[0].headers["Idempotency-Key"] != keys[0]


def test_it_waits_longer_from_time_to_time_and_no_longer_than_it_is_asked_to(
    pauses: list[float],
) -> None:
    give(Server(*(not_now("not-yet") for _ in range(7)), not_now("overloaded", "3"), done()))
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 3.0]


@pytest.mark.parametrize("code", sorted(calling.FOR_SOMEBODY_TO_MEND))
def test_what_does_not_pass_is_told_at_once(code: str, pauses: list[float]) -> None:
    with pytest.raises(Refused) as refused:
        give(Server(not_now(code, "60")))
    assert (refused.value.code, pauses) == (code, [])


def test_it_gives_up_in_the_end(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(Refused) as refused:
        give(Server(not_now("not-yet")))
    assert (refused.value.status, pauses) == (503, [])
