"""The stage: the sample's files, its people at their work, and what they hear of the logs."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from events.names import id_of
from runtime.cli.client import Client, Refused, wait_until

SAMPLE = Path(__file__).resolve().parents[3] / "samples" / "the-last-lighthouse"

Told = Callable[[str], None]
Fact = dict[str, Any]

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
UNHEARD_OF = "no-such-production"
MAY_NOT_DECIDE = "role-may-not-decide"
TRIES_MAX = 100
_FROM_TODAY = re.compile(r"today(?:\+(\d+))?")


class Stage:
    """One production, spoken to by its people, who are named by their roles.

    Dates that the files write as `today+14` are days after the film was opened, so that playing
    it again another day says the same.
    """

    def __init__(
        self,
        told: Told,
        id_of_name: Callable[[str], str],
        client_of_name: Callable[[str], Client],
    ) -> None:
        self.told = told
        self.id_of_name = id_of_name
        self._client_of_name = cache(client_of_name)
        self.about = json.loads((SAMPLE / "production.json").read_text())
        self.production: str = self.about.pop("production")
        self.home = f"/v1/productions/{self.production}"
        self.team = list(rows("team.csv"))
        self.name_of = {member["role"]: member["name"] for member in reversed(self.team)}
        self.today = date.max
        self._heard: dict[str, list[Fact]] = {}

    def as_(self, role: str) -> Client:
        """The client of the person in that role."""
        return self._client_of_name(self.name_of[role])

    def give(self, role: str, command: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """The answer to `room/command`, with its key."""
        client, dated = self.as_(role), self.dated(body)
        return patiently(lambda: client.command(f"{self.home}/{command}", dated, key))

    def upload(self, role: str, what: str, file: str, media_type: str) -> dict[str, Any]:
        """The answer to one of the sample's files."""
        client, text = self.as_(role), (SAMPLE / file).read_bytes()
        return patiently(
            lambda: client.upload(f"{self.home}/import/{what}", text, what, media_type)
        )

    def id(self, *words: str) -> str:
        """The id of something in this production that the files give a name."""
        return id_of("demo", self.production, *words)

    def dated(self, value: Any) -> Any:
        """The same with every `today+14` as a date."""
        match value:
            case dict():
                return {name: self.dated(one) for name, one in value.items()}
            case list():
                return [self.dated(one) for one in value]
            case str() if found := _FROM_TODAY.fullmatch(value):
                return self.day(int(found[1] or 0)).isoformat()
            case _:
                return value

    def day(self, days: int) -> date:
        """So many days after the film was opened."""
        return self.today + timedelta(days=days)

    def facts(self, log: str, type_: str | None = None) -> list[Fact]:
        """What a log holds of this production by now, or those facts of one type."""
        heard = self._heard.setdefault(log, [])
        last = heard[-1]["position"] if heard else 0
        auditor = self.as_("completion-guarantor")
        heard += patiently(
            lambda: list(auditor.pages(f"{self.home}/{log}/trail", "events", after=last))
        )
        return [one for one in heard if type_ in (None, one["type"])]

    def await_fact(self, log: str, type_: str, **data: Any) -> Fact:
        """The first fact of that type with these data, once it is recorded."""
        return self.await_facts(log, type_, 1, **data)[0]

    def await_facts(self, log: str, type_: str, count: int, **data: Any) -> list[Fact]:
        """Facts of that type with these data, once there are so many."""
        found: list[Fact] = []

        def look() -> bool:
            found[:] = [one for one in self.facts(log, type_) if _has(one["data"], data)]
            return len(found) >= count

        wait_until(f"{count} x {type_}", look, PATIENCE_SECONDS)
        return found

    def request_for(self, content_hash: str) -> str:
        """The request that a room opened for exactly that content, once it is there."""
        asked: list[str] = []

        def look() -> bool:
            asked.extend(
                one["data"]["request"]
                for one in self.facts("approval", "approval.ApprovalRequested")
                if one["data"]["subject"]["content_hash"] == content_hash
            )
            return bool(asked)

        wait_until("the approval request", look, PATIENCE_SECONDS)
        return asked[0]

    def grant(self, role: str, request: str, note: str | None = None) -> None:
        """Somebody agrees to what is asked; if need be once the room has heard of his delegation.

        A refusal is kept under its key, so that each try has a key of its own.
        """
        body = {"request": request} | ({"note": note} if note else {})
        for number in count():
            try:
                self.give(role, "approval/grant-approval", body, f"grant {request} {role} {number}")
            except Refused as refused:
                if refused.code != MAY_NOT_DECIDE or number == TRIES_MAX:
                    raise
                time.sleep(0.2)
            else:
                return


def patiently(call: Callable[[], T]) -> T:
    """The answer, once the room that is asked has heard of the production and its team."""
    for attempt in Retrying(
        retry=retry_if_exception(lambda error: getattr(error, "code", "") == UNHEARD_OF),
        wait=wait_fixed(0.05),
        stop=stop_after_delay(PATIENCE_SECONDS),
        reraise=True,
    ):
        with attempt:
            answer = call()
    return answer


def rows(file: str) -> Iterator[dict[str, str]]:
    """The rows of one of the sample's CSV files."""
    with (SAMPLE / file).open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def document(file: str) -> Any:
    """What one of the sample's JSON files holds."""
    return json.loads((SAMPLE / file).read_text(encoding="utf-8"))


def hash_of(text: str) -> str:
    """What names exactly this text."""
    return sha256(text.encode()).hexdigest()


def spoken(eighths: int) -> str:
    """Eighths of a page as they are read aloud: 11 is `1 3/8`."""
    whole, rest = divmod(eighths, 8)
    parts = [str(whole)] * bool(whole) + [f"{rest}/8"] * bool(rest)
    return " ".join(parts) or "0"


def _has(data: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(data.get(name) == value for name, value in wanted.items())
