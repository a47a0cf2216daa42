"""A schedule that nobody on the project wrote, over HTTP and through the command line.

What is expected was counted on the file by other means.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.http.film import NAMES, Film, good
from tests.http.instance import Instance

FILE = next(
    (
        file
        for folder in Path(__file__).parents
        if (file := folder / "shared" / "data" / "uss" / "its-a-wonderful-life.uss").exists()
    ),
    None,
)
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        FILE is None,
        reason="the folder of real schedules, shared/data/uss, is not beside the checkout",
    ),
]
SECOND_PASS = "Second Pass"
MANAGER = "line-producer"


@pytest.fixture(scope="module")
def film(instance: Instance) -> Film:
    return instance.film()


@pytest.fixture
def reel(instance: Instance, tmp_path: Path) -> Any:
    """The command line, as the line producer, on the instance that is up."""

    def run(*words: str) -> Any:
        token = instance.issuer.token(NAMES[MANAGER])
        return Shell(tmp_path).reel(*words, REEL_URL=instance.url, REEL_TOKEN=token)

    return run


def test_the_command_line_imports_it_and_prints_what_found_no_place(film: Film, reel: Any) -> None:
    done = reel("import", "schedule", film.production, str(FILE))
    assert done.exit_code == 0, done.output
    imported = film.trail("schedule")[-1]
    assert imported["type"] == "schedule.ScheduleImported"
    assert (imported["data"]["breakdowns"], imported["data"]["eighths"]) == (174, 1_421)
    unplaced = imported["data"]["unplaced"]
    assert f"{len(unplaced)} not placed, and recorded as such" in done.stdout
    said = " ".join(done.stdout.split())
    for one in unplaced:
        assert one["what"].split()[0] in said
    for words in ("doodTravel", "boneyard", "LATER"):
        assert words in said, words
    again = reel("import", "schedule", film.production, str(FILE))
    assert again.exit_code == 0
    assert "was recorded before" in again.stdout


def test_no_board_is_chosen_where_there_are_several(film: Film, reel: Any) -> None:
    done = reel("dood", film.production)
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "No board is chosen yet" in said
    assert SECOND_PASS in said


def test_the_second_pass_by_its_own_calendar_is_sixty_seven_days(film: Film) -> None:
    chosen = good(film.give(MANAGER, "schedule/choose-board", {"board": SECOND_PASS})).json()
    answer = film.ask(MANAGER, "day-out-of-days", after=chosen["token"])
    assert answer["board"] == SECOND_PASS
    assert answer["what_if"] is False
    assert sorted(answer["days_off"]) == ["saturday", "sunday"]
    totals = answer["totals"]
    assert (totals["shoot_days"], totals["first_on"]) == (67, "2022-08-10")
    assert totals["last_on"] == "2022-11-10"
    lines = {one["name"]: one for one in answer["elements"]}
    assert (lines["GEORGE"]["work_days"], lines["GEORGE"]["span_days"]) == (58, 67)
    assert lines["MARY"]["work_days"] == 33


def test_the_command_line_prints_the_same(film: Film, reel: Any) -> None:
    done = reel("dood", film.production)
    assert done.exit_code == 0, done.output
    assert f"{SECOND_PASS} · 67 shoot days, 2022-08-10 to 2022-11-10" in " ".join(
        done.stdout.split()
    )
    (george,) = [line for line in done.stdout.splitlines() if "GEORGE" in line and "2022" in line]
    assert george.replace("│", " ").split()[-5:] == ["58", "9", "0", "0", "67"]
