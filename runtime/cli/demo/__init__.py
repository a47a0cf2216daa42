"""The sample film from greenlight to release, over the real HTTP API.

The story is told in scenes, one file each; every step has a key, so that playing it again records
nothing twice.
"""

import asyncio
from contextlib import ExitStack
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from runtime.cli.client import Client
from runtime.cli.demo import cut, deals, ending, money, plan, release, shoot, telling
from runtime.cli.demo.stage import Stage, Told
from runtime.cli.output import err, print_json
from runtime.instance import AlreadyUp, up
from runtime.people.identity import Issuer
from runtime.settings import Settings

STEPS = 55
"""About how many sentences the story has; the bar is full when it ends."""


async def play(settings: Settings, as_json: bool) -> None:
    """Plays the demo on the instance that is up, or on one that it starts and stops."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=False) as progress:
        task = progress.add_task("Starting", total=STEPS)

        def told(step: str) -> None:
            err.print(step, highlight=False, markup=False, soft_wrap=True)
            progress.update(task, description=step[:40])
            progress.advance(task)

        try:
            async with up(settings, told) as instance:
                told("Waiting until every part is ready")
                shown = await asyncio.to_thread(_story, settings, instance.url, told)
        except AlreadyUp as already:
            shown = await asyncio.to_thread(_story, settings, str(already.card["url"]), told)
        progress.update(task, completed=STEPS, description="Done")
    if as_json:
        print_json(shown)
    else:
        telling.show(shown)


def _story(settings: Settings, url: str, told: Told) -> dict[str, Any]:
    """Plays every scene on what answers at `url`; the answers at its end.

    `status` is the cost report after the fifth week; where the story was played before, it is as
    it has become since, as `final_status` is.
    """
    issuer = Issuer(settings)
    with ExitStack() as clients:
        stage = Stage(
            told=told,
            id_of_name=issuer.person,
            client_of_name=lambda name: clients.enter_context(Client(url, issuer.token(name))),
        )
        status = money.play(stage)
        plan.play(stage)
        deals.play(stage)
        shoot.play(stage)
        cut.play(stage)
        release.play(stage)
        return {"status": status, **ending.play(stage)}
