"""A command of `reel` waits for no other one's libraries."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from runtime.cli import app
from runtime.cli.commands import PLACES, made

pytestmark = pytest.mark.unit

HEAVY = ["aiokafka", "asyncpg", "fastapi", "faststream", "psycopg"]
PROGRAM = f"""
import sys
from runtime.cli import app
try:
    app(sys.argv[1:])
except SystemExit:
    pass
print([name for name in {HEAVY} if name in sys.modules])
"""


def loaded_by(*words: str) -> str:
    """Which of the heavy libraries a command has imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("words", [("status", "--help"), ("timeline", "--help"), ("token", "-h")])
def test_who_asks_a_question_does_not_wait_for_servers_libraries(words: tuple[str, ...]) -> None:
    assert loaded_by(*words) == "[]"


def test_who_serves_does() -> None:
    assert loaded_by("serve", "--help") == str(HEAVY)


@pytest.mark.parametrize("name", PLACES)
def test_a_command_goes_by_the_name_that_it_is_called_by(name: str) -> None:
    assert made(name).name == name
    assert made(name).help


def test_a_word_that_is_no_command_is_answered_with_the_nearest_one() -> None:
    done = CliRunner().invoke(app, ["statu"])
    assert done.exit_code == 2
    assert "Did you mean 'status'?" in done.stderr
