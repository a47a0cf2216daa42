"""A client that works through faults and keeps its own book of what it was told.

Every command has an Idempotency-Key and is sent again under it until it is answered. What the
client does follows from its seed alone; when it does it follows from the faults.
"""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from itertools import cycle
from typing import Any

import httpx

ANSWER_SECONDS_MAX = 300.0
AGAIN_SECONDS = 0.1
PACE_SECONDS = 0.15
CONNECTIONS, POOLS = 800, 16
"""How many a client may have at once; httpx looks through a pool for every request."""

Body = dict[str, Any]

_NOT_HEARD_OF_YET = ("no-such-production", "role-missing")


@dataclass
class Sent:
    """One command in the book: what was asked, and the answer that counts."""

    key: str
    path: str
    person: str
    body: Body
    attempts: int = 0
    status: int = 0
    answer: Body = field(default_factory=dict)
    replayed: bool = False
    first_sent_at: float = 0.0
    answered_at: float = 0.0

    @property
    def events(self) -> list[Body]:
        found: list[Body] = self.answer.get("events", [])
        return found

    @property
    def production(self) -> str:
        return self.path.split("/")[3]

    @property
    def room(self) -> str:
        return self.path.split("/")[4]

    @property
    def code(self) -> str:
        return str(self.answer.get("code", ""))


@dataclass(frozen=True)
class Sample:
    """An answer of the read model, to be held against the log later."""

    production: str
    position: int
    status: Body
    rows: list[Body]
    token_position: int | None = None


async def until(what: Callable[[], bool], seconds: float) -> None:
    """Waits until `what()`; raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s")
        await asyncio.sleep(0.02)


class Unanswered(Exception):
    """A command had no answer for longer than any fault lasts."""


class Client:
    """Calls whichever servers answer now, as several people; `book` has everything it was told.

    `serving` names the servers of a room's commands, `querying` those of the read models.
    """

    def __init__(
        self,
        serving: Callable[[str], Sequence[str]],
        querying: Callable[[], Sequence[str]],
        token_of: Callable[[str], str],
    ) -> None:
        self.book: list[Sent] = []
        self.samples: list[Sample] = []
        self.trouble: list[str] = []
        self._serving = serving
        self._querying = querying
        self._token_of = token_of
        self.in_flight: Counter[str] = Counter()
        """By the URL of a server, how many commands it has been given and not answered."""
        self.histories = 0
        """How often a restore has ended a history: what was asked before is no answer after it."""
        self.late = 0
        """How many answers of a history came in when it had ended."""
        self._turn = 0
        self._pools = [
            httpx.AsyncClient(
                timeout=httpx.Timeout(20, connect=2),
                limits=httpx.Limits(max_connections=CONNECTIONS // POOLS),
            )
            for _ in range(POOLS)
        ]
        self._next_pool = cycle(self._pools)

    async def close(self) -> None:
        for pool in self._pools:
            await pool.aclose()

    @property
    def answered(self) -> int:
        """How many commands were answered."""
        return sum(1 for sent in self.book if sent.status)

    async def give(
        self, person: str, path: str, body: Body, key: str, *, impatient: bool = False
    ) -> Sent:
        """Gives a command until it is answered. An impatient one drops its first call at once."""
        sent = Sent(key, path, person, body, first_sent_at=time.monotonic())
        self.book.append(sent)
        if impatient:
            sent.attempts += 1
            await self._call(sent, timeout=0.004)
        await self._until_answered(sent)
        return sent

    async def repeat(self, sent: Sent) -> None:
        """Gives an answered command again, and notes an answer that differs."""
        again = Sent(sent.key, sent.path, sent.person, sent.body, first_sent_at=time.monotonic())
        history = self.histories
        await self._until_answered(again)
        if history != self.histories and sent not in self.book:
            # A restore took the first answer back meanwhile; this is the one that counts.
            self.book.append(again)
            return
        sent.replayed = True
        if "token" not in sent.answer:  # it names a history that a restore has ended
            again.answer = {name: said for name, said in again.answer.items() if name != "token"}
        if (again.status, again.answer) != (sent.status, sent.answer):
            self.trouble.append(
                f"I4: {sent.path} under {sent.key} was answered {sent.status} {sent.answer}, and "
                f"then {again.status} {again.answer}"
            )

    async def _until_answered(self, sent: Sent) -> None:
        while True:
            sent.attempts += 1
            answer = await self._call(sent)
            if answer is not None:
                sent.status, sent.answer = answer
                sent.answered_at = time.monotonic()
                return
            if time.monotonic() - sent.first_sent_at > ANSWER_SECONDS_MAX:
                self.trouble.append(f"{sent.path} under {sent.key} was never answered")
                raise Unanswered(sent.path)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _call(self, sent: Sent, **options: Any) -> tuple[int, Body] | None:
        """The answer, if it is one: a 503 is none, nor is that a room has not heard of a team."""
        url, history = "", self.histories
        try:
            url = self._one_of(self._serving(sent.room))
            self.in_flight[url] += 1
            answer = await next(self._next_pool).post(
                url + sent.path,
                json=sent.body,
                headers={
                    "Authorization": f"Bearer {self._token_of(sent.person)}",
                    "Idempotency-Key": sent.key,
                },
                **options,
            )
            body = answer.json()
        except (httpx.TransportError, LookupError, ValueError):
            return None
        finally:
            self.in_flight[url] -= 1
        if self._is_late(history):
            return None
        if answer.status_code >= 500:
            if answer.status_code != 503:
                self.trouble.append(f"{sent.path} was answered {answer.status_code} {body}")
            return None
        if body.get("code") in _NOT_HEARD_OF_YET:
            return None
        return answer.status_code, body

    async def sample(self, production: str, person: str, token: str | None = None) -> None:
        """Asks the read model once, whatever it is able to answer now."""
        query: Body = {"by": "account", "limit": 200} | ({"after": token} if token else {})
        history = self.histories
        try:
            answer = await next(self._next_pool).get(
                f"{self._one_of(self._querying())}/v1/productions/{production}/budget-status",
                params=query,
                headers={"Authorization": f"Bearer {self._token_of(person)}"},
            )
            body = answer.json()
        except (httpx.TransportError, LookupError, ValueError):
            return
        if self._is_late(history):
            return
        if answer.status_code != 200:
            if answer.status_code not in (404, 503):
                self.trouble.append(f"budget-status was answered {answer.status_code} {body}")
            return
        (at,) = [one["position"] for one in body["freshness"] if one["log"] == "budget"]
        needed = int(token.rpartition(":")[2]) if token else None
        if needed is not None and at < needed:
            self.trouble.append(f"I7: budget-status answered after={token} from position {at}")
        self.samples.append(Sample(production, at, body, body["rows"], needed))

    async def sample_all(self) -> None:
        """Asks the read model once of every production that has costs in the book."""
        asked = {
            sent.production: sent.person
            for sent in self.book
            if sent.status == 201 and sent.path.endswith("/budget/post-cost")
        }
        for production, person in asked.items():
            await self.sample(production, person)

    def _is_late(self, asked_in: int) -> bool:
        self.late += asked_in != self.histories
        return asked_in != self.histories

    def _one_of(self, urls: Sequence[str]) -> str:
        """The next of them in turn; raises `LookupError` where none answers."""
        if not urls:
            raise LookupError("nobody answers now")
        self._turn += 1
        return urls[self._turn % len(urls)]


class Load:
    """Some films being planned and paid for, until told to stop."""

    def __init__(
        self, client: Client, person_of: Callable[[str], str], seed: str, films: int = 3
    ) -> None:
        self.client = client
        self.seed = seed
        self.films = [Film(self, person_of, f"{seed}/{number}") for number in range(films)]
        self.stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Load":
        self._tasks = [
            asyncio.create_task(life)
            for film in self.films
            for life in (film.planned(), film.paid(0), film.paid(1), film.watched())
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Lets every command that is on its way be answered; nothing new is begun."""
        self.stopping = True
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, BaseException):
                self.client.trouble.append(f"the client failed: {result!r}")
        self._tasks = []

    async def until(self, more: int, seconds: float = 60.0) -> None:
        """Until so many more commands are answered; raises `TimeoutError`."""
        goal = self.client.answered + more
        await until(lambda: self.client.answered >= goal, seconds)

    async def until_under_way(self, seconds: float = 60.0) -> None:
        """Until every film has a draft and costs."""
        await until(lambda: all(film.drafted and film.postings for film in self.films), seconds)


class Film:
    """One production as its people work on it; what they know is what they were answered."""

    def __init__(self, load: Load, person_of: Callable[[str], str], name: str) -> None:
        self.name = name
        self.production = _uuid8("film", name)
        self.drafted = False
        self.commitments: dict[str, tuple[str, Decimal]] = {}
        self.postings: dict[str, tuple[str, str]] = {}
        self.lines: dict[str, Body] = {}
        self._load = load
        self._client = load.client
        self._person_of = person_of
        self._keys = 0
        self._version = 1

    def people(self, role: str) -> str:
        return f"{role} of {self.name}"

    async def planned(self) -> None:
        """Opens the film, then plans, submits, decides and plans again."""
        chance = random.Random(f"{self.name} plan")
        await self._open(chance)
        rounds = (*[self._edit] * 6, self._decide)
        while not self._load.stopping:
            await chance.choice(rounds)(chance)
            await self._pause(chance)

    async def paid(self, number: int) -> None:
        """Raises commitments, posts and reverses costs, estimates; two do so at once."""
        chance = random.Random(f"{self.name} costs {number}")
        if not await self._reached_draft():
            return
        count = 0
        while not self._load.stopping:
            count += 1
            await self._spend(chance, f"{number}-{count}")
            await self._pause(chance)

    async def watched(self) -> None:
        """Reads the status now and then."""
        chance = random.Random(f"{self.name} watch")
        if not await self._reached_draft():
            return
        while not self._load.stopping:
            await self._client.sample(self.production, self.people("accountant"))
            await asyncio.sleep(0.3 + 0.4 * chance.random())

    async def _reached_draft(self) -> bool:
        await until(lambda: self.drafted or self._load.stopping, ANSWER_SECONDS_MAX)
        return self.drafted

    async def _pause(self, chance: random.Random) -> None:
        await asyncio.sleep(PACE_SECONDS * (0.5 + chance.random()))

    async def _give(
        self, chance: random.Random, role: str, command: str, body: Body, log: str = "budget"
    ) -> Sent:
        """Gives one command; now and then drops the first answer, or asks again afterwards."""
        self._keys += 1
        sent = await self._client.give(
            self.people(role),
            f"/v1/productions/{self.production}/{log}/{command}",
            body,
            f"{self.name} {self._keys}",
            impatient=chance.random() < 0.05,
        )
        if chance.random() < 0.05:
            await self._client.repeat(sent)
        return sent

    async def _open(self, chance: random.Random) -> None:
        await self._give(
            chance,
            "producer",
            "open-production",
            {
                "title": f"Film {self.name}",
                "kind": "feature",
                "currency": "USD",
                "time_zone": "America/New_York",
                "name": f"The producer of {self.name}",
            },
            "approval",
        )
        for role, appointed in (("planner", "line-producer"), ("accountant", _ACCOUNTANT)):
            body = {"person": self._person_of(self.people(role)), "role": appointed}
            await self._give(chance, "producer", "appoint-person", body, "approval")
        if chance.random() < 0.5:
            rules = {"subject_kind": "budget", "rules": [{"roles": ["executive-producer"]}]}
            await self._give(chance, "producer", "set-approval-rules", rules, "approval")
        headings = [
            {"category": number, "name": name, "level": level} for number, name, level in _CHART
        ]
        await self._give(chance, "planner", "draft-budget", {"categories": headings})
        self.drafted = True

    async def _edit(self, chance: random.Random) -> None:
        what = chance.choices(("add", "revise", "remove", "import"), (6, 3, 1, 1))[0]
        line = chance.choice(sorted(self.lines)) if self.lines else None
        if what == "add" or line is None:
            await self._plan(chance, "add-line", self._line(chance, f"L{self._keys}"))
        elif what == "revise":
            await self._plan(chance, "revise-line", self._line(chance, line))
        elif what == "remove":
            body = {"line": line, "reason": "written out"}
            sent = await self._give(chance, "planner", "remove-line", body)
            if sent.status == 201:
                self.lines.pop(line, None)
        else:
            lines = [self._line(chance, f"L{self._keys}-{n}") for n in range(5)]
            sent = await self._give(chance, "planner", "import-budget", {"lines": lines})
            if sent.status == 201:
                self.lines |= {one["line"]: one for one in lines}

    async def _plan(self, chance: random.Random, command: str, line: Body) -> None:
        sent = await self._give(chance, "planner", command, {"line": line})
        if sent.status == 201:
            self.lines[line["line"]] = line

    def _line(self, chance: random.Random, line: str) -> Body:
        category = chance.choice(_CHART)[0]
        return {
            "line": line,
            "category": category,
            "account": f"{category[:2]}{chance.randrange(3) + 1:02}",
            "description": f"A line of {self.name}",
            "amount": str(chance.randrange(1, 20)),
            "unit": "day",
            "x": "1",
            "rate": f"{chance.randrange(100, 90000) / 100:.2f}",
        }

    async def _decide(self, chance: random.Random) -> None:
        """Submits, has it granted or refused, and begins the next version."""
        sent = await self._give(chance, "planner", "submit-budget", {})
        if sent.status != 201:
            return
        version = sent.events[0]["data"]["version"]
        asked = {"request": _uuid8("approval", self.production, "budget", "budget", str(version))}
        if chance.random() < 0.25:
            await self._reopen(chance)
            return
        refused = chance.random() < 0.25
        while not self._load.stopping:
            if refused:
                body = asked | {"reason": "too dear"}
                sent = await self._give(chance, "producer", "refuse-approval", body, "approval")
            else:
                sent = await self._give(chance, "producer", "grant-approval", asked, "approval")
            if sent.code != "request-is-unknown":
                break
            await asyncio.sleep(AGAIN_SECONDS)
        if chance.random() < 0.7:
            await self._settled(chance)
        await self._reopen(chance)

    async def _settled(self, chance: random.Random) -> None:
        """Until the budget room has answered the decision."""
        while not self._load.stopping:
            await asyncio.sleep(AGAIN_SECONDS)
            line = self._line(chance, f"L{self._keys}")
            sent = await self._give(chance, "planner", "add-line", {"line": line})
            if sent.code != "budget-is-submitted":
                return

    async def _reopen(self, chance: random.Random) -> None:
        await self._give(chance, "planner", "reopen-budget", {"reason": "the script moved on"})

    async def _spend(self, chance: random.Random, number: str) -> None:
        what = chance.choices(
            ("commit", "post", "against", "reverse", "close", "estimate", "many", "again"),
            (6, 4, 8, 2, 1, 2, 2, 1),
        )[0]
        match what:
            case "commit":
                await self._commit(chance, f"PO-{number}")
            case "against" if self.commitments:
                await self._post(chance, f"INV-{number}", chance.choice(sorted(self.commitments)))
            case "reverse" if self.postings:
                await self._reverse(chance, f"REV-{number}", chance.choice(sorted(self.postings)))
            case "close" if self.commitments:
                commitment = chance.choice(sorted(self.commitments))
                body = {"commitment": commitment, "closed_on": _DAY}
                sent = await self._give(chance, "accountant", "close-commitment", body)
                if sent.status == 201:
                    self.commitments.pop(commitment, None)
            case "estimate":
                body = {
                    "estimate": f"EST-{number}",
                    "account": self._account(chance),
                    "basis": chance.choice(("etc", "efc", "variance")),
                    "value": self._amount(chance),
                    "reason": "as it looks now",
                    "estimated_on": _DAY,
                }
                await self._give(chance, "accountant", "set-estimate", body)
            case "many":
                entries = [
                    {"entry": "post", **self._posting(chance, f"INV-{number}-{n}", None)}
                    for n in range(chance.randrange(2, 12))
                ]
                await self._give(chance, "accountant", "record-costs", {"entries": entries})
            case "again" if self.postings:
                # The same business id with other content, under a key of its own.
                posting = chance.choice(sorted(self.postings))
                body = self._posting(chance, posting, None) | {"description": "another"}
                await self._give(chance, "accountant", "post-cost", body)
            case _:
                await self._post(chance, f"INV-{number}", None)

    async def _commit(self, chance: random.Random, commitment: str) -> None:
        account, amount = self._account(chance), self._amount(chance)
        body = {
            "commitment": commitment,
            "account": account,
            "amount": amount,
            "description": "a promise",
            "raised_on": _DAY,
        }
        sent = await self._give(chance, "accountant", "raise-commitment", body)
        if sent.status == 201:
            self.commitments[commitment] = (account, Decimal(amount))

    async def _post(self, chance: random.Random, posting: str, commitment: str | None) -> None:
        body = self._posting(chance, posting, commitment)
        sent = await self._give(chance, "accountant", "post-cost", body)
        if sent.status == 201:
            self.postings[posting] = (body["account"], body["amount"])
            if chance.random() < 0.1:
                await self._client.sample(
                    self.production, self.people("accountant"), sent.answer.get("token")
                )

    async def _reverse(self, chance: random.Random, reversal: str, posting: str) -> None:
        body = {
            "reversal": reversal,
            "posting": posting,
            "reason": "posted in error",
            "reversed_on": _DAY,
        }
        sent = await self._give(chance, "accountant", "reverse-cost", body)
        if sent.status == 201:
            self.postings.pop(posting, None)

    def _posting(self, chance: random.Random, posting: str, commitment: str | None) -> Body:
        account, amount = self._account(chance), self._amount(chance)
        if commitment is not None:
            account, raised = self.commitments[commitment]
            amount = f"{raised * chance.randrange(5, 60) / 100:.2f}"
        return {
            "posting": posting,
            "account": account,
            "amount": amount,
            "commitment": commitment,
            "description": "an invoice",
            "incurred_on": _DAY,
        }

    def _account(self, chance: random.Random) -> str:
        return f"{chance.choice(_CHART)[0][:2]}{chance.randrange(3) + 1:02}"

    def _amount(self, chance: random.Random) -> str:
        return f"{chance.randrange(10_000, 9_000_000) / 100:.2f}"


_DAY = "2026-09-08"
_ACCOUNTANT = "production-accountant"
_CHART = (
    ("1400", "Cast", "atl"),
    ("2300", "Set construction", "production"),
    ("3300", "Camera", "production"),
    ("5100", "Editing", "post"),
)


def _uuid8(*words: str) -> str:
    """The id that Reel derives from words (RFC 9562 version 8)."""
    digest = bytearray(sha256("\x1f".join(words).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(digest)))
