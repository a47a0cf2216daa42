"""The command line where nothing is up: every error is a sentence with a cure, and an exit code."""

import base64
import http.server
import io
import json
import socket
import threading
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from events.envelope import BrokenChain
from runtime.cli.output import guarded
from runtime.printing import table
from tests.cli.conftest import Shell

pytestmark = pytest.mark.integration

FILM = "6f0c2b1e-8d3a-4c57-9b64-2e71d5a0f38c"


@pytest.fixture
def cold(tmp_path: Path) -> Shell:
    """A home in which nothing was ever started."""
    return Shell(tmp_path / "home")


def check(done: Result, exit_code: int, *said: str) -> None:
    """It ends with that code, and says it in words, never with a traceback."""
    assert done.exit_code == exit_code, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    for words in said:
        assert words in " ".join(done.stderr.split()), done.output


@pytest.mark.parametrize("words", [["status"], ["status", FILM], ["trail", FILM]])
def test_a_question_while_nothing_is_up_says_how_to_start_it(cold: Shell, words: list[str]) -> None:
    check(cold.reel(*words, "--as", "Rosalind"), 3, "not up", "`reel up`", "--url")
    assert not cold.home.exists(), "a question makes no installation"


def test_a_question_of_nobody_asks_who_it_is(cold: Shell) -> None:
    check(cold.reel("status", "--url", "http://127.0.0.1:9"), 2, "--as NAME", "REEL_TOKEN")


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://[", "http://127.0.0.1:x"])
def test_a_url_that_is_none_is_told(cold: Shell, url: str) -> None:
    done = cold.reel("status", "--as", "Rosalind", "--url", url)
    assert done.exit_code in (2, 3), done.output
    check(done, done.exit_code)
    assert len(done.stderr.strip()) > 10


def test_a_url_at_which_nobody_answers_is_not_reachable(cold: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    check(
        cold.reel("status", "--as", "Rosalind", "--url", f"http://127.0.0.1:{port}"), 3, "refused"
    )


def test_a_url_at_which_somebody_else_answers_is_told(cold: Shell) -> None:
    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>It works!</html>")

        def log_message(self, *_: object) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        done = cold.reel("status", "--as", "Rosalind", "--url", url)
        server.shutdown()
        thread.join()
    check(done, 3, url, "no Reel")


def test_a_token_is_made_without_anything_up_and_names_nobody(cold: Shell) -> None:
    done = cold.reel("token", "--as", "Rosalind Achterberg", "--hours", "1", "--json")
    check(done, 0)
    told = json.loads(done.stdout)
    assert told["hours"] == 1
    claims = told["token"].split(".")[1]
    body = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert body["sub"] == told["person"]
    assert body["exp"] - body["iat"] == 3600
    assert "osalind" not in json.dumps(body)
    plain = cold.reel("token", "--as", "rosalind achterberg")
    assert plain.exit_code == 0 and plain.stdout.count("\n") == 1 and plain.stdout.count(".") == 2


def test_a_token_of_nobody_or_for_no_time_is_refused(cold: Shell) -> None:
    check(cold.reel("token", "--as", "  "), 2, "name")
    for hours in ("0", "1000"):
        assert cold.reel("token", "--as", "Rosalind", "--hours", hours).exit_code == 2
    assert cold.reel("token").exit_code == 2


def test_where_a_provider_makes_the_tokens_none_is_made_here(cold: Shell) -> None:
    done = cold.reel("token", "--as", "Rosalind", REEL_JWKS_URL="http://127.0.0.1:1/jwks")
    check(done, 2, "REEL_JWKS_URL")
    asked = ("status", "--as", "Rosalind", "--url", "http://127.0.0.1:1")
    check(cold.reel(*asked, REEL_JWKS_URL="http://127.0.0.1:1/jwks"), 2, "provider")


def test_the_doctor_finds_a_cold_home_in_order(cold: Shell) -> None:
    done = cold.reel("doctor", "--json")
    check(done, 0)
    found = {one["what"]: (one["ok"], one["said"]) for one in json.loads(done.stdout)}
    assert found["embedded instance"] == (True, "not up")
    assert set(found) == {"Python", "embedded instance", "PostgreSQL", "Kafka"}
    assert "not up" in cold.reel("doctor").stdout
    assert not cold.home.exists()


def test_the_doctor_names_the_cure_for_servers_that_do_not_answer(cold: Shell) -> None:
    done = cold.reel(
        "doctor",
        "--json",
        REEL_DATABASE_URL="postgresql://reel@127.0.0.1:9/reel",
        REEL_KAFKA="127.0.0.1:9",
    )
    check(done, 3)
    found = {one["what"]: one for one in json.loads(done.stdout)}
    for what, variable in (("PostgreSQL", "REEL_DATABASE_URL"), ("Kafka", "REEL_KAFKA")):
        assert not found[what]["ok"] and variable in found[what]["cure"]


@pytest.mark.parametrize("words", [["serve", "catering"], ["relay", "x"], ["project", "weather"]])
def test_a_room_that_is_not_there_is_told_with_those_that_are(
    cold: Shell, words: list[str]
) -> None:
    check(cold.reel(*words), 2, "no room", "budget")


@pytest.mark.parametrize("words", [["migrate"], ["serve"], ["relay"], ["project"]])
def test_a_part_that_has_no_server_says_how_to_name_one(cold: Shell, words: list[str]) -> None:
    check(cold.reel(*words), 2, "REEL_DATABASE_URL", "reel up")


def test_a_file_that_is_not_there_is_told(cold: Shell) -> None:
    done = cold.reel("import", "budget", FILM, "/nowhere/budget.csv", "--as", "Ingrid")
    check(done, 2, "does not exist")


@pytest.mark.parametrize("words", [[], ["import"], ["-h"], ["up", "-h"], ["import", "costs", "-h"]])
def test_help_is_given_where_it_is_asked_for_or_nothing_is(cold: Shell, words: list[str]) -> None:
    done = cold.reel(*words)
    assert done.exit_code in (0, 2)
    assert "Usage" in done.output


def test_a_setting_that_is_wrong_is_told(cold: Shell) -> None:
    check(cold.reel("doctor", REEL_PORT="many"), 2, "port")


def test_a_broken_chain_is_a_refusal_in_words() -> None:
    runner, broken = CliRunner(), typer.Typer()

    @broken.command()
    @guarded
    def audit() -> None:
        raise BrokenChain("budget position 12 [/x] does not follow from the event before it")

    check(runner.invoke(broken), 1, "chain is broken", "position 12 [/x]")


def test_what_people_wrote_is_shown_as_they_wrote_it() -> None:
    """Brackets are no instructions to the terminal."""
    file = io.StringIO()
    written = "Cast [principal] [/red]"
    Console(file=file, width=80).print(table(written, ["Category"], [[written]]))
    assert file.getvalue().count(written) == 2
