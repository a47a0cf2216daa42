"""Thousands want the same thing at once: one of them has it, and everybody is told so."""

import asyncio
import time
import uuid
from collections import Counter

import pytest

from tests.faults.client import Sent
from tests.faults.probing import Crew, alike, cost, figure, line, opened
from tests.faults.run import FULL, Run, thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration]

COMMANDS = 2_000 if FULL else 120
"""How many want the same."""
AT_ONCE = 150 if FULL else 60


async def test_two_thousand_commands_want_one_stream(world: World) -> None:
    """Two services decide about one budget, each on a state that the other has just changed."""
    async with under_load(world, "conflicting commands", films=1) as run:
        second = await world.start("serve")
        film = Crew("wanted", str(uuid.uuid4()))
        await opened(run.client, world, film)
        before = figure(world.running("serve"), "reel_conflicts_total", log="budget")
        await _one_line(run, film)
        await _one_submission(run, film)
        fault = run.faults[-1]
        after = figure(world.running("serve"), "reel_conflicts_total", log="budget")
        assert after > before, "no decision was ever made on a state that was stale"
        await world.stop(second)
        run.recovers(fault, time.monotonic())


async def _one_line(run: Run, film: Crew) -> None:
    """The same line from everybody, and a line of one's own from every tenth."""
    fault = run.fault(f"{COMMANDS} commands for one line")

    async def give(number: int) -> Sent:
        one = line("wall", f"{number}.00") if number % 10 else line(f"L{number}")
        return await film.give(run.client, "planner", "budget/add-line", {"line": one})

    answers = Counter((sent.status, sent.code) for sent in await alike(COMMANDS, AT_ONCE, give))
    own = len(range(0, COMMANDS, 10))
    fault.hits = int(answers == {(201, ""): own + 1, (409, "line-exists"): COMMANDS - own - 1})
    assert fault.hits, answers


async def _one_submission(run: Run, film: Crew) -> None:
    """The first is recorded; to all others there is nothing to do."""
    fault = run.fault(f"{COMMANDS} submissions of one version")

    async def give(_: int) -> Sent:
        return await film.give(run.client, "planner", "budget/submit-budget", {})

    answers = Counter((sent.status, sent.code) for sent in await alike(COMMANDS, AT_ONCE, give))
    fault.hits = int(answers == {(201, ""): 1, (200, ""): COMMANDS - 1})
    assert fault.hits, answers


@thorough
async def test_two_thousand_calls_under_one_key(world: World) -> None:
    """One effect and one answer, whichever service is asked; and another body is told apart."""
    async with under_load(world, "one key", films=1) as run:
        second = await world.start("serve")
        film = Crew("repeated", str(uuid.uuid4()))
        await opened(run.client, world, film)
        fault = run.fault(f"{COMMANDS} calls under one key")

        async def give(_: int) -> Sent:
            return await film.give(
                run.client, "accountant", "budget/post-cost", cost("INV-1"), key="one key"
            )

        sent = await alike(COMMANDS, AT_ONCE, give)
        assert {one.status for one in sent} == {201}
        assert all(one.answer == sent[0].answer for one in sent)
        fault.hits = len({event["id"] for one in sent for event in one.events})
        other = cost("INV-2")
        refused = await asyncio.gather(
            *(
                film.give(run.client, "accountant", "budget/post-cost", other, key="one key")
                for _ in range(20)
            )
        )
        assert {(one.status, one.code) for one in refused} == {(422, "idempotency-key-reused")}
        await world.stop(second)
        run.recovers(fault, time.monotonic())
