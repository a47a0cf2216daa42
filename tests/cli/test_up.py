"""One home, really started: found by a second start, killed in the middle of work, and stopped.

One story: each test goes on from where the one before it ended.
"""

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import psutil
import pytest

from runtime import rooms
from runtime.cli.demo import _story
from runtime.people.identity import Issuer
from tests.cli.conftest import LIVE_SECONDS_MAX, STOP_SECONDS_MAX, Job, Shell, eventually
from tests.http.film import ABOUT, CAST, LEADER, LIGHTHOUSE_LINE, NAMES, SAMPLE, Film, good
from tests.http.instance import settings_of
from tests.journey.naive import tables_of

pytestmark = [pytest.mark.integration, pytest.mark.long]

FILM = ABOUT["production"]


@dataclass
class Running:
    """The home's instance: its process, where it answers, and all that works for it."""

    shell: Shell
    up: Job
    url: str
    family: list[psutil.Process]
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        return self.up.process.pid

    def film(self, production: str = "") -> Film:
        """A film on this instance."""
        issuer = Issuer(settings_of(self.shell.home, "", "", "reel"))

        def as_(name: str) -> httpx.Client:
            if name not in self._clients:
                headers = {"Authorization": f"Bearer {issuer.token(name)}"}
                self._clients[name] = httpx.Client(base_url=self.url, headers=headers, timeout=30)
            return self._clients[name]

        return Film(as_, issuer.person, production)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@contextmanager
def started(shell: Shell, **variables: str) -> Iterator[Running]:
    """`reel up --json`, once it announces where it answers."""
    up = shell.start("up", "--json", **variables)
    eventually("the announcement", lambda: "}" in up.out() or up.process.poll() is not None)
    assert up.process.poll() is None, up.err()
    family = psutil.Process(up.process.pid).children(recursive=True)
    running = Running(shell, up, json.loads(up.out())["url"], family)
    yield running
    running.close()


@dataclass
class Book:
    """What a client was promised: for each key the events that were acknowledged."""

    film: Film
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add_line(self, key: str) -> httpx.Response:
        self.asked.append(key)
        line = {"line": LIGHTHOUSE_LINE | {"line": key, "rate": f"{len(self.asked)}.25"}}
        answer = self.film.give(LEADER, "budget/add-line", line, key)
        if answer.is_success:
            self.acknowledged[key] = [one["id"] for one in answer.json()["events"]]
        return answer


@pytest.fixture(scope="module")
def first(shell: Shell) -> Iterator[Running]:
    with started(shell) as running:
        yield running


@pytest.fixture(scope="module")
def book(first: Running) -> Book:
    film = first.film()
    film.open()
    good(film.give(LEADER, "budget/draft-budget", {"categories": [CAST]}, "draft"))
    return Book(film)


def test_a_started_instance_answers_at_the_url_that_it_announces(first: Running) -> None:
    eventually("readiness", lambda: httpx.get(f"{first.url}/readyz").status_code == 200)
    assert httpx.get(f"{first.url}/docs").status_code == 200
    assert first.url.startswith("http://127.0.0.1:")
    assert any("java" in one.name() for one in first.family)
    assert any("postgres" in one.name() for one in first.family)


def test_a_second_start_finds_the_first_and_says_so(first: Running) -> None:
    told = first.shell.reel("up")
    assert told.exit_code == 0
    assert "up already" in told.stdout and first.url in told.stdout
    assert str(first.pid) in told.stdout
    card = json.loads(first.shell.reel("up", "--json").stdout)
    assert (card["already"], card["url"], card["pid"]) == (True, first.url, first.pid)
    assert first.up.process.poll() is None


def test_before_anything_was_opened_the_answers_are_empty(first: Running) -> None:
    told = first.shell.reel("status", "--as", "Nobody yet")
    assert told.exit_code == 0
    assert "on no production yet" in told.stdout
    told = first.shell.reel("status", "--as", "Nobody yet", "--json")
    assert json.loads(told.stdout)["rows"] == []


def test_a_production_that_is_not_there_is_refused_in_words(first: Running) -> None:
    told = first.shell.reel("status", FILM, "--as", "Nobody yet")
    assert told.exit_code == 1
    assert "No such production" in told.stderr
    told = first.shell.reel("trail", "6f0c", "--as", "Nobody yet", "--json")
    assert (told.exit_code, json.loads(told.stdout)["code"]) == (1, "invalid")


def test_killed_in_the_middle_of_a_demo_nothing_acknowledged_is_missing(
    first: Running, book: Book
) -> None:
    """`reel up` is killed with -9 while the demo's story and a client of ours are at work."""
    middle, killed = threading.Event(), threading.Event()
    ended: list[Exception] = []

    def play() -> None:
        def told(step: str) -> None:
            if step == "Importing the budget":
                middle.set()

        try:
            _story(settings_of(first.shell.home, "", "", "reel"), first.url, told)
        except httpx.TransportError as error:
            ended.append(error)

    def write() -> None:
        number = 0
        while not killed.is_set():
            number += 1
            try:
                book.add_line(f"key {number}")
            except httpx.TransportError as error:
                ended.append(error)
                return

    threads = [threading.Thread(target=work) for work in (play, write)]
    for thread in threads:
        thread.start()
    assert middle.wait(LIVE_SECONDS_MAX)
    eventually("some lines", lambda: len(book.acknowledged) >= 10)
    first.up.process.kill()
    first.up.wait()
    for thread in threads:
        thread.join(LIVE_SECONDS_MAX)
    killed.set()
    assert ended
    assert len(book.asked) == len(book.acknowledged) + 1 > 10


@pytest.fixture(scope="module")
def second(shell: Shell, first: Running) -> Iterator[Running]:
    assert first.up.process.poll() is not None
    with started(shell) as running:
        yield running


def test_the_next_start_takes_over_what_the_killed_one_left(
    first: Running, second: Running, book: Book
) -> None:
    assert second.url == first.url
    film = book.film = second.film(book.film.production)
    stored = [entry["id"] for entry in film.trail("budget")]
    for events in book.acknowledged.values():
        assert len(events) == 1
        assert stored.count(events[0]) == 1
    # The last one had no answer: sent again it is in, once, whichever of both it was.
    (unanswered,) = set(book.asked) - set(book.acknowledged)
    number = int(unanswered.split()[1])
    line = LIGHTHOUSE_LINE | {"line": unanswered, "rate": f"{number}.25"}
    good(film.give(LEADER, "budget/add-line", {"line": line}, unanswered))
    lines = [
        entry["data"]["line"]["line"]
        for entry in film.trail("budget")
        if entry["type"] == "budget.LineAdded"
    ]
    assert lines == book.asked


def test_read_models_are_the_fold_of_the_log_after_the_kill(second: Running, book: Book) -> None:
    film = book.film
    token = good(
        film.give(LEADER, "budget/add-categories", {"categories": [CAST | {"category": "9"}]})
    ).json()["token"]
    status = film.status("account", after=token)
    accounts = tables_of("budget_status", film.trail("budget"))["account"]
    assert {(row["key"],) for row in status["rows"]} == set(accounts)
    for row in status["rows"]:
        account = accounts[row["key"],]
        for figure in ("working", "original", "approved", "committed", "cost_to_date"):
            assert Decimal(row[figure]) == account[figure]
    count = len(book.asked)
    # 4 weeks at (1.25 + 2.25 + … + count.25).
    assert Decimal(status["total"]["working"]) == 4 * (
        Decimal(count * (count + 1)) / 2 + Decimal("0.25") * count
    )
    eventually("readiness", lambda: httpx.get(f"{second.url}/readyz").status_code == 200)


def test_the_demo_goes_on_where_it_was_killed_and_played_again_records_nothing(
    second: Running,
) -> None:
    shown = demo(second.shell)
    positions = [len(told(second.shell, log)) for log in rooms.services()]
    again = demo(second.shell)
    assert [len(told(second.shell, log)) for log in rooms.services()] == positions
    assert again["audit"] == shown["audit"]
    assert again["final_status"]["rows"] == shown["final_status"]["rows"]
    assert shown["status"]["total"]["variance"].startswith("21161.")
    assert "chain holds" in shown["audit"]


def demo(shell: Shell) -> dict[str, Any]:
    played = shell.reel("demo", "--json")
    assert played.exit_code == 0, played.output
    shown: dict[str, Any] = json.loads(played.stdout)
    return shown


def told(shell: Shell, log: str) -> list[dict[str, Any]]:
    done = shell.reel("trail", FILM, "--service", log, "--as", NAMES[LEADER], "--json")
    assert done.exit_code == 0, done.output
    events: list[dict[str, Any]] = json.loads(done.stdout)["events"]
    return events


def test_the_status_is_printed_as_a_table_and_as_json(second: Running) -> None:
    leader = NAMES[LEADER]
    printed = second.shell.reel("status", FILM, "--as", leader)
    assert printed.exit_code == 0
    assert "The Last Lighthouse" in printed.stdout and "83,843" in printed.stdout
    for by, first_key in (("level", "atl"), ("category", "1100"), ("account", "1101")):
        done = second.shell.reel("status", FILM, "--by", by, "--as", leader, "--json")
        answer = json.loads(done.stdout)
        assert (answer["by"], answer["rows"][0]["key"]) == (by, first_key)
    # More than one page of accounts, as one answer.
    assert len(answer["rows"]) > 200 and answer["next"] is None
    slate = json.loads(second.shell.reel("status", "--as", leader, "--json").stdout)
    assert FILM in [row["production"] for row in slate["rows"]]
    assert "Slate" in second.shell.reel("status", "--as", leader).stdout
    wrong = second.shell.reel("status", FILM, "--by", "moon", "--as", leader)
    assert (wrong.exit_code, "by" in wrong.stderr) == (1, True)


def test_the_trail_tells_who_did_what_because_of_what_and_checks_the_chains(
    second: Running,
) -> None:
    done = second.shell.reel("trail", FILM, "--as", NAMES["auditor"])
    assert done.exit_code == 0
    assert "budget.BudgetLocked" in done.stdout and "approval.ApprovalGranted" in done.stdout
    assert "chain holds" in " ".join(done.stdout.split())
    whole = json.loads(second.shell.reel("trail", FILM, "--as", NAMES["auditor"], "--json").stdout)
    times = [entry["recorded_at_us"] for entry in whole["events"]]
    assert times == sorted(times)
    assert whole["audit"].count("chain holds") == len(rooms.services())
    (locked,) = [one for one in whole["events"] if one["type"] == "budget.BudgetLocked"]
    assert locked["because"] in [
        one.because for one in rooms.services()["budget"].policies.reactions
    ]
    assert locked["cause"]["type"] == "approval.ApprovalGranted"
    assert " ".join(locked["because"].split()[:2]) in done.stdout, "the rest is on other lines"


def test_the_trail_shows_one_chain_as_a_tree(second: Running) -> None:
    words = ("trail", FILM, "--as", NAMES["auditor"], "--tree", "--json")
    whole = json.loads(second.shell.reel(*words).stdout)["events"]
    (asked,) = [
        one
        for one in whole
        if one["type"] == "approval.ApprovalRequested"
        and one["data"]["subject"]["kind"] == "budget"
    ]
    assert asked["depth"] == 1
    told = json.loads(second.shell.reel(*words, "--of", asked["data"]["request"]).stdout)["events"]
    types = [one["type"].partition(".")[2] for one in told]
    assert types[:2] == ["BudgetSubmitted", "ApprovalRequested"]
    assert types[-1] == "BudgetLocked" and "BudgetDrafted" not in types
    nothing = second.shell.reel(*words, "--of", "no such request")
    assert (nothing.exit_code, "names it" in nothing.stderr) == (2, True)


def test_a_file_is_imported_once_and_a_wrong_one_is_told_cell_by_cell(
    second: Running, tmp_path: Any
) -> None:
    words = ("import", "costs", FILM, str(SAMPLE / "costs.csv"), "--as", "Lucille Brandauer")
    done = second.shell.reel(*words)
    assert done.exit_code == 0
    assert "recorded before" in done.stdout
    assert json.loads(second.shell.reel(*words, "--json").stdout)["events"] == []

    wrong = tmp_path / "costs.csv"
    text = (SAMPLE / "costs.csv").read_text()
    wrong.write_text(text.replace("2026-09-07,post,INV-2001", "7 Sep,post,INV-2001"))
    words = ("import", "costs", FILM, str(wrong), "--as", "Lucille Brandauer")
    before = len(told(second.shell, "budget"))
    done = second.shell.reel(*words)
    assert done.exit_code == 1
    assert "'7 Sep' is no date" in done.stderr and "YYYY-MM-DD" in done.stderr
    done = second.shell.reel(*words, "--json")
    assert done.exit_code == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert (problem["row"], problem["column"]) == (2, "date")
    assert len(told(second.shell, "budget")) == before
    done = second.shell.reel(*words[:-1], "Matteo Quillfeather")
    assert done.exit_code == 1


def test_a_token_from_the_environment_is_taken_as_well(second: Running) -> None:
    token = second.shell.reel("token", "--as", NAMES[LEADER]).stdout.strip()
    done = second.shell.reel("status", FILM, REEL_TOKEN=token, REEL_URL=second.url)
    assert done.exit_code == 0
    done = second.shell.reel("status", FILM, REEL_TOKEN="garbage", REEL_URL=second.url)
    assert done.exit_code == 1
    assert "Not authenticated" in done.stderr


def test_the_doctor_sees_what_is_up(second: Running) -> None:
    done = second.shell.reel("doctor", "--json")
    assert done.exit_code == 0
    found = {one["what"]: one["said"] for one in json.loads(done.stdout)}
    assert second.url in found["embedded instance"]


def test_stopped_by_sigterm_it_ends_in_time_and_leaves_nothing_running(second: Running) -> None:
    family = second.family + psutil.Process(second.pid).children(recursive=True)
    sent = time.monotonic()
    second.up.process.send_signal(signal.SIGTERM)
    assert second.up.wait() == 0
    assert time.monotonic() - sent < STOP_SECONDS_MAX
    eventually("the end of all", lambda: not second.shell.left_running(), 10)
    assert [one for one in family if one.is_running() and one.status() != "zombie"] == []
    assert "not up" in second.shell.reel("status", "--as", "Nobody").stderr
