"""The load of HTTP, in a process of its own: so many connections, each asking one thing after the
other, and what it cost this process, so that everyone sees that it was not the bottleneck."""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import orjson
import uvloop

from bench.client import Connection, Refused, request_of
from bench.figures import Figure, figure_of
from bench.recount import Acknowledged

NUMBER = "00000000"
"""Stands in a path's body and key for the number of the request, which is always as long."""


@dataclass(frozen=True)
class Asked:
    """What to ask of a server. `body` and `key` hold NUMBER; paths take turns, shared out among the
    connections."""

    url: str
    paths: Sequence[str]
    token: str | None
    body: str
    key: str
    first: int
    connections: int
    seconds: float
    status: int
    of_facts: bool


@dataclass(frozen=True)
class Answered(Figure):
    """What came of it; `busy` is the share of one processor that the generator took."""

    events: int
    ids: int
    busy: float


def run(asked: Asked) -> Answered:
    """Asks, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.generator"],
        input=json.dumps(asdict(asked)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Answered(**json.loads(done.stdout))


async def _run(asked: Asked) -> Answered:
    latencies: list[float] = []
    acknowledged = Acknowledged()
    numbers = itertools.count(asked.first)

    async def caller(share: int) -> None:
        connection = await Connection.to(asked.url)
        requests = _requests(asked, share, numbers)
        while (began_one := time.perf_counter()) < until:
            status, body = await connection.ask(next(requests))
            latencies.append(time.perf_counter() - began_one)
            if status != asked.status:
                raise Refused(status, body.decode())
            if asked.of_facts:
                acknowledged.add(fact["id"] for fact in orjson.loads(body)["events"])
        connection.close()

    busy, began = time.process_time(), time.perf_counter()
    until = began + asked.seconds
    await asyncio.gather(*(caller(share) for share in range(asked.connections)))
    took = time.perf_counter() - began
    return Answered(
        **asdict(figure_of(latencies, took)),
        events=acknowledged.events,
        ids=acknowledged.ids,
        busy=(time.process_time() - busy) / took,
    )


def _requests(asked: Asked, share: int, numbers: Iterator[int]) -> Iterator[bytes]:
    """One caller's requests: made once for each of his paths, and numbered."""
    own = asked.paths[share :: asked.connections] or asked.paths
    made = [request_of("POST", path, asked.token, asked.body.encode(), asked.key) for path in own]
    zeros = NUMBER.encode()
    for request in itertools.cycle(made):
        yield request.replace(zeros, b"%08d" % next(numbers))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(uvloop.run(_run(Asked(**json.load(sys.stdin)))))))
