"""The client takes for an answer only what one is."""

import asyncio
from itertools import repeat
from typing import Any

import httpx
import pytest

from tests.faults.client import Client, until

pytestmark = pytest.mark.unit

COST = "/v1/productions/5f0f2c4e-0000-4000-8000-000000000001/budget/post-cost"


async def test_what_was_asked_before_a_restore_is_no_answer_after_it() -> None:
    """The call is on its way when the history ends: the command is given again, and the read
    model's answer is dropped."""
    asked: list[httpx.Request] = []
    restored = asyncio.Event()

    async def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        told: dict[str, Any] = {"call": len(asked), "rows": []}
        await restored.wait()
        told["freshness"] = [{"log": "budget", "position": 7}]
        return httpx.Response(200, json=told)

    client = Client(lambda _: ["http://reel"], lambda: ["http://reel"], lambda _: "token")
    client._next_pool = repeat(httpx.AsyncClient(transport=httpx.MockTransport(answers)))
    given = asyncio.create_task(client.give("accountant", COST, {}, "key"))
    sampled = asyncio.create_task(client.sample(COST.split("/")[3], "accountant"))
    await until(lambda: len(asked) == 2, 5)
    client.histories += 1
    restored.set()
    await sampled
    assert (await given).answer["call"] == 3
    assert (client.samples, client.late) == ([], 2)
    await client.close()


async def test_what_is_asked_again_over_a_restore_counts_as_it_is_answered_then() -> None:
    """The restore took the first answer back, so that the command is a new one."""
    restored, answers = asyncio.Event(), iter(range(1, 9))

    async def answer(_: httpx.Request) -> httpx.Response:
        number = next(answers)
        if number > 1:
            await restored.wait()
        return httpx.Response(201, json={"events": [{"position": 10 * number}]})

    client = Client(lambda _: ["http://reel"], list, lambda _: "token")
    client._next_pool = repeat(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    sent = await client.give("accountant", COST, {}, "key")
    again = asyncio.create_task(client.repeat(sent))
    await asyncio.sleep(0)
    client.book.remove(sent)
    client.histories += 1
    restored.set()
    await again
    assert ([one.answer["events"][0]["position"] for one in client.book], client.trouble) == (
        [30],
        [],
    )
    await client.close()
