"""The Last Lighthouse, opened anew under an id of its own, and its people at their work."""

import csv
import json
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from runtime import rooms

SAMPLE = Path(__file__).parents[2] / "samples" / "the-last-lighthouse"
BUDGET_CSV = (SAMPLE / "budget.csv").read_bytes()
COSTS_CSV = (SAMPLE / "costs.csv").read_bytes()
SCHEDULE_USS = (SAMPLE / "schedule.uss").read_bytes()
FILES = {"budget": BUDGET_CSV, "costs": COSTS_CSV, "schedule": SCHEDULE_USS}
"""A file of the sample film for everything that can be imported."""
ABOUT: dict[str, Any] = json.loads((SAMPLE / "production.json").read_text())
LATE = ("production-unheard-of", "currency-is-unknown", "not-yet")
STANDING = ("stopped", "parked")
PATIENCE_SECONDS = 30.0

with (SAMPLE / "team.csv").open(newline="", encoding="utf-8") as _file:
    NAMES: Mapping[str, str] = {
        row["role"]: row["name"] for row in reversed(list(csv.DictReader(_file)))
    }
"""One person for each role."""

LEADER = "executive-producer"

LIGHTHOUSE_LINE = {
    "line": "1401-02",
    "category": "1400",
    "account": "1401",
    "description": "Silas Marr, the keeper",
    "amount": "4",
    "unit": "week",
    "x": "1",
    "rate": "21500",
}
CAST = {"category": "1400", "name": "Cast", "level": "atl"}
PURCHASE_ORDER = {
    "commitment": "PO-1013",
    "account": "2302",
    "amount": "48750.00",
    "description": "Lantern room: steel frame, floor and glazing",
    "raised_on": "2026-09-08",
}
EXECUTIVE_PRODUCER_DECIDES = {
    "subject_kind": "budget",
    "rules": [{"at_least": "0", "roles": ["executive-producer"]}],
}


class Film:
    """`as_` answers a client of the person of that name, `person` that person's id."""

    def __init__(
        self, as_: Callable[[str], httpx.Client], person: Callable[[str], str], production: str = ""
    ) -> None:
        self.as_ = as_
        self.person = person
        self.production = production or str(uuid.uuid4())
        self.home = f"/v1/productions/{self.production}"
        self.trail_end: dict[str, int] = {}

    def open(self, **changes: Any) -> httpx.Response:
        """Rosalind opens it."""
        body = {name: ABOUT[name] for name in ("title", "kind", "currency", "time_zone")}
        return good(self.give(LEADER, "approval/open-production", body | changes))

    def appoint(self, role: str, name: str | None = None, **days: Any) -> httpx.Response:
        """Appoints the film's person for that role, or somebody of another name."""
        body = {"person": self.person(name or NAMES[role]), "role": role, **days}
        return good(self.give(LEADER, "approval/appoint-person", body))

    def appoint_everybody(self) -> None:
        """One person for every role, from now on; returns when every room has heard of them."""
        for role in NAMES:
            token = self.appoint(role).json()["token"]
        self.until_heard(token)

    def until_heard(self, token: str) -> None:
        """Until every room, and the read model, has heard what the token of the approval log
        stands for. A room hears one production's facts in order, so a newcomer proves it."""
        newcomer = f"Gaffer {uuid.uuid4()}"
        token = self.appoint("auditor", newcomer).json()["token"]
        self.ask(newcomer, "budget-status", after=token)
        for log in rooms.services():
            self.ask(newcomer, f"{log}/trail", limit=1)

    def client(self, who: str) -> httpx.Client:
        """The client of a role's person, or of somebody by his name."""
        return self.as_(NAMES.get(who, who))

    def give(
        self, who: str, command: str, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        """The answer to `room/command`, once the room has heard of the production."""
        headers = {"Idempotency-Key": key} if key else {}
        return patiently(
            lambda: self.client(who).post(
                f"{self.home}/{command}", json=body or {}, headers=headers
            )
        )

    def upload(
        self, who: str, what: str, text: bytes | str, key: str | None = None
    ) -> httpx.Response:
        """The answer to a file."""
        headers = {"Content-Type": "text/csv"} | ({"Idempotency-Key": key} if key else {})
        content = text.encode() if isinstance(text, str) else text
        return patiently(
            lambda: self.client(who).post(
                f"{self.home}/import/{what}", content=content, headers=headers
            )
        )

    def ask(self, who: str, path: str, **query: Any) -> dict[str, Any]:
        """The answer to a query; waits for a room that has not heard of `who` yet."""
        given = {name: value for name, value in query.items() if value is not None}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.client(who).get(f"{self.home}/{path}", params=given)
            passing = answer.status_code in (404, 503) and code(answer) not in STANDING
            if not passing or time.monotonic() > deadline:
                body: dict[str, Any] = good(answer).json()
                return body
            time.sleep(0.02)

    def pages(self, who: str, path: str, items: str, cursor: str, **query: Any) -> list[Any]:
        """Every item of every page."""
        found: list[Any] = []
        after = None
        while True:
            page = self.ask(who, path, **{cursor: after}, **query)
            found += page[items]
            after = page["next"]
            if after is None:
                return found

    def trail(self, log: str, who: str = LEADER) -> list[dict[str, Any]]:
        """Everything that the log holds of this film."""
        return self.pages(who, f"{log}/trail", "events", "after")

    def await_event(self, log: str, type_: str, number: int = 1) -> dict[str, Any]:
        """The film's first (or n-th) fact of that type, once a policy has brought it about."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = [entry for entry in self.trail(log) if entry["type"] == type_]
            if len(found) >= number:
                return found[number - 1]
            assert time.monotonic() < deadline, f"no {type_} number {number}"
            time.sleep(0.02)

    def types(self, log: str) -> list[str]:
        """The kinds of facts of this film, in order, without their file's name."""
        return [entry["type"].partition(".")[2] for entry in self.trail(log)]

    def status(self, by: str = "category", who: str = LEADER, **query: Any) -> dict[str, Any]:
        """The whole budget status."""
        rows = self.pages(who, "budget-status", "rows", "cursor", by=by, **query)
        return self.ask(who, "budget-status", by=by, **query) | {"rows": rows}


def patiently(call: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer, once it is none of those that pass by themselves."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = call()
        if code(answer) not in LATE or time.monotonic() > deadline:
            return answer
        time.sleep(0.02)


def code(answer: httpx.Response) -> str | None:
    """The stable code of a problem; None of anything else."""
    if answer.headers.get("content-type") != "application/problem+json":
        return None
    return str(answer.json()["code"])


def good(answer: httpx.Response) -> httpx.Response:
    """The answer, which is no problem."""
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return answer
