"""Every projection's screens are commands of `reel`, made from what they declare."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from runtime import rooms
from runtime.cli import app, asking
from runtime.cli.commands import PLACES
from runtime.cli.importing import show_recorded
from runtime.screens import Option, Pages, Question, Screen

pytestmark = pytest.mark.unit

SCREENS = [
    pytest.param(screen, id=screen.name)
    for screens in rooms.screens().values()
    for screen in screens
]
SHOWN: list[dict[str, Any]] = []
ASKED: list[tuple[str, dict[str, Any]]] = []
"""What was asked: path and query."""


class House:
    """Answers as an instance does, two rows in two pages."""

    @classmethod
    def of(cls, url: str | None, name: str | None) -> "House":
        ASKED.append((f"at {url} as {name}", {}))
        return cls()

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        given = {name: value for name, value in query.items() if value is not None}
        ASKED.append((path, given))
        if path.endswith("/whole"):
            return {"title": "The Last Lighthouse"}
        last = "from" in given
        return {"lines": [{"n": 2 if last else 1}], "next": None if last else "1"}


SLATE = Screen(
    name="keeper show",
    help="One keeper.",
    path="/v1/productions/{production}/keepers/{keeper}",
    arguments=(("keeper", "which keeper"),),
    options=(
        Option("since", "only what came since then"),
        Option("days", "how many", kind=int, default=7),
        Option("late", "late ones only", kind=bool),
        Option("by", "what a row is", choices=("day", "week"), required=True),
    ),
    pages=Pages(items="lines", cursor="from"),
    show=SHOWN.append,
)
WHOLE = Screen(
    name="whole",
    help="All of it.",
    path="/v1/productions/{production}/whole",
    show=SHOWN.append,
    of_all=Question("/v1/all", SHOWN.append, Pages(items="lines", cursor="from")),
)


@pytest.fixture
def reel(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A command line of two screens, over a house that answers at once."""
    monkeypatch.setattr(asking, "Client", House)
    made = asking.asking_all([SLATE, WHOLE])
    SHOWN.clear()
    ASKED.clear()
    return lambda *words: CliRunner().invoke(made, words)


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_a_command_of_its_name(screen: Screen) -> None:
    done = CliRunner().invoke(app, [*screen.name.split(), "--help"], env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    for option in screen.options:
        assert "--" + option.name.replace("_", "-") in done.output
    assert "--as" in done.output and "--json" in done.output


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_says_what_each_place_of_its_path_is(screen: Screen) -> None:
    assert set(dict(screen.arguments)) == set(screen.places) - {"production"}
    assert len(screen.name.split()) <= 2
    assert screen.help.endswith(".")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_asks_a_query_that_its_projection_answers(screen: Screen) -> None:
    (room,) = [room for room, screens in rooms.screens().items() if screen in screens]
    projection = rooms.projections()[room]
    routes = {route.path: route for route in projection.routes(None).routes}
    paths = [screen.path] + ([screen.of_all.path] if screen.of_all else [])
    assert set(paths) <= set(routes)
    known = {parameter.alias for parameter in routes[screen.path].dependant.query_params}
    asked = {option.asks[0] if option.asks else option.name for option in screen.options}
    assert asked <= known


def test_no_two_commands_share_a_name() -> None:
    names = [one.values[0].name for one in SCREENS]
    assert len(names) == len(set(names))
    assert not PLACES.keys() & {name.partition(" ")[0] for name in names}


def test_places_options_and_pages_become_queries(reel: Any) -> None:
    words = ("--by", "day", "--since", "2026-09-01", "--late", "--as", "Ada", "--url", "u")
    done = reel("keeper", "show", "film", "Silas/Marr", *words)
    assert done.exit_code == 0, done.output
    path = "/v1/productions/film/keepers/Silas%2FMarr"
    query = {"since": "2026-09-01", "days": 7, "late": True, "by": "day"}
    assert ASKED == [("at u as Ada", {}), (path, query), (path, {**query, "from": "1"})]
    assert SHOWN == [{"lines": [{"n": 1}, {"n": 2}], "next": None}]


def test_an_option_that_must_be_given_is_asked_for(reel: Any) -> None:
    done = reel("keeper", "show", "film", "Silas")
    assert (done.exit_code, "--by" in done.stderr) == (2, True)


def test_without_a_production_all_of_them_are_asked(reel: Any) -> None:
    assert reel("whole").exit_code == 0
    assert [path for path, _ in ASKED[1:]] == ["/v1/all"] * 2
    assert len(SHOWN[0]["lines"]) == 2


def test_an_answer_that_has_no_pages_is_shown_as_it_is(reel: Any) -> None:
    done = reel("whole", "film", "--json")
    assert json.loads(done.stdout) == {"title": "The Last Lighthouse"}
    assert SHOWN == []


def test_what_an_import_could_not_place_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    unplaced = [{"what": "scene 12", "problem": "it is on no day [x]", "cure": "put it on a day"}]
    events = [{"data": {"unplaced": unplaced}}, {"data": {"unplaced": []}}, {"data": {}}]
    show_recorded(events, "board.csv")
    told = capsys.readouterr().out
    assert "Recorded 3 events from board.csv." in told and "1 not placed" in told
    assert "scene 12" in told and "it is on no day [x]" in told and "put it on a day" in told
    show_recorded([], "board.csv")
    assert "recorded before" in capsys.readouterr().out
