"""The sample film from its opening to the fifth cost report, over the real HTTP API."""

import asyncio
import csv
import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from runtime import rooms
from runtime.cli.client import Client, wait_until
from runtime.cli.output import err, print_json
from runtime.cli.work import audit_line
from runtime.instance import AlreadyUp, up
from runtime.people.identity import Issuer
from runtime.printing import out
from runtime.screens import Screen
from runtime.settings import Settings

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "the-last-lighthouse"

Told = Callable[[str], None]


async def play(settings: Settings, as_json: bool) -> None:
    """Plays the demo on the instance that is up, or on one that it starts and stops."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=False) as progress:
        task = progress.add_task("Starting", total=11)

        def told(step: str) -> None:
            progress.update(task, description=step)
            progress.advance(task)
            if not progress.console.is_terminal:
                err.print(step, highlight=False)

        try:
            async with up(settings, told) as instance:
                told("Waiting until every part is ready")
                shown = await asyncio.to_thread(_story, settings, instance.url, told)
        except AlreadyUp as already:
            shown = await asyncio.to_thread(_story, settings, str(already.card["url"]), told)
        progress.update(task, completed=11, description="Done")
    if as_json:
        print_json(shown)
        return
    _status().show(shown["status"])
    out.print(shown["audit"], highlight=False)


def _status() -> Screen:
    """The cost report, as its room shows it."""
    (screen,) = rooms.projections()["budget_status"].screens
    return screen


def _story(settings: Settings, url: str, told: Told) -> dict[str, Any]:
    """Every step has a key, so that playing it again records nothing twice."""
    issuer = Issuer(settings)
    with ExitStack() as clients:
        return _scenes(
            issuer.person,
            lambda name: clients.enter_context(Client(url, issuer.token(name))),
            told,
        )


def _scenes(
    id_of: Callable[[str], str], as_person: Callable[[str], Client], told: Told
) -> dict[str, Any]:
    about = json.loads((SAMPLE / "production.json").read_text())
    rows = (SAMPLE / "team.csv").read_text(encoding="utf-8").splitlines()
    team = list(csv.DictReader(rows))
    person = {member["role"]: member["name"] for member in reversed(team)}
    today = datetime.now(UTC).date().isoformat()

    def as_(role: str) -> Client:
        return as_person(person[role])

    production = about.pop("production")
    home = f"/v1/productions/{production}"
    producer, line_producer = as_("executive-producer"), as_("line-producer")
    accountant, guarantor = as_("production-accountant"), as_("completion-guarantor")

    told(f"Opening “{about['title']}” and appointing {len(team)} people")
    opened = about | {"name": person["executive-producer"]}
    producer.command(f"{home}/approval/open-production", opened, "open")
    for member in team:
        member_id = id_of(member["name"])
        producer.command(
            f"{home}/approval/appoint-person",
            {
                "person": member_id,
                "role": member["role"],
                "name": member["name"],
                # Where the film is still to come, its people are at work all the same.
                "starts": member["from"] if member["from"] <= today else None,
                "ends": member["until"] or None,
            },
            f"appoint {member_id} {member['role']}",
        )
    producer.command(f"{home}/approval/set-approval-rules", _RULES, "rules")

    told("Importing the budget")
    line_producer.upload(f"{home}/import/budget", (SAMPLE / "budget.csv").read_bytes(), "budget")
    told("Submitting it; the approval room opens a request for exactly this version")
    submitted = line_producer.command(f"{home}/budget/submit-budget", {}, "submit")
    request = _request_for(producer, home, submitted["events"][0]["data"]["content_hash"])
    told("The executive producer grants it; the budget locks")
    producer.command(f"{home}/approval/grant-approval", {"request": request}, "grant")
    path = _status().path.format(production=production)
    wait_until("the lock", lambda: producer.get(path)["locked_version"] == 1)

    told("Importing five weeks of costs")
    costs = accountant.upload(f"{home}/import/costs", (SAMPLE / "costs.csv").read_bytes(), "costs")
    told("Reading the budget status, and checking the chains as the guarantor would")
    status = guarantor.get(path, by="category", after=costs["token"])
    entries = [
        entry
        for log in ("approval", "budget")
        for entry in guarantor.pages(f"{home}/{log}/trail", "events")
    ]
    return {"status": status, "audit": audit_line(entries)}


_RULES = {
    "subject_kind": "budget",
    "rules": [
        {"at_least": "0", "below": "1000000", "roles": ["producer", "executive-producer"]},
        {"at_least": "1000000", "roles": ["executive-producer"]},
    ],
}


def _request_for(producer: Client, home: str, content_hash: str) -> str:
    """The open request for the budget with that content, once the policy has made it."""
    found: list[str] = []

    def look() -> bool:
        found.extend(
            entry["data"]["request"]
            for entry in producer.pages(f"{home}/approval/trail", "events")
            if entry["type"] == "approval.ApprovalRequested"
            and entry["data"]["subject"]["content_hash"] == content_hash
        )
        return bool(found)

    wait_until("the approval request", look)
    return found[0]
